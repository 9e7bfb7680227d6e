namespace Slipway.Control;

/// <summary>A body in chunks (RFC 9112 section 7.1), with its last chunk and trailers.</summary>
internal sealed class ChunkedBody : BodyFraming
{
    /// <summary>Of a line with a size and its extensions, and of all trailers, in bytes.</summary>
    private const int MostLineBytes = 8 * 1024;

    private const int MostDigits = 15;

    private State _state = State.Size;
    private long _size;
    private int _digits;
    private int _lineBytes;

    private enum State
    {
        Size,
        Extension,
        SizeEnd,
        Content,
        ContentReturn,
        ContentEnd,
        TrailerStart,
        Trailer,
        TrailerEnd,
        LastEnd,
    }

    public override int Take(ReadOnlySpan<byte> bytes, BoundedContent? content)
    {
        int taken = 0;
        while (taken < bytes.Length && !IsWhole)
        {
            if (_state == State.Content)
            {
                int length = (int)Math.Min(bytes.Length - taken, _size);
                content?.Add(bytes.Slice(taken, length));
                taken += length;
                _size -= length;
                _state = _size == 0 ? State.ContentReturn : State.Content;
            }
            else
            {
                Step(bytes[taken++]);
            }
        }

        return taken;
    }

    private void Step(byte one)
    {
        _state = _state switch
        {
            State.Size when char.IsAsciiHexDigit((char)one) => AddDigit(one),
            State.Size when _digits > 0 && one is (byte)';' or (byte)' ' or (byte)'\t' =>
                State.Extension,
            State.Size when _digits > 0 && one == '\r' => State.SizeEnd,
            State.Extension when one == '\r' => State.SizeEnd,
            State.Extension when one != '\n' => Count(State.Extension),
            State.SizeEnd when one == '\n' => BeginContent(),
            State.ContentReturn when one == '\r' => State.ContentEnd,
            State.ContentEnd when one == '\n' => State.Size,
            State.TrailerStart when one == '\r' => State.LastEnd,
            State.TrailerStart or State.Trailer when one is not ((byte)'\r' or (byte)'\n') =>
                Count(State.Trailer),
            State.Trailer when one == '\r' => State.TrailerEnd,
            State.TrailerEnd when one == '\n' => State.TrailerStart,
            State.LastEnd when one == '\n' => End(),
            _ => throw new HttpMessageException("a chunk of the body is not framed as one"),
        };
    }

    private State AddDigit(byte one)
    {
        if (++_digits > MostDigits)
        {
            throw new HttpMessageException("a chunk of the body has too many digits");
        }

        _size = (_size << 4) | (uint)Convert.ToInt32(((char)one).ToString(), 16);
        return State.Size;
    }

    private State Count(State next) => ++_lineBytes <= MostLineBytes ? next
        : throw new HttpMessageException("a line between the body's chunks is too long");

    private State BeginContent()
    {
        _digits = 0;
        _lineBytes = 0;
        return _size == 0 ? State.TrailerStart : State.Content;
    }

    private State End()
    {
        IsWhole = true;
        return State.LastEnd;
    }
}
