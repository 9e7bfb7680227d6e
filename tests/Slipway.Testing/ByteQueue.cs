namespace Slipway.Testing;

/// <summary>
/// A first-in first-out queue of bytes that can be peeked at any offset: a socket's buffer. Grows
/// to its largest content and allocates nothing afterwards.
/// </summary>
public sealed class ByteQueue
{
    private byte[] _bytes = new byte[4096];
    private int _head;

    public int Count { get; private set; }

    public void Append(ReadOnlySpan<byte> source)
    {
        if (Count + source.Length > _bytes.Length)
        {
            byte[] larger = new byte[Math.Max(_bytes.Length * 2, Count + source.Length)];
            Peek(0, larger.AsSpan(0, Count));
            (_bytes, _head) = (larger, 0);
        }

        int tail = (_head + Count) % _bytes.Length;
        int first = Math.Min(source.Length, _bytes.Length - tail);
        source[..first].CopyTo(_bytes.AsSpan(tail));
        source[first..].CopyTo(_bytes);
        Count += source.Length;
    }

    /// <summary>Copies bytes from an offset on without taking them.</summary>
    /// <returns>Bytes copied: fewer than asked for at the end, 0 beyond it.</returns>
    public int Peek(long offset, Span<byte> destination)
    {
        if (offset >= Count)
        {
            return 0;
        }

        int length = (int)Math.Min(destination.Length, Count - offset);
        int start = (int)((_head + offset) % _bytes.Length);
        int first = Math.Min(length, _bytes.Length - start);
        _bytes.AsSpan(start, first).CopyTo(destination);
        _bytes.AsSpan(0, length - first).CopyTo(destination[first..]);
        return length;
    }

    /// <summary>Takes bytes from the head; the queue must hold them.</summary>
    public void Discard(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Count);
        _head = (_head + length) % _bytes.Length;
        Count -= length;
    }

    /// <summary>Takes up to <c>destination.Length</c> bytes.</summary>
    public int Read(Span<byte> destination)
    {
        int length = Peek(0, destination);
        Discard(length);
        return length;
    }

    public void Clear() => Discard(Count);
}
