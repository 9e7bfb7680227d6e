using System.Net;
using System.Net.Sockets;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// The front ends of the proxy: HTTP, SOCKS5, and connections that are intercepted.
/// <para>
/// Theory of operation. A connection is served by a task until its target is known and dialed; then
/// the connected socket is handed to the guest's flow (<see cref="GuestConnection.HandOver"/>) and
/// the task ends. Only what has something between (TLS to the upstream) is relayed here, and plain
/// HTTP requests are <see cref="IHttpRequests"/>'. What this holds is bounded, in all and for each
/// guest, and each step of a guest's has a deadline.
/// </para>
/// </summary>
public sealed partial class GuestProxy : IDisposable
{
    /// <summary>What a refused guest may still send before it is cut off.</summary>
    private const int MostLeftBytes = 256 * 1024;

    /// <summary>That no place is left is said once in this time.</summary>
    private const long FullTellMs = 10_000;

    private static readonly TimeSpan s_closeTime = TimeSpan.FromSeconds(2);

    private readonly ProxyParts _parts;
    private readonly GuestProxySettings _settings;
    private readonly IHttpRequests? _requests;
    private readonly GuestQuota _streams;
    private readonly GuestQuota _associations;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stop;
    private long _fullToldUntil;

    /// <param name="parts">What it works with.</param>
    /// <param name="requests">Serves plain requests; null where there is no such thing.</param>
    public GuestProxy(ProxyParts parts, IHttpRequests? requests)
    {
        _parts = parts;
        _settings = parts.Settings;
        _requests = requests;
        _streams = new GuestQuota(
            "proxyStreams", _settings.MaxStreams, _settings.MaxStreamsPerGuest);
        _associations = new GuestQuota(
            "socksAssociations", _settings.MaxAssociations, _settings.MaxAssociationsPerGuest);
        _stop = _stopping.Token;
    }

    /// <summary>What guests may have here at a time, and what was refused.</summary>
    public IReadOnlyList<BoundReport> Bounds => [_streams.Report(), _associations.Report()];

    /// <summary>
    /// Whether a connection to an address beyond the virtual network is the proxy's. For the
    /// worker: never waits.
    /// </summary>
    public bool Intercepts(in IpEndpoint destination) =>
        IsTransparent(destination.Port) && _parts.Dialer.HasUpstream;

    // The settings of the moment may name ports, of either kind, in the place of those here.
    private bool IsTransparent(int port)
    {
        if (IsHttp(port))
        {
            return NamedHttpPorts is not null || Contains(_settings.TransparentPorts, port);
        }

        return _parts.Upstreams.Follower.Current.TransparentHttpsPorts is IReadOnlyList<int> named
            ? Contains(named, port)
            : port != HttpPort && Contains(_settings.TransparentPorts, port);
    }

    private IReadOnlyList<int>? NamedHttpPorts =>
        _parts.Upstreams.Follower.Current.TransparentHttpPorts;

    private bool IsHttp(int port) => NamedHttpPorts is IReadOnlyList<int> named
        ? Contains(named, port) : port == HttpPort;

    // By index: the worker asks, and an enumerator would be allocated.
    private static bool Contains(IReadOnlyList<int> ports, int port)
    {
        for (int i = 0; i < ports.Count; i++)
        {
            if (ports[i] == port)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the gateway's port is one of the proxy's.</summary>
    public bool Listens(int port) =>
        port > 0 && (port == _settings.Port || port == _settings.SocksPort);

    /// <summary>
    /// Takes a place for a connection of a guest's; false when there is none. For the worker.
    /// </summary>
    /// <param name="link">The number of the guest's link, by which its share is counted.</param>
    /// <param name="guest">Its address, for the log.</param>
    public bool TryEnter(int link, IpAddress guest)
    {
        bool isIn = _streams.TryEnter(link);
        long now = Environment.TickCount64;
        if (!isIn && now >= _fullToldUntil)
        {
            _fullToldUntil = now + FullTellMs;
            _parts.Log($"proxy: {guest}: refused, too many connections at a time (limits."
                + "proxyStreams, limits.proxyStreamsPerGuest)");
        }

        return isIn;
    }

    /// <summary>Gives back a place that no connection has come to.</summary>
    public void Leave(int link) => _streams.Leave(link);

    /// <summary>
    /// Serves a connection that has a place, and gives that back at the end. Never throws.
    /// </summary>
    /// <param name="connection">Owned from here on.</param>
    /// <param name="isIntercepted">It went to somewhere else than the gateway.</param>
    public async Task ServeAsync(GuestConnection connection, bool isIntercepted)
    {
        try
        {
            ProxyReach.SpeakFor(connection.Link);
            using (connection)
            {
                await (isIntercepted ? ServeInterceptedAsync(connection)
                    : connection.Destination.Port == _settings.SocksPort
                        ? ServeSocksAsync(connection)
                        : ServeHttpAsync(connection)).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is SocketException or IOException
            or OperationCanceledException or ObjectDisposedException)
        {
            return; // the guest left, was too slow, or the engine stops
        }
        finally
        {
            _streams.Leave(connection.Link);
        }
    }

    /// <summary>Ends what is served.</summary>
    public void Dispose()
    {
        _stopping.Cancel();
        _requests?.Dispose();
    }

    private CancellationTokenSource Within(TimeSpan time)
    {
        CancellationTokenSource within = CancellationTokenSource.CreateLinkedTokenSource(_stop);
        within.CancelAfter(time);
        return within;
    }

    /// <summary>Opens a stream to where a guest wants to go, if it may.</summary>
    /// <exception cref="ProxyException">It may not, or it could not be opened.</exception>
    private async ValueTask<ProxyTunnel> DialAsync(ProxyTarget target)
    {
        ProxyVerdict verdict = _parts.Reach.Judge(target.Host, target.Port);
        if (verdict.Refusal is string why)
        {
            throw new ProxyException(why, 403);
        }

        using CancellationTokenSource within = Within(_settings.DialTime);
        try
        {
            return verdict.Loopback is null
                ? await _parts.Dialer.ConnectAsync(target, within.Token).ConfigureAwait(false)
                : await ConnectToHostAsync(verdict.Loopback, target.Port, within.Token)
                    .ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            throw new ProxyException(
                $"the host's port {target.Port} could not be connected to: {e.SocketErrorCode}",
                502, e.SocketErrorCode, e);
        }
        catch (OperationCanceledException e) when (!_stop.IsCancellationRequested)
        {
            throw new ProxyException(
                "the connection took too long", 504, SocketError.TimedOut, e);
        }
    }

    private static async ValueTask<ProxyTunnel> ConnectToHostAsync(
        IPAddress address, int port, CancellationToken stop)
    {
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
        };
        try
        {
            await socket.ConnectAsync(address, port, stop).ConfigureAwait(false);
            return new ProxyTunnel(
                new NetworkStream(socket, ownsSocket: false), socket, default, null);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Joins guest and tunnel, which is done with here.</summary>
    private async ValueTask JoinAsync(
        GuestConnection connection, ProxyTunnel tunnel, ReadOnlyMemory<byte> reply,
        ReadOnlyMemory<byte> fromGuest)
    {
        using (tunnel)
        {
            using (CancellationTokenSource within = Within(_settings.HeadTime))
            {
                await SendAsync(connection.Socket, reply, within.Token).ConfigureAwait(false);
                await SendAsync(connection.Socket, tunnel.Early, within.Token)
                    .ConfigureAwait(false);
                if (!fromGuest.IsEmpty)
                {
                    await tunnel.Stream.WriteAsync(fromGuest, within.Token).ConfigureAwait(false);
                    await tunnel.Stream.FlushAsync(within.Token).ConfigureAwait(false);
                }
            }

            if (tunnel.Socket is Socket upstream)
            {
                connection.HandOver(upstream);
            }
            else
            {
                await Relay.RunAsync(connection.Socket, tunnel.Stream, _stop)
                    .ConfigureAwait(false);
            }
        }
    }

    private void Log(GuestConnection connection, string what) =>
        _parts.Log($"proxy: {connection.Guest.Address}: {what}");

    private static async ValueTask SendAsync(
        Socket socket, ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes, stop).ConfigureAwait(false)..];
        }
    }

    // The guest is to read the answer: closing with unread bytes would reset it.
    private async ValueTask CloseAsync(GuestConnection connection)
    {
        using CancellationTokenSource within = Within(s_closeTime);
        connection.Socket.Shutdown(SocketShutdown.Send);
        byte[] left = new byte[4_096];
        for (int total = 0; total < MostLeftBytes;)
        {
            int read = await connection.Socket.ReceiveAsync(left, within.Token)
                .ConfigureAwait(false);
            if (read == 0)
            {
                return;
            }

            total += read;
        }
    }
}
