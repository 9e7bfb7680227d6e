using Slipway.Stack;

namespace Slipway.Testing;

/// <summary>
/// A guest's port that keeps what the engine sends, until a test takes it. It can be full, and then
/// takes nothing, or take a number of frames and be full afterwards. With offloads it completes and
/// cuts frames as a card does, and keeps the packets.
/// </summary>
public sealed class RecordingPort(int id = 1, int mtuBytes = 1500) : IGuestPort
{
    private readonly Queue<byte[]> _frames = new();
    private byte[] _reserved = [];
    private int _reservedLength = -1;

    public int Id => id;

    /// <summary>Largest IP packet that fits, in bytes.</summary>
    public int MtuBytes { get; set; } = mtuBytes;

    public int MaxFrameLengthBytes => MtuBytes + 14;

    public Offloads Offloads { get; set; }

    /// <summary>Frames that still fit; 0 is a full link.</summary>
    public int Room { get; set; } = int.MaxValue;

    /// <summary>
    /// The longest frame that fits now, in bytes: less than a link takes at best.
    /// </summary>
    public int LargestNow { get; set; } = int.MaxValue;

    /// <summary>Set when a reservation was refused: the turn then owes an OnPortWritable.</summary>
    public bool WasFull { get; private set; }

    /// <summary>Loses the frame at Commit, as a TAP does whose queue filled in between.</summary>
    public bool LosesCommits { get; set; }

    /// <summary>Sees each frame in place of the record: for runs that may not allocate.</summary>
    public FrameSink? Sink { get; set; }

    public int SentCount { get; private set; }

    public int PendingCount => _frames.Count;

    public Span<byte> Reserve(int lengthBytes)
    {
        int largest = Offloads == Offloads.None
            ? MaxFrameLengthBytes : IGuestPort.LargestSegmentedBytes;
        if (lengthBytes > largest)
        {
            throw new ExpectationException(
                $"a frame of {lengthBytes} bytes was reserved on a link of {largest}");
        }

        _reservedLength = -1;
        if (Room == 0 || lengthBytes > LargestNow)
        {
            WasFull = true;
            return [];
        }

        if (_reserved.Length < largest)
        {
            _reserved = new byte[largest];
        }

        // What a former frame left there is not part of a reservation's contract.
        _reservedLength = lengthBytes;
        _reserved.AsSpan(0, lengthBytes).Fill(0xee);
        return _reserved.AsSpan(0, lengthBytes);
    }

    public Span<byte> Reserved =>
        _reservedLength < 0 ? [] : _reserved.AsSpan(0, _reservedLength);

    public bool Commit(int lengthBytes, in FrameOffload offload)
    {
        if (lengthBytes > _reservedLength)
        {
            throw new ExpectationException(
                $"{lengthBytes} bytes were committed of {_reservedLength} reserved");
        }

        _reservedLength = -1;
        if (LosesCommits)
        {
            return false;
        }

        Room = Room == int.MaxValue ? Room : Room - 1;
        SentCount++;
        ReadOnlySpan<byte> frame = _reserved.AsSpan(0, lengthBytes);
        if (Sink is not null)
        {
            Sink(frame);
        }
        else
        {
            Keep(frame, offload);
        }

        return true;
    }

    private void Keep(ReadOnlySpan<byte> frame, in FrameOffload offload)
    {
        if ((offload.Needs & ~Offloads) != Offloads.None)
        {
            throw new ExpectationException($"{offload} was left to a link of {Offloads}");
        }

        foreach (byte[] packet in OffloadingCard.Cut(frame, offload))
        {
            if (packet.Length > MaxFrameLengthBytes)
            {
                throw new ExpectationException(
                    $"a packet of {packet.Length} bytes on a link of {MaxFrameLengthBytes}");
            }

            _frames.Enqueue(packet);
        }
    }

    /// <summary>Takes the oldest frame; null when there is none.</summary>
    public byte[]? Take() => _frames.TryDequeue(out byte[]? frame) ? frame : null;

    /// <summary>Takes all frames.</summary>
    public byte[][] TakeAll()
    {
        byte[][] frames = [.. _frames];
        _frames.Clear();
        return frames;
    }
}
