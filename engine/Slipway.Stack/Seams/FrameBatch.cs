namespace Slipway.Stack;

/// <summary>
/// Frames that a link has received together, and the memory that they lie in until the next batch.
/// </summary>
public sealed class FrameBatch
{
    /// <summary>The most frames in a batch.</summary>
    public const int Capacity = 64;

    private readonly Entry[] _entries = new Entry[Capacity];
    private readonly byte[] _memory;
    private readonly int _largestBytes;
    private int _usedBytes;

    /// <param name="memoryBytes">For all frames together.</param>
    /// <param name="largestBytes">Room that the next one must have.</param>
    public FrameBatch(int memoryBytes, int largestBytes)
    {
        _memory = GC.AllocateUninitializedArray<byte>(
            Math.Max(memoryBytes, largestBytes), pinned: true);
        _largestBytes = largestBytes;
    }

    public int Count { get; private set; }

    /// <summary>All frames with what lies between them; pinned.</summary>
    public ReadOnlyMemory<byte> Memory => _memory;

    /// <summary>
    /// Where the next frame may be written to; empty when no more of the largest ones fits.
    /// </summary>
    public Span<byte> Room =>
        Count < Capacity && _memory.Length - _usedBytes >= _largestBytes
            ? _memory.AsSpan(_usedBytes, _largestBytes) : default;

    public ReadOnlySpan<byte> Frame(int index) =>
        _memory.AsSpan(_entries[index].OffsetBytes, _entries[index].LengthBytes);

    public FrameOffload Offload(int index) => _entries[index].Offload;

    /// <summary>Gives each frame to a receiver.</summary>
    public void HandTo(IFrameReceiver receiver, IGuestPort port, Instant now)
    {
        for (int i = 0; i < Count; i++)
        {
            receiver.OnFrame(port, Frame(i), Offload(i), now);
        }
    }

    /// <summary>Begins the next batch.</summary>
    public void Clear()
    {
        Count = 0;
        _usedBytes = 0;
    }

    /// <summary>Notes what was written to <see cref="Room"/>.</summary>
    /// <param name="offsetBytes">Where in it the frame begins.</param>
    /// <param name="lengthBytes">Of the frame.</param>
    /// <param name="offload">What is left to be done with it.</param>
    public void Add(int offsetBytes, int lengthBytes, in FrameOffload offload)
    {
        const int alignment = 64;
        _entries[Count++] = new Entry(_usedBytes + offsetBytes, lengthBytes, offload);
        _usedBytes += (offsetBytes + lengthBytes + alignment - 1) & -alignment;
    }

    private readonly record struct Entry(
        int OffsetBytes, int LengthBytes, FrameOffload Offload);
}
