namespace Slipway.Control;

/// <summary>
/// Lines of a stream, none longer than a bound: a guest that sends one without an end is not to
/// have this host's memory.
/// </summary>
internal sealed class LineReader(Stream stream) : IDisposable
{
    /// <summary>The most that a line may have, in bytes.</summary>
    public const int MostBytes = 1 << 20;

    private byte[] _buffer = new byte[4 * 1024];
    private int _start;
    private int _end;

    /// <summary>The next line without its end; null at the end of the stream.</summary>
    /// <exception cref="IOException">It is too long, or the stream is broken.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken stop)
    {
        int searched = 0;
        while (true)
        {
            int length = _buffer.AsSpan(_start + searched, _end - _start - searched)
                .IndexOf((byte)'\n');
            if (length >= 0)
            {
                ReadOnlyMemory<byte> line = _buffer.AsMemory(_start, searched + length);
                _start += line.Length + 1;
                return line;
            }

            searched = _end - _start;
            if (!await FillAsync(stop).ConfigureAwait(false))
            {
                return null;
            }
        }
    }

    public void Dispose() => stream.Dispose();

    private async ValueTask<bool> FillAsync(CancellationToken stop)
    {
        int length = _end - _start;
        if (length > MostBytes)
        {
            throw new IOException($"a line has more than {MostBytes >> 20} MiB");
        }

        byte[] next = length < _buffer.Length ? _buffer : new byte[_buffer.Length * 2];
        _buffer.AsSpan(_start, length).CopyTo(next);
        (_buffer, _start, _end) = (next, 0, length);
        int read = await stream.ReadAsync(_buffer.AsMemory(_end), stop).ConfigureAwait(false);
        _end += read;
        return read > 0;
    }
}
