namespace Slipway.Stack;

/// <summary>
/// Bytes of one stream that lie in pieces, in the order of the stream: the payloads of several
/// frames.
/// </summary>
public sealed class GatheredText
{
    /// <summary>The most pieces.</summary>
    public const int Capacity = 16;

    private readonly (int OffsetBytes, int LengthBytes)[] _pieces =
        new (int OffsetBytes, int LengthBytes)[Capacity];

    /// <summary>What the pieces are parts of; pinned.</summary>
    public ReadOnlyMemory<byte> Memory { get; private set; }

    public int Count { get; private set; }

    /// <summary>All pieces together.</summary>
    public int LengthBytes { get; private set; }

    public ReadOnlySpan<(int OffsetBytes, int LengthBytes)> Pieces => _pieces.AsSpan(0, Count);

    public ReadOnlySpan<byte> Piece(int index) =>
        Memory.Span.Slice(_pieces[index].OffsetBytes, _pieces[index].LengthBytes);

    /// <summary>Begins anew, in other memory.</summary>
    public void Clear(ReadOnlyMemory<byte> memory)
    {
        Memory = memory;
        Count = 0;
        LengthBytes = 0;
    }

    /// <summary>Adds a piece; false where it is no part of the memory.</summary>
    public bool TryAdd(ReadOnlySpan<byte> text)
    {
        if (!Memory.Span.Overlaps(text, out int offset))
        {
            return false;
        }

        _pieces[Count++] = (offset, text.Length);
        LengthBytes += text.Length;
        return true;
    }
}
