using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Slipway.Services;

namespace Slipway.Control;

/// <summary>
/// Serves guests' plain HTTP requests to the proxy: Kestrel reads and writes them, YARP's forwarder
/// sends them on. Both start with the first guest that asks.
/// </summary>
public sealed class GuestHttp : IHttpRequests
{
    private const int MaximumHeadBytes = 64 * 1024;
    private const int MaximumLineBytes = 32 * 1024;
    private const int MaximumFields = 1_000;
    private static readonly TimeSpan s_idleTime = TimeSpan.FromMinutes(2);

    /// <summary>A line ends in CR LF: what ends in LF alone others may read otherwise.</summary>
    static GuestHttp() => AppContext.SetSwitch(
        "Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);

    private readonly ServerLog _log;
    private readonly Lazy<RequestForwarder> _forwarder;
    private readonly GuestServer _server;

    public GuestHttp(ProxyParts parts)
    {
        _log = new ServerLog(parts.Log);
        _forwarder = new Lazy<RequestForwarder>(() => new RequestForwarder(parts, _log));
        _server = new GuestServer(
            context => _forwarder.Value.ServeAsync(context),
            limits => Limit(limits, parts.Settings.HeadTime), _log, Watch);
    }

    public async Task<ConnectRequest?> ServeAsync(
        GuestConnection connection, bool isTransparent, CancellationToken stop)
    {
        GuestTransport transport = new(connection, isTransparent);
        await using (transport.ConfigureAwait(false))
        {
            GuestFeature guest = transport.Features.GetRequiredFeature<GuestFeature>();
            await _server.ServeAsync(transport, stop).ConfigureAwait(false);
            return guest.Connect;
        }
    }

    public void Dispose()
    {
        _server.Dispose();
        if (_forwarder.IsValueCreated)
        {
            _forwarder.Value.Dispose();
        }

        _log.Dispose();
    }

    private static void Limit(KestrelServerLimits limits, TimeSpan headTime)
    {
        limits.MaxRequestHeadersTotalSize = MaximumHeadBytes;
        limits.MaxRequestLineSize = MaximumLineBytes;
        limits.MaxRequestHeaderCount = MaximumFields;
        limits.RequestHeadersTimeout = headTime;
        limits.KeepAliveTimeout = s_idleTime;

        // How long bodies are and how slowly they come is between guest and server.
        limits.MaxRequestBodySize = null;
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
    }

    private static void Watch(IFeatureCollection connection) =>
        connection.GetRequiredFeature<GuestFeature>().Transport.Watch(
            connection.GetRequiredFeature<IConnectionHeartbeatFeature>());
}
