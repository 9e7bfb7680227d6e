using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
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

    private readonly ProxyParts _parts;
    private readonly ConnectionFeed _listener = new();
    private readonly ServerLog _log;
    private readonly Lazy<Task<KestrelServer>> _server;
    private RequestForwarder? _forwarder;

    public GuestHttp(ProxyParts parts)
    {
        _parts = parts;
        _log = new ServerLog(parts.Log);
        _server = new Lazy<Task<KestrelServer>>(StartAsync);
    }

    public async Task<ConnectRequest?> ServeAsync(
        GuestConnection connection, bool isTransparent, CancellationToken stop)
    {
        await _server.Value.ConfigureAwait(false);
        GuestTransport transport = new(connection, isTransparent);
        await using (transport.ConfigureAwait(false))
        {
            GuestFeature guest = transport.Features.GetRequiredFeature<GuestFeature>();
            using CancellationTokenRegistration stopping =
                stop.UnsafeRegister(_ => transport.Abort(), null);
            if (_listener.TryAdd(transport))
            {
                await guest.Ended.Task.ConfigureAwait(false);
            }

            return guest.Connect;
        }
    }

    public void Dispose()
    {
        if (_server.IsValueCreated && _server.Value is { IsCompletedSuccessfully: true } started)
        {
            // At once: what is under way is aborted.
            _ = started.Result.StopAsync(new CancellationToken(canceled: true));
            started.Result.Dispose();
        }

        _forwarder?.Dispose();
        _log.Dispose();
    }

    private async Task<KestrelServer> StartAsync()
    {
        KestrelServerOptions options = new() { AddServerHeader = false };
        options.Limits.MaxRequestHeadersTotalSize = MaximumHeadBytes;
        options.Limits.MaxRequestLineSize = MaximumLineBytes;
        options.Limits.MaxRequestHeaderCount = MaximumFields;
        options.Limits.RequestHeadersTimeout = _parts.Settings.HeadTime;
        options.Limits.KeepAliveTimeout = s_idleTime;

        // How long bodies are and how slowly they come is between guest and server.
        options.Limits.MaxRequestBodySize = null;
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;
        options.Listen(IPAddress.None, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next => connection => ServeOneAsync(next, connection));
        });
        KestrelServer server = new(Options.Create(options), _listener, _log);
        _forwarder = new RequestForwarder(_parts, _log);
        await server.StartAsync(new GuestApplication(_forwarder), CancellationToken.None)
            .ConfigureAwait(false);
        return server;
    }

    private static async Task ServeOneAsync(
        ConnectionDelegate next, ConnectionContext connection)
    {
        GuestFeature guest = connection.Features.GetRequiredFeature<GuestFeature>();
        try
        {
            guest.Transport.Watch(
                connection.Features.GetRequiredFeature<IConnectionHeartbeatFeature>());
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            guest.Ended.TrySetResult();
        }
    }
}
