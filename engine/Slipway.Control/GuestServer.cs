using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Slipway.Control;

/// <summary>
/// A web server for connections that guests' flows bring. It starts with the first, and whoever
/// brings one is told when the server is done with it.
/// </summary>
/// <param name="serve">Answers a request; features are those of its connection, too.</param>
/// <param name="limit">Sets the bounds.</param>
/// <param name="log">Told of bad requests.</param>
/// <param name="begin">Sees each connection as the server has it; null for nobody.</param>
internal sealed class GuestServer(
    RequestDelegate serve, Action<KestrelServerLimits> limit, ILoggerFactory log,
    Action<IFeatureCollection>? begin = null)
    : IHttpApplication<HttpContext>, IDisposable
{
    private readonly ConnectionFeed _feed = new();
    private readonly Lock _lock = new();
    private Task<KestrelServer>? _server;

    /// <summary>Serves a connection to its end; at once none when the server has stopped.</summary>
    public async Task ServeAsync(ConnectionContext connection, CancellationToken stop)
    {
        await StartedAsync().ConfigureAwait(false);
        ConnectionEnd end = new();
        connection.Features.Set(end);
        using CancellationTokenRegistration stopping =
            stop.UnsafeRegister(_ => connection.Abort(), null);
        if (_feed.TryAdd(connection))
        {
            await end.Reached.Task.ConfigureAwait(false);
        }
    }

    public HttpContext CreateContext(IFeatureCollection contextFeatures) =>
        new DefaultHttpContext(contextFeatures);

    public Task ProcessRequestAsync(HttpContext context) => serve(context);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
        // It holds nothing of its own.
    }

    public void Dispose()
    {
        if (_server is { IsCompletedSuccessfully: true } started)
        {
            // At once: what is under way is aborted.
            _ = started.Result.StopAsync(new CancellationToken(canceled: true));
            started.Result.Dispose();
        }
    }

    private Task<KestrelServer> StartedAsync()
    {
        lock (_lock)
        {
            return _server ??= StartAsync();
        }
    }

    private async Task<KestrelServer> StartAsync()
    {
        KestrelServerOptions options = new() { AddServerHeader = false };
        limit(options.Limits);
        options.Listen(IPAddress.None, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next => connection => ServeOneAsync(next, connection));
        });
        KestrelServer server = new(Options.Create(options), _feed, log);
        await server.StartAsync(this, CancellationToken.None).ConfigureAwait(false);
        return server;
    }

    private async Task ServeOneAsync(ConnectionDelegate next, ConnectionContext connection)
    {
        try
        {
            begin?.Invoke(connection.Features);
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            connection.Features.GetRequiredFeature<ConnectionEnd>().Reached.TrySetResult();
        }
    }

    private sealed class ConnectionEnd
    {
        public TaskCompletionSource Reached { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
