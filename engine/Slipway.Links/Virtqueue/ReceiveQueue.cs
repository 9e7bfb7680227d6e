using Slipway.Stack;

namespace Slipway.Links;

/// <summary>A receiveq of virtio-net: frames to the guest (virtio 1.2 section 5.1.6.3).</summary>
/// <remarks>
/// <code>
///   _segments:  | seg | seg | seg seg | seg | ...     one or more a chain; _heads says where a
///               ^_first     '--chain--'       ^_end   chain ends, and which it is
/// </code>
/// Theory of operation. Chains are gathered from the ring until they hold the frame that is asked
/// for, and stay gathered until a frame is committed into them: a reservation that comes to nothing
/// costs no reading again. Where their buffers lie one behind the other in the mapping, as the
/// pieces of one page do, the reservation is the guest's memory itself and a payload is copied
/// once; else it is memory of ours, which is spread over the buffers.
/// <para>
/// With VIRTIO_NET_F_MRG_RXBUF a frame may take several chains and its header says how many; else
/// it has one. Completions are published and called for once a turn, and before that only when the
/// guest's buffers run out: it may be waiting for them to come back.
/// </para>
/// </remarks>
internal sealed unsafe partial class ReceiveQueue
{
    private readonly SplitRing _ring;
    private readonly byte[] _staging;

    private BufferSegment[] _segments = [];

    // The chain that ends with the segment of the same index; -1 where it goes on.
    private int[] _heads = [];

    // Gathered are [_first, _end): _chains chains of _gatheredBytes in all.
    private int _first;
    private int _end;
    private int _chains;
    private long _gatheredBytes;

    // The reservation: in the guest's memory from the header on, or staged when that is null.
    private byte* _direct;
    private int _reservedBytes;

    /// <param name="ring">The queue.</param>
    /// <param name="staging">
    /// Where frames are written that have no place in one piece; at least
    /// <see cref="TransmitBatch.FrameBufferBytes"/>.
    /// </param>
    internal ReceiveQueue(SplitRing ring, byte[] staging)
    {
        _ring = ring;
        _staging = staging;
    }

    /// <summary>Of the header before each frame.</summary>
    internal int HeaderBytes { get; set; } = VirtioNetHeader.MergedLengthBytes;

    /// <summary>VIRTIO_NET_F_MRG_RXBUF was negotiated.</summary>
    internal bool IsMergeable { get; set; }

    /// <summary>The VMM lets frames through (SET_VRING_ENABLE).</summary>
    internal bool IsEnabled { get; set; }

    /// <summary>A reservation was refused: somebody waits for buffers.</summary>
    internal bool IsRoomWanted { get; private set; }

    /// <summary>
    /// The first chain that holds nothing yet, as an index of the available ring.
    /// </summary>
    internal ushort Base => (ushort)(_ring.Next - _chains);

    /// <summary>Frames for which all of the guest's buffers together were too short.</summary>
    internal long TooLong { get; private set; }

    internal Span<byte> Reserved => _reservedBytes == 0 ? default
        : _direct is not null ? new Span<byte>(_direct + HeaderBytes, _reservedBytes)
        : _staging.AsSpan(HeaderBytes, _reservedBytes);

    /// <summary>Gives up the reservation, and none for it.</summary>
    internal Span<byte> Void()
    {
        _reservedBytes = 0;
        return default;
    }

    /// <summary>As <see cref="IGuestPort.Reserve"/>.</summary>
    internal Span<byte> Reserve(int lengthBytes)
    {
        _reservedBytes = 0;
        int needed = HeaderBytes + lengthBytes;
        if (!IsEnabled || !_ring.IsRunning || needed > _staging.Length || !TryGather(needed))
        {
            IsRoomWanted = true;
            return default;
        }

        _direct = IsInOnePiece(needed) ? _segments[_first].First : null;
        _reservedBytes = lengthBytes;
        return Reserved;
    }

    /// <summary>As <see cref="IGuestPort.Commit"/>.</summary>
    internal bool Commit(int lengthBytes, in FrameOffload offload)
    {
        if (_reservedBytes == 0 || lengthBytes > _reservedBytes || !_ring.IsRunning)
        {
            return false;
        }

        _reservedBytes = 0;
        int totalBytes = HeaderBytes + lengthBytes;
        int chains = CountChains(totalBytes);
        if (chains == 0)
        {
            TooLong++;
            return false;
        }

        Span<byte> header = _direct is not null
            ? new Span<byte>(_direct, HeaderBytes) : _staging.AsSpan(0, HeaderBytes);
        VirtioNetHeader.Write(header, offload);
        if (HeaderBytes == VirtioNetHeader.MergedLengthBytes)
        {
            VirtioNetHeader.WriteBufferCount(header, chains);
        }

        if (_direct is null)
        {
            Spread(_staging.AsSpan(0, totalBytes));
        }

        Complete(totalBytes);
        return true;
    }

    /// <summary>
    /// The guest has kicked, or the VMM has let the queue go on. Whether somebody who waits for
    /// buffers should try again.
    /// </summary>
    internal bool TakeRoom()
    {
        if (!IsRoomWanted || !IsEnabled || !_ring.IsRunning
            || (_ring.CountAvailable() == 0 && _ring.TryArmKick()))
        {
            return false;
        }

        IsRoomWanted = false;
        _ring.SuppressKicks();
        return true;
    }

    /// <summary>
    /// Forgets where buffers are: the mappings change or the ring stops. They are the next to be
    /// taken again.
    /// </summary>
    internal void Forget()
    {
        _ring.Return(_chains);
        _first = _end = _chains = 0;
        _gatheredBytes = 0;
        _reservedBytes = 0;
        _direct = null;
    }
}
