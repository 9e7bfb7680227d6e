using System.Net.Sockets;
using Slipway.Wire;

namespace Slipway.Control;

/// <summary>
/// One side of a relayed connection: a socket, and what of it has been read and not been used.
/// </summary>
/// <remarks>
/// Reads have one buffer: whoever waits for more joins the read that is under way. So the end of a
/// client is seen while a response still comes, and bytes that come early stay for the next reader.
/// </remarks>
internal sealed class DockerPeer(Socket socket) : IDisposable
{
    private const int LeastBufferBytes = 4 * 1024;

    // Also the most that a head may have. 256 KiB are not faster in `docker cp`, 32 KiB are slower.
    private const int MostBufferBytes = HttpHead.MaximumBytes;

    private readonly Lock _lock = new();
    private byte[] _buffer = new byte[LeastBufferBytes];
    private int _start;
    private int _end;
    private Task<bool>? _filling;

    /// <summary>What has been read and not been used.</summary>
    public ReadOnlyMemory<byte> Buffered => _buffer.AsMemory(_start, _end - _start);

    /// <summary>It has been closed from the other side, or has something to say.</summary>
    public bool IsReadable => socket.Poll(0, SelectMode.SelectRead);

    public void Consume(int lengthBytes) => _start += lengthBytes;

    /// <summary>Waits for more; false at the end of the stream.</summary>
    /// <exception cref="SocketException">The connection is broken.</exception>
    public async ValueTask<bool> FillAsync(CancellationToken stop)
    {
        Task<bool> filling = BeginFill(stop);
        try
        {
            return await filling.ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                _filling = _filling == filling ? null : _filling;
            }
        }
    }

    /// <summary>
    /// Looks for the end of the stream, beside whoever uses the rest, and does something then. What
    /// comes instead stays for the next reader.
    /// </summary>
    public void WatchEnd(Action onEnd, CancellationToken stop)
    {
        if (Buffered.Length < MostBufferBytes)
        {
            ForgetFill();
            _ = WaitAsync(BeginFill(stop));
        }

        async Task WaitAsync(Task<bool> filling)
        {
            // An error is told to the next reader, too.
            await filling.ContinueWith(
                _ => { }, stop, TaskContinuationOptions.None, TaskScheduler.Default)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (filling is { IsCompletedSuccessfully: true, Result: false })
            {
                onEnd();
            }
        }
    }

    /// <summary>Reads a head; null when the stream ends before one begins.</summary>
    /// <exception cref="HttpMessageException">It is none, or too long.</exception>
    public async ValueTask<HttpHead?> ReadHeadAsync(CancellationToken stop)
    {
        int end;
        int known = 0;
        while ((end = HttpSyntax.FindHeadEnd(Buffered.Span, known)) == 0)
        {
            known = Buffered.Length;
            if (Buffered.Length == MostBufferBytes)
            {
                throw new HttpMessageException(
                    $"the head is longer than {MostBufferBytes >> 10} KiB");
            }

            if (!await FillAsync(stop).ConfigureAwait(false))
            {
                return Buffered.IsEmpty ? null
                    : throw new HttpMessageException("the connection ends within a head");
            }
        }

        HttpHead head = HttpHead.Parse(Buffered.Span[..end]);
        Consume(end);
        return head;
    }

    /// <summary>Sends all of it.</summary>
    /// <exception cref="SocketException">The connection is broken.</exception>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        while (!bytes.IsEmpty)
        {
            int sent = await socket.SendAsync(bytes, stop).ConfigureAwait(false);
            bytes = bytes[sent..];
        }
    }

    /// <summary>Tells the other side that nothing more comes; it may go on sending.</summary>
    public void EndSending()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return; // it has gone altogether, which reading it tells
        }
    }

    public void Dispose() => socket.Dispose();

    private Task<bool> BeginFill(CancellationToken stop)
    {
        lock (_lock)
        {
            return _filling ??= ReceiveAsync(stop);
        }
    }

    // What it brought was there before its reader asked, who so did not join it: it tells nothing
    // of what comes now.
    private void ForgetFill()
    {
        lock (_lock)
        {
            _filling = _filling is { IsCompletedSuccessfully: true, Result: true } ? null
                : _filling;
        }
    }

    private async Task<bool> ReceiveAsync(CancellationToken stop)
    {
        MakeRoom();
        int read = await socket.ReceiveAsync(_buffer.AsMemory(_end), stop).ConfigureAwait(false);
        _end += read;
        return read > 0;
    }

    // A reader that got all it had room for is given more of it the next time.
    private void MakeRoom()
    {
        if (_start == _end)
        {
            bool wasFull = _end == _buffer.Length;
            _start = 0;
            _end = 0;
            if (wasFull && _buffer.Length < MostBufferBytes)
            {
                _buffer = new byte[Math.Min(MostBufferBytes, _buffer.Length * 4)];
            }
        }
        else if (_end == _buffer.Length)
        {
            byte[] next = _start > 0 ? _buffer
                : new byte[Math.Min(MostBufferBytes, _buffer.Length * 4)];
            Buffered.CopyTo(next);
            _end -= _start;
            _start = 0;
            _buffer = next;
        }
    }
}
