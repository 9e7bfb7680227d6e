using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Slipway.Services;

/// <summary>
/// One name server that queries are passed on to: its sockets, and whether it answers. One that let
/// a query time out and has said nothing since that was sent is passed over for a while.
/// </summary>
internal sealed class NameServer(IPEndPoint endpoint, TimeSpan deadTime) : IDisposable
{
    private const int MaxSockets = 8;
    private const int MaxStreams = 32;
    private static readonly TimeSpan s_idleTime = TimeSpan.FromSeconds(10);
    private readonly List<NameServerSocket> _sockets = [];
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _streams = new(MaxStreams);
    private Timer? _idle;
    private long _lastAnswerMs;

    /// <summary>0 while it answers.</summary>
    private long _deadUntilMs;
    private bool _disposed;

    /// <summary>
    /// True if the server may be asked: it answers, or it has been passed over long enough, and
    /// then for the first who comes only, as a probe.
    /// </summary>
    public bool TryUse()
    {
        long now = Environment.TickCount64;
        long until = Volatile.Read(ref _deadUntilMs);
        return until == 0 || (now >= until
            && Interlocked.CompareExchange(
                ref _deadUntilMs, now + (long)deadTime.TotalMilliseconds, until) == until);
    }

    /// <summary>Asks over the transport by which the guest asked.</summary>
    /// <returns>The response as it came; null if there was none in time.</returns>
    public async Task<byte[]?> AskAsync(
        UpstreamQuery query, TimeSpan timeout, CancellationToken stop)
    {
        long sentMs = Environment.TickCount64;
        (byte[]? response, bool isSent) = query.OverTcp
            ? (await AskStreamAsync(query, timeout, stop).ConfigureAwait(false), false)
            : await AskDatagramAsync(query, timeout, stop).ConfigureAwait(false);
        if (response is not null)
        {
            Volatile.Write(ref _lastAnswerMs, Environment.TickCount64);
            Volatile.Write(ref _deadUntilMs, 0);
        }
        else if (isSent && Volatile.Read(ref _lastAnswerMs) < sentMs
            && !stop.IsCancellationRequested)
        {
            Volatile.Write(
                ref _deadUntilMs, Environment.TickCount64 + (long)deadTime.TotalMilliseconds);
        }

        return response;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _idle?.Dispose();
            foreach (NameServerSocket socket in _sockets)
            {
                socket.Dispose();
            }

            _sockets.Clear();
        }
    }

    /// <returns>Whether the query went out, too: a want of sockets is not the server's.</returns>
    private async Task<(byte[]? Response, bool IsSent)> AskDatagramAsync(
        UpstreamQuery query, TimeSpan timeout, CancellationToken stop)
    {
        NameServerSocket? socket = PickSocket();
        if (socket?.TrySend(query) is not NameServerSocket.Pending pending)
        {
            return (null, false);
        }

        try
        {
            return (await pending.Answer.Task.WaitAsync(timeout, stop).ConfigureAwait(false), true);
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            return (null, true);
        }
        finally
        {
            socket.Forget(pending);
        }
    }

    private NameServerSocket? PickSocket()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return null;
            }

            // One that has served its number is closed when its last answer has come.
            _sockets.RemoveAll(socket =>
            {
                bool spent = socket.IsFull && socket.IsIdle;
                if (spent)
                {
                    socket.Dispose();
                }

                return spent;
            });
            int first = NameServerSocket.RandomId();
            if (_sockets.Count >= MaxSockets)
            {
                for (int i = 0; i < _sockets.Count; i++)
                {
                    NameServerSocket socket = _sockets[(first + i) % _sockets.Count];
                    if (!socket.IsFull)
                    {
                        return socket;
                    }
                }
            }

            // With all of them spent and each waiting for somebody: one serves on for a while.
            return (_sockets.Count < 2 * MaxSockets ? OpenSocket() : null)
                ?? (_sockets.Count > 0 ? _sockets[first % _sockets.Count] : null);
        }
    }

    private NameServerSocket? OpenSocket()
    {
        try
        {
            NameServerSocket socket = new(endpoint);
            _sockets.Add(socket);
            _idle ??= new Timer(
                static state => ((NameServer)state!).CloseIdle(), this, s_idleTime, s_idleTime);
            return socket;
        }
        catch (SocketException)
        {
            // No descriptors or no route: as a server that does not answer.
            return null;
        }
    }

    private void CloseIdle()
    {
        lock (_lock)
        {
            long before = Environment.TickCount64 - (long)s_idleTime.TotalMilliseconds;
            _sockets.RemoveAll(socket =>
            {
                bool idle = socket.IsIdle && socket.LastUsedMs < before;
                if (idle)
                {
                    socket.Dispose();
                }

                return idle;
            });
            if (_sockets.Count == 0)
            {
                _idle?.Dispose();
                _idle = null;
            }
        }
    }

    /// <summary>A connection for each query: what comes over TCP is rare and large.</summary>
    private async Task<byte[]?> AskStreamAsync(
        UpstreamQuery query, TimeSpan timeout, CancellationToken stop)
    {
        using CancellationTokenSource deadline =
            CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(timeout);
        bool entered = false;
        try
        {
            await _streams.WaitAsync(deadline.Token).ConfigureAwait(false);
            entered = true;
            using Socket socket = new(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.NoDelay = true;
            await socket.ConnectAsync(endpoint, deadline.Token).ConfigureAwait(false);
            await using NetworkStream stream = new(socket);
            ushort id = NameServerSocket.RandomId();
            byte[] framed = new byte[2 + query.Bytes.Length];
            BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)query.Bytes.Length);
            query.Bytes.CopyTo(framed, 2);
            BinaryPrimitives.WriteUInt16BigEndian(framed.AsSpan(2), id);
            await stream.WriteAsync(framed, deadline.Token).ConfigureAwait(false);
            byte[] length = new byte[2];
            await stream.ReadExactlyAsync(length, deadline.Token).ConfigureAwait(false);
            byte[] response = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
            await stream.ReadExactlyAsync(response, deadline.Token).ConfigureAwait(false);
            return query.IsAnsweredBy(response, id) ? response : null;
        }
        catch (Exception error)
            when (error is IOException or SocketException or OperationCanceledException)
        {
            return null;
        }
        finally
        {
            if (entered)
            {
                _streams.Release();
            }
        }
    }
}
