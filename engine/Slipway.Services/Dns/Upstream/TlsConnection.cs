using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>One connection of a <see cref="TlsChannel"/>, until either end closes it.</summary>
internal sealed class TlsConnection : IDisposable
{
    private const int MaxOutstanding = 1_024;
    private readonly SslStream _stream;
    private readonly TimeSpan _idleTime;
    private readonly Dictionary<ushort, PendingQuery> _pending = [];
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _writing = new(1);
    private readonly CancellationTokenSource _closing = new();
    private bool _isOpen = true;

    /// <param name="stream">The handshake is done; owned from here on.</param>
    /// <param name="idleTime">It is closed when nothing was to be answered for so long.</param>
    public TlsConnection(SslStream stream, TimeSpan idleTime)
    {
        _stream = stream;
        _idleTime = idleTime;
        _ = ReceiveAsync();
    }

    /// <summary>Queries may be sent.</summary>
    public bool IsOpen
    {
        get
        {
            lock (_lock)
            {
                return _isOpen;
            }
        }
    }

    /// <returns>The response; null when the connection ended before it came.</returns>
    /// <exception cref="OperationCanceledException">It did not come in time.</exception>
    public async Task<byte[]?> AskAsync(UpstreamQuery query, CancellationToken stop)
    {
        PendingQuery pending = new(query, query.Bytes);
        lock (_lock)
        {
            if (!_isOpen || _pending.Count >= MaxOutstanding)
            {
                return null;
            }

            do
            {
                pending.Id = NameServerSocket.RandomId();
            }
            while (!_pending.TryAdd(pending.Id, pending));
        }

        try
        {
            await WriteAsync(MessageFraming.Frame(query.Bytes, pending.Id), stop)
                .ConfigureAwait(false);
            return await pending.Answer.Task.WaitAsync(stop).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                _pending.Remove(pending.Id);
            }
        }
    }

    public void Dispose()
    {
        End();
        _closing.Cancel();
        _stream.Dispose();
    }

    // A frame is written whole or the connection ends: half of one would garble the rest.
    private async Task WriteAsync(byte[] frame, CancellationToken stop)
    {
        await _writing.WaitAsync(stop).ConfigureAwait(false);
        try
        {
            if (!IsOpen)
            {
                return; // the last frame may be under way still, and nothing goes beside it
            }

            await _stream.WriteAsync(frame, _closing.Token).AsTask().WaitAsync(stop)
                .ConfigureAwait(false);
        }
        catch (Exception error)
            when (error is IOException or OperationCanceledException or ObjectDisposedException)
        {
            End();
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task ReceiveAsync()
    {
        try
        {
            while (true)
            {
                using CancellationTokenSource idle =
                    CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
                idle.CancelAfter(_idleTime);
                byte[] response = await MessageFraming.ReadAsync(_stream, idle.Token)
                    .ConfigureAwait(false);
                if (response.Length < DnsMessage.HeaderLengthBytes)
                {
                    break;
                }

                Deliver(response);
            }
        }
        catch (Exception error) when (error is IOException or SocketException
            or OperationCanceledException or ObjectDisposedException)
        {
            _ = error; // closed, by either end
        }

        End();
        await _stream.DisposeAsync().ConfigureAwait(false);
    }

    private void Deliver(byte[] response)
    {
        ushort id = BinaryPrimitives.ReadUInt16BigEndian(response);
        PendingQuery? pending;
        lock (_lock)
        {
            if (!_pending.TryGetValue(id, out pending) || !pending.Query.IsAnsweredBy(response, id))
            {
                return;
            }

            _pending.Remove(id);
        }

        pending.Answer.TrySetResult(response);
    }

    private void End()
    {
        PendingQuery[] left;
        lock (_lock)
        {
            _isOpen = false;
            left = [.. _pending.Values];
            _pending.Clear();
        }

        foreach (PendingQuery pending in left)
        {
            pending.Answer.TrySetResult(null);
        }
    }
}
