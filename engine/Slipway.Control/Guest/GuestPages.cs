using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Slipway.Engine;
using Slipway.Wire;

namespace Slipway.Control;

/// <summary>
/// What guests find at port 80 of the gateway, over a web server of their own: they can neither
/// reach the control socket's nor keep it busy.
/// </summary>
public sealed class GuestPages : IGuestPages
{
    private const int MostBodyBytes = 64 << 10;
    private const int MostHeadBytes = 16 << 10;
    private const int MostFields = 100;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly GuestSite _site;
    private readonly ConnectionFeed _feed = new();
    private readonly SocketConnectionContextFactory _connections = new(
        new SocketConnectionFactoryOptions(), NullLogger.Instance);
    private readonly Lazy<Task<KestrelServer>> _server;

    /// <param name="engine">Whose guests they are.</param>
    /// <param name="version">Of the program.</param>
    public GuestPages(NetworkEngine engine, string version)
    {
        _site = new GuestSite(engine, version);
        _server = new Lazy<Task<KestrelServer>>(StartAsync);
    }

    public async Task ServeAsync(Socket connection, IpEndpoint guest, CancellationToken stop)
    {
        await _server.Value.ConfigureAwait(false);
        GuestPageFeature feature = new(guest.Address);
        ConnectionContext context = _connections.Create(connection);
        await using (context.ConfigureAwait(false))
        {
            context.Features.Set(feature);
            using CancellationTokenRegistration stopping =
                stop.UnsafeRegister(_ => context.Abort(), null);
            if (_feed.TryAdd(context))
            {
                await feature.Ended.Task.ConfigureAwait(false);
            }
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

        _connections.Dispose();
    }

    private async Task<KestrelServer> StartAsync()
    {
        KestrelServerOptions options = new() { AddServerHeader = false };
        options.Limits.MaxRequestBodySize = MostBodyBytes;
        options.Limits.MaxRequestHeadersTotalSize = MostHeadBytes;
        options.Limits.MaxRequestHeaderCount = MostFields;
        options.Limits.RequestHeadersTimeout = s_patience;
        options.Limits.KeepAliveTimeout = s_patience;
        options.Listen(IPAddress.None, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next => connection => ServeOneAsync(next, connection));
        });
        KestrelServer server = new(Options.Create(options), _feed, NullLoggerFactory.Instance);
        await server.StartAsync(new Application(_site), CancellationToken.None)
            .ConfigureAwait(false);
        return server;
    }

    private static async Task ServeOneAsync(
        ConnectionDelegate next, ConnectionContext connection)
    {
        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            connection.Features.Get<GuestPageFeature>()!.Ended.TrySetResult();
        }
    }

    private sealed class Application(GuestSite site) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) =>
            new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => site.ServeAsync(
            context, context.Features.GetRequiredFeature<GuestPageFeature>().Guest);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
            // It holds nothing of its own.
        }
    }
}
