namespace Slipway.Links;

/// <summary>
/// Reads a chain's buffers from the first byte to the last, each of them once: the guest may be
/// writing there.
/// </summary>
internal unsafe ref struct SegmentReader(ReadOnlySpan<BufferSegment> segments)
{
    private readonly ReadOnlySpan<BufferSegment> _segments = segments;
    private int _next;
    private BufferSegment _rest;

    /// <summary>Bytes that have been read.</summary>
    internal int ReadBytes { get; private set; }

    /// <summary>Buffers that have bytes left.</summary>
    internal readonly int Left => _segments.Length - _next + (_rest.LengthBytes > 0 ? 1 : 0);

    /// <summary>Copies on until so many bytes of the chain, which has them, are read.</summary>
    /// <param name="place">Of all that is read, from its first byte on.</param>
    /// <param name="lengthBytes">Of what has been read, when this is done.</param>
    internal void ReadTo(Span<byte> place, int lengthBytes)
    {
        while (ReadBytes < lengthBytes)
        {
            if (_rest.LengthBytes == 0)
            {
                _rest = _segments[_next++];
            }

            int count = Math.Min(lengthBytes - ReadBytes, _rest.LengthBytes);
            _rest.Bytes[..count].CopyTo(place[ReadBytes..]);
            _rest = new BufferSegment(_rest.First + count, _rest.LengthBytes - count);
            ReadBytes += count;
        }
    }

    /// <summary>Takes what is left of a buffer, unread; false when there is none.</summary>
    internal bool TryTake(out BufferSegment segment)
    {
        segment = _rest;
        _rest = default;
        if (segment.LengthBytes == 0 && _next < _segments.Length)
        {
            segment = _segments[_next++];
        }

        return segment.LengthBytes > 0;
    }
}
