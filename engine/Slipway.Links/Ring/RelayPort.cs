using Slipway.Stack;

namespace Slipway.Links;

/// <summary>
/// A guest's port for a worker that does not own its link: frames go through a ring to the owner,
/// who sends them on. All but <see cref="Drain"/> and
/// <see cref="HasNews"/> is called on the worker, those on the owner.
/// </summary>
/// <remarks>
/// A full link fills the ring, and a full ring refuses: then the worker waits, and its flows with
/// it, until the owner has made room. Nothing is lost on the way. Segments go one by one: a link
/// with little room for ever, such as a short virtqueue, would never take many at once, and who
/// could send fewer does not hear of it.
/// </remarks>
public sealed class RelayPort : IGuestPort
{
    /// <summary>Room for seven of the largest frames there are.</summary>
    private const int RingBytes = 512 << 10;

    private readonly FrameRing _ring = new(RingBytes);
    private readonly IGuestPort _port;
    private readonly Action _onWritten;
    private readonly Action _onRoom;
    private int _isBlocked;

    // The owner's: the link's port has refused, and will say when it is writable.
    private bool _isHeldUp;

    /// <param name="port">The link's own.</param>
    /// <param name="onWritten">Called on the worker: there is something to drain.</param>
    /// <param name="onRoom">
    /// Called on the owner: the worker, which was refused, is to be told that there is room.
    /// </param>
    public RelayPort(IGuestPort port, Action onWritten, Action onRoom)
    {
        _port = port;
        _onWritten = onWritten;
        _onRoom = onRoom;
        MaxFrameLengthBytes = port.MaxFrameLengthBytes;
        Offloads = port.Offloads & Offloads.Checksum;
        Id = port.Id;
    }

    /// <summary>
    /// Owner: frames have come since <see cref="Drain"/>, and the link may take them.
    /// </summary>
    public bool HasNews => !_isHeldUp && !_ring.IsEmpty;

    public int Id { get; }

    public int MaxFrameLengthBytes { get; }

    public Offloads Offloads { get; }

    public Span<byte> Reserved => _ring.Reserved;

    public Span<byte> Reserve(int lengthBytes)
    {
        if (lengthBytes > MaxFrameLengthBytes)
        {
            return default;
        }

        Span<byte> room = _ring.Reserve(lengthBytes);
        if (room.IsEmpty)
        {
            // Said before looking again: the owner frees first and looks for this afterwards.
            Volatile.Write(ref _isBlocked, 1);
            Interlocked.MemoryBarrier();
            room = _ring.Reserve(lengthBytes);
        }

        return room;
    }

    public bool Commit(int lengthBytes, in FrameOffload offload)
    {
        if (_ring.Reserved.IsEmpty)
        {
            return false;
        }

        _ring.Commit(0, Id, lengthBytes, offload);
        _onWritten();
        return true;
    }

    /// <summary>
    /// Sends what the link takes; the rest waits for its port to become writable.
    /// </summary>
    /// <returns>Frames that the link has lost.</returns>
    public int Drain()
    {
        if (_ring.IsEmpty && Volatile.Read(ref _isBlocked) == 0)
        {
            return 0;
        }

        int lost = 0;
        _isHeldUp = false;
        bool hasRoom = _ring.IsEmpty;
        while (_ring.TryPeek(out RingRecord record))
        {
            Span<byte> room = _port.Reserve(record.Frame.Length);
            if (room.IsEmpty)
            {
                _isHeldUp = true;
                break;
            }

            record.Frame.CopyTo(room);
            lost += _port.Commit(record.Frame.Length, record.Offload) ? 0 : 1;
            _ring.Release();
            hasRoom = true;
        }

        if (hasRoom && Interlocked.Exchange(ref _isBlocked, 0) == 1)
        {
            _onRoom();
        }

        return lost;
    }
}
