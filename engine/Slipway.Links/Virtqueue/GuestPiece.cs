using System.Buffers;

namespace Slipway.Links;

/// <summary>
/// A piece of a guest's memory, for those who know of memory and not of addresses. Another piece
/// each time; between them it is empty, so that one which is kept too long gives an exception.
/// </summary>
internal sealed unsafe class GuestPiece : MemoryManager<byte>
{
    private BufferSegment _segment;

    /// <summary>Shows a buffer, which must stay mapped until the next call.</summary>
    internal ReadOnlyMemory<byte> Show(BufferSegment segment)
    {
        _segment = segment;
        return Memory;
    }

    /// <summary>Shows nothing any more.</summary>
    internal void Hide() => _segment = default;

    public override Span<byte> GetSpan() => _segment.Bytes;

    public override MemoryHandle Pin(int elementIndex = 0) =>
        new(_segment.First + elementIndex); // it is nowhere else

    public override void Unpin()
    {
        // Nor is it let go.
    }

    protected override void Dispose(bool disposing) => Hide();
}
