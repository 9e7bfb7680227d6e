namespace Slipway.Stack;

/// <summary>
/// Bytes of one stream that lie in pieces, in the order of the stream: the payloads of several
/// frames of a <see cref="FrameBatch"/>.
/// </summary>
public sealed class GatheredText
{
    /// <summary>The most pieces: all of a batch.</summary>
    public const int Capacity = FrameBatch.Capacity + FrameBatch.PieceCapacity;

    private readonly ReadOnlyMemory<byte>[] _pieces = new ReadOnlyMemory<byte>[Capacity];

    public int Count { get; private set; }

    /// <summary>All pieces together.</summary>
    public int LengthBytes { get; private set; }

    /// <summary>Pinned, or a guest's memory: an address of theirs stays what it is.</summary>
    public ReadOnlySpan<ReadOnlyMemory<byte>> Pieces => _pieces.AsSpan(0, Count);

    /// <summary>May be a guest's memory, which it may change: to be read once.</summary>
    public ReadOnlySpan<byte> Piece(int index) => _pieces[index].Span;

    public void Clear()
    {
        Count = 0;
        LengthBytes = 0;
    }

    /// <summary>Adds a piece behind the others.</summary>
    public void Add(ReadOnlyMemory<byte> piece)
    {
        _pieces[Count++] = piece;
        LengthBytes += piece.Length;
    }
}
