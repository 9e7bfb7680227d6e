using System.Net.Sockets;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// One name server that queries are passed on to: by which transport, and whether it answers. One
/// that let a query time out and has said nothing since that was sent is passed over for a while.
/// </summary>
/// <remarks>
/// Theory of operation. Over UDP the letters of the name go out in random case (0x20), and an
/// answer must repeat them: a forger has to guess them, too. A server that does not repeat them is
/// asked over TCP, where nobody can forge, and if it tells another case there, over UDP in the
/// guest's case from then on. An answer that was cut (TC) is fetched over TCP, so that it can be
/// kept whole. A server of DNS over TLS is asked over TLS alone.
/// </remarks>
internal sealed partial class NameServer(NameServerEndpoint endpoint, DnsSettings settings)
    : IDisposable
{
    private const int MaxStreams = 32;
    private readonly SemaphoreSlim _streams = new(MaxStreams);
    private readonly TlsChannel? _tls = DnsFeatures.HasTls && endpoint.IsTls
        ? new TlsChannel(endpoint, settings.TlsAuthorities) : null;

    private long _lastAnswerMs;

    /// <summary>0 while it answers.</summary>
    private long _deadUntilMs;
    private volatile bool _foldsCase;

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
                ref _deadUntilMs, now + (long)settings.DeadServerTime.TotalMilliseconds, until)
                == until);
    }

    /// <summary>It does not count as dead any more, until it fails again.</summary>
    public void Revive() => Volatile.Write(ref _deadUntilMs, 0);

    /// <summary>Asks over the transport by which the guest asked.</summary>
    /// <returns>The response as it came; null if there was none in time.</returns>
    public async Task<byte[]?> AskAsync(
        UpstreamQuery query, TimeSpan timeout, CancellationToken stop)
    {
        long sentMs = Environment.TickCount64;
        (byte[]? response, bool isSent) = _tls is not null
            ? await _tls.AskAsync(query, timeout, stop).ConfigureAwait(false)
            : query.OverTcp
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
                ref _deadUntilMs,
                Environment.TickCount64 + (long)settings.DeadServerTime.TotalMilliseconds);
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

        _tls?.Dispose();
    }

    /// <returns>Whether the query went out, too: a want of sockets is not the server's.</returns>
    private async Task<(byte[]? Response, bool IsSent)> AskDatagramAsync(
        UpstreamQuery query, TimeSpan timeout, CancellationToken stop)
    {
        bool mixes = !_foldsCase;
        (byte[]? response, bool isSent, bool isFolded) =
            await SendAsync(query, mixes, timeout, stop).ConfigureAwait(false);
        if (isFolded)
        {
            (response, bool isFoldedThere) =
                await AskInMixedCaseAsync(query, timeout, stop).ConfigureAwait(false);
            _foldsCase |= isFoldedThere || response is null;
            if (response is null)
            {
                // Without TCP there is no proof to be had: as before 0x20, id and port decide.
                (response, isSent, _) =
                    await SendAsync(query, mixes: false, timeout, stop).ConfigureAwait(false);
            }
        }

        if (response is not null && DnsMessage.TryParse(response, out DnsMessage message)
            == ParseError.None && message.IsTruncated)
        {
            // One that has no TCP has said what it can say.
            response = await AskStreamAsync(query, timeout, stop).ConfigureAwait(false)
                ?? response;
        }

        return (response, isSent);
    }

    private async Task<(byte[]? Response, bool IsSent, bool IsFolded)> SendAsync(
        UpstreamQuery query, bool mixes, TimeSpan timeout, CancellationToken stop)
    {
        NameServerSocket? socket = PickSocket();
        if (socket?.TrySend(query, mixes) is not PendingQuery pending)
        {
            return (null, false, false);
        }

        try
        {
            byte[]? response =
                await pending.Answer.Task.WaitAsync(timeout, stop).ConfigureAwait(false);
            return (response, true, pending.IsFolded);
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            return (null, true, pending.IsFolded && !stop.IsCancellationRequested);
        }
        finally
        {
            socket.Forget(pending);
        }
    }

    /// <returns>What the server says over TCP, and whether it says it in another case.</returns>
    private async Task<(byte[]? Response, bool IsFolded)> AskInMixedCaseAsync(
        UpstreamQuery query, TimeSpan timeout, CancellationToken stop)
    {
        byte[] mixed = MixedCase.Make(query);
        byte[]? response = await AskStreamAsync(query with { Bytes = mixed }, timeout, stop)
            .ConfigureAwait(false);
        if (response is null)
        {
            return (null, false);
        }

        bool isFolded = !MixedCase.IsRepeated(mixed, query.Question.EndOffset, response);
        MixedCase.Restore(query, response);
        return (response, isFolded);
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
            using Socket socket = new(
                endpoint.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.NoDelay = true;
            await socket.ConnectAsync(endpoint.EndPoint, deadline.Token).ConfigureAwait(false);
            await using NetworkStream stream = new(socket);
            ushort id = NameServerSocket.RandomId();
            await stream.WriteAsync(MessageFraming.Frame(query.Bytes, id), deadline.Token)
                .ConfigureAwait(false);
            byte[] response = await MessageFraming.ReadAsync(stream, deadline.Token)
                .ConfigureAwait(false);
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
