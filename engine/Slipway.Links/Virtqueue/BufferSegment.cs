namespace Slipway.Links;

/// <summary>A descriptor's buffer, translated and bounded: memory that is mapped here.</summary>
internal readonly unsafe struct BufferSegment(byte* first, int lengthBytes)
{
    internal byte* First { get; } = first;

    internal int LengthBytes { get; } = lengthBytes;

    internal byte* End => First + LengthBytes;

    internal Span<byte> Bytes => new(First, LengthBytes);
}
