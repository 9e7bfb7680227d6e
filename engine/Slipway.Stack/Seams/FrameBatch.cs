namespace Slipway.Stack;

/// <summary>
/// Frames that a link has received together, and the memory that they lie in until the next batch.
/// </summary>
/// <remarks>
/// <code>
///   | frame | frame | frame | ... room  | head ...0... | head ...0... | ... room  |
///     whole, one behind the other         text that is in the guest's memory
/// </code>
/// A frame has all of its length here, so that whoever reads its headers need not know whether the
/// rest has been copied. A link may leave the text of a long one where it lies, until the batch has
/// been handed on. Who is content with its headers, and gathers the text (<see
/// cref="TryGather"/>), saves the copy; for all others it is fetched (<see cref="Fetch(int)"/>),
/// once, since the guest may change it. Until then zeros are in its place, never what another guest
/// had there: the half for such frames holds nothing else, and is cleared after them.
/// </remarks>
public sealed class FrameBatch
{
    /// <summary>The most frames in a batch.</summary>
    public const int Capacity = 64;

    /// <summary>
    /// The most pieces of text that are left where they lie: eight frames of 64 KiB in pages.
    /// </summary>
    public const int PieceCapacity = 144;

    private const int Alignment = 64;

    private readonly Entry[] _entries = new Entry[Capacity];
    private readonly ReadOnlyMemory<byte>[] _pieces;
    private readonly byte[] _memory;
    private readonly int _largestBytes;

    // Whole frames lie in [0, _places), what is there of the others behind.
    private readonly int _places;
    private int _usedBytes;
    private int _usedPlaces;
    private int _pieceCount;

    /// <param name="memoryBytes">For all frames together.</param>
    /// <param name="largestBytes">Room that the next one must have.</param>
    /// <param name="leavesText">The link may leave text where it lies.</param>
    public FrameBatch(int memoryBytes, int largestBytes, bool leavesText = false)
    {
        _largestBytes = largestBytes;
        _places = Math.Max(memoryBytes, largestBytes);
        _pieces = new ReadOnlyMemory<byte>[leavesText ? PieceCapacity : 0];
        _memory = leavesText ? GC.AllocateArray<byte>(2 * _places, pinned: true)
            : GC.AllocateUninitializedArray<byte>(_places, pinned: true);
    }

    public int Count { get; private set; }

    /// <summary>There are frames that are not whole.</summary>
    public bool IsHolding => _pieceCount > 0;

    /// <summary>
    /// Where the next frame may be written to; empty when no more of the largest ones fits.
    /// </summary>
    public Span<byte> Room =>
        Count < Capacity && _places - _usedBytes >= _largestBytes
            ? _memory.AsSpan(_usedBytes, _largestBytes) : default;

    public ReadOnlySpan<byte> Frame(int index) =>
        _memory.AsSpan(_entries[index].OffsetBytes, _entries[index].LengthBytes);

    public FrameOffload Offload(int index) => _entries[index].Offload;

    /// <summary>Bytes of the frame that are here; all, where it is whole.</summary>
    public int HeadBytes(int index) => _entries[index].HeadBytes;

    public bool IsWhole(int index) => _entries[index].HeadBytes == _entries[index].LengthBytes;

    /// <summary>Gives each frame to a receiver, whole.</summary>
    public void HandTo(IFrameReceiver receiver, IGuestPort port, Instant now)
    {
        FetchAll();
        for (int i = 0; i < Count; i++)
        {
            receiver.OnFrame(port, Frame(i), Offload(i), now);
        }
    }

    /// <summary>Begins the next batch.</summary>
    public void Clear()
    {
        if (IsHolding)
        {
            for (int i = 0; i < Count; i++)
            {
                ref Entry entry = ref _entries[i];
                if (entry.OffsetBytes >= _places)
                {
                    _memory.AsSpan(entry.OffsetBytes, entry.HeadBytes).Clear();
                }
            }

            Array.Clear(_pieces, 0, _pieceCount);
            _pieceCount = 0;
            _usedPlaces = 0;
        }

        Count = 0;
        _usedBytes = 0;
    }

    /// <summary>Notes what was written to <see cref="Room"/>.</summary>
    /// <param name="offsetBytes">Where in it the frame begins.</param>
    /// <param name="lengthBytes">Of the frame.</param>
    /// <param name="offload">What is left to be done with it.</param>
    public void Add(int offsetBytes, int lengthBytes, in FrameOffload offload)
    {
        _entries[Count++] = new Entry(
            _usedBytes + offsetBytes, lengthBytes, lengthBytes, _pieceCount, offload);
        _usedBytes += Aligned(offsetBytes + lengthBytes);
    }

    /// <summary>
    /// Notes a frame of which no more than the head was written to <see cref="Room"/>, if there is
    /// room for it; its pieces are then to be told (<see cref="AddPiece"/>).
    /// </summary>
    /// <param name="head">Its headers, in the room.</param>
    /// <param name="lengthBytes">Of the whole frame.</param>
    /// <param name="offload">What is left to be done with it.</param>
    /// <param name="pieces">That the rest lies in; at least one.</param>
    public bool TryAddHead(
        ReadOnlySpan<byte> head, int lengthBytes, in FrameOffload offload, int pieces)
    {
        int place = _places + _usedPlaces;
        if (_pieceCount + pieces > _pieces.Length || place + lengthBytes > _memory.Length)
        {
            return false;
        }

        head.CopyTo(_memory.AsSpan(place));
        _entries[Count++] = new Entry(place, lengthBytes, head.Length, _pieceCount, offload);
        _usedPlaces += Aligned(lengthBytes);
        return true;
    }

    /// <summary>
    /// Adds text to the last frame: memory that stays until <see cref="Clear"/> and is not moved.
    /// </summary>
    public void AddPiece(ReadOnlyMemory<byte> piece) => _pieces[_pieceCount++] = piece;

    /// <summary>Copies to here what a frame lacks; nothing where it is whole.</summary>
    public void Fetch(int index)
    {
        ref Entry entry = ref _entries[index];
        if (!IsWhole(index))
        {
            Span<byte> rest = _memory.AsSpan(entry.OffsetBytes, entry.LengthBytes);
            rest = rest[entry.HeadBytes..];
            foreach (ReadOnlyMemory<byte> piece in PiecesOf(index))
            {
                piece.Span.CopyTo(rest);
                rest = rest[piece.Length..];
            }

            entry.HeadBytes = entry.LengthBytes;
        }
    }

    /// <summary>The same of all frames.</summary>
    public void FetchAll()
    {
        for (int i = 0; i < Count; i++)
        {
            Fetch(i);
        }
    }

    /// <summary>The same of the frame that a text is part of, if there is one.</summary>
    public void Fetch(ReadOnlySpan<byte> text)
    {
        if (TryFind(text, out int index, out _))
        {
            Fetch(index);
        }
    }

    /// <summary>Adds a frame's text to what is gathered, from where it lies.</summary>
    /// <param name="text">Of a frame; of another memory it is not added.</param>
    /// <param name="gathered">Takes its pieces.</param>
    public bool TryGather(ReadOnlySpan<byte> text, GatheredText gathered)
    {
        if (!TryFind(text, out int index, out int offset))
        {
            return false;
        }

        if (IsWhole(index))
        {
            gathered.Add(_memory.AsMemory(_entries[index].OffsetBytes + offset, text.Length));
            return true;
        }

        int skipped = offset - _entries[index].HeadBytes;
        if (skipped < 0)
        {
            return false;
        }

        int left = text.Length;
        foreach (ReadOnlyMemory<byte> piece in PiecesOf(index))
        {
            int first = Math.Min(skipped, piece.Length);
            int count = Math.Min(left, piece.Length - first);
            if (count > 0)
            {
                gathered.Add(piece.Slice(first, count));
            }

            skipped -= first;
            left -= count;
        }

        return true;
    }

    // Which frame has the text, and where in it.
    private bool TryFind(ReadOnlySpan<byte> text, out int index, out int offset)
    {
        index = 0;
        offset = 0;
        if (!_memory.AsSpan().Overlaps(text, out int place))
        {
            return false;
        }

        for (; index < Count; index++)
        {
            offset = place - _entries[index].OffsetBytes;
            if ((uint)offset < (uint)_entries[index].LengthBytes)
            {
                return true;
            }
        }

        return false;
    }

    private ReadOnlySpan<ReadOnlyMemory<byte>> PiecesOf(int index)
    {
        int first = _entries[index].FirstPiece;
        int end = index + 1 < Count ? _entries[index + 1].FirstPiece : _pieceCount;
        return _pieces.AsSpan(first, end - first);
    }

    private static int Aligned(int lengthBytes) => (lengthBytes + Alignment - 1) & -Alignment;

    private record struct Entry(
        int OffsetBytes, int LengthBytes, int HeadBytes, int FirstPiece, FrameOffload Offload);
}
