using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Slipway.Engine;

namespace Slipway.Control;

/// <summary>Kestrel with the API's paths, over connections that are handed to it.</summary>
internal sealed class ControlHost : IAsyncDisposable
{
    /// <summary>Of one request.</summary>
    public const long MaxBodyBytes = 64 << 10;

    // On TCP any program of the machine may connect, and guests by the host's alias: so
    // many may be beginning or tunnels, and so many the web server has.
    private const int MostStrangers = 256;
    private static readonly TimeSpan s_shutdown = TimeSpan.FromSeconds(2);

    private readonly WebApplication _application;
    private readonly ConnectionFeed _feed;
    private readonly SocketConnectionContextFactory _connections = new(
        new SocketConnectionFactoryOptions(), NullLogger.Instance);

    private readonly CancellationTokenSource _stopping;
    private readonly RawRequests _raw;
    private int _most;
    private int _beginning;

    private ControlHost(WebApplication application, ConnectionFeed feed, RawRequests raw,
        CancellationTokenSource stopping)
    {
        _application = application;
        _feed = feed;
        _raw = raw;
        _stopping = stopping;
    }

    public static async Task<ControlHost> StartAsync(
        NetworkEngine engine, string version, bool takesGuests, ControlToken? token,
        CancellationToken stop)
    {
        ConnectionFeed feed = new();

        // Empty: no files, no environment variables and no console of its own.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxRequestBodySize = MaxBodyBytes;
            options.Limits.MaxConcurrentConnections = token is null ? null : MostStrangers;
            options.Listen(feed.EndPoint);
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IConnectionListenerFactory>(feed);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = s_shutdown);
        WebApplication application = builder.Build();
        IApplicationBuilder path = application;
        path.Use((context, next) => ApiExchange.AnswerAsync(
            context, () => token is null ? next(context)
                : token.PassAsync(context, () => next(context))));
        path.UseRouting();
        path.UseEndpoints(routes =>
        {
            Map(routes, engine, version, application.Lifetime);
            MapConfiguration(routes, engine);
            MapLooking(routes, engine, version, application.Lifetime);
        });
        path.Run(WriteNotFoundAsync);
        await application.StartAsync(stop).ConfigureAwait(false);
        CancellationTokenSource stopping = new();
        return new ControlHost(
            application, feed, new RawRequests(engine, takesGuests, token, stopping.Token),
            stopping)
        {
            _most = token is null ? int.MaxValue : MostStrangers,
        };
    }

    /// <summary>The paths that there are, each with its method: "GET /v1/ports".</summary>
    internal IEnumerable<string> Routes =>
        from source in ((IEndpointRouteBuilder)_application).DataSources
        from endpoint in source.Endpoints.OfType<RouteEndpoint>()
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []
        select $"{method} {endpoint.RoutePattern.RawText}";

    /// <summary>Serves a client.</summary>
    public void Add(Socket client)
    {
        if (Interlocked.Increment(ref _beginning) > _most)
        {
            Interlocked.Decrement(ref _beginning);
            client.Dispose();
            return;
        }

        _ = Task.Run(() => ServeAsync(client), CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _application.StopAsync().ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
        _connections.Dispose();
        _stopping.Dispose();
    }

    private async Task ServeAsync(Socket client)
    {
        try
        {
            if (!await _raw.TryServeAsync(client).ConfigureAwait(false)
                && !_feed.TryAdd(_connections.Create(client)))
            {
                client.Dispose();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _beginning);
        }
    }

    // It is served before the web server has the connection.
    private static Task RefuseLateConnectAsync(HttpContext context)
    {
        context.Response.Headers.Connection = "close";
        return ApiExchange.WriteProblemAsync(
            context, StatusCodes.Status400BadRequest,
            "/v1/connect has to be the first request of its connection; open another one");
    }

    private static Task WriteNotFoundAsync(HttpContext context)
    {
        PathString path = context.Request.Path;
        return path.StartsWithSegments("/v1", StringComparison.Ordinal)
            ? ApiExchange.WriteProblemAsync(
                context, StatusCodes.Status404NotFound, $"there is no {path} here")
            : GvproxyApi.WriteNotFoundAsync(context);
    }

    private static void Map(
        IEndpointRouteBuilder routes, NetworkEngine engine, string version,
        IHostApplicationLifetime life)
    {
        EngineApi api = new(engine, version);
        ServiceApi services = new(engine);
        NameApi names = new(engine);
        FlowApi flows = new(engine, life);
        routes.Map("/v1/connect", (RequestDelegate)RefuseLateConnectAsync);
        routes.MapGet("/v1/version", (RequestDelegate)api.GetVersionAsync);
        routes.MapGet("/v1/health", (RequestDelegate)api.GetVersionAsync);
        routes.MapGet("/v1/ports", (RequestDelegate)api.ListPortsAsync);
        routes.MapPost("/v1/ports", (RequestDelegate)api.PublishAsync);
        routes.MapDelete("/v1/ports/{id}", (RequestDelegate)api.UnpublishAsync);
        routes.MapGet("/v1/dns", (RequestDelegate)names.ListAsync);
        routes.MapPut("/v1/dns/{name}", (RequestDelegate)names.SetAsync);
        routes.MapDelete("/v1/dns/{name}", (RequestDelegate)names.RemoveAsync);
        routes.MapGet("/v1/proxy", (RequestDelegate)names.GetProxyAsync);
        routes.MapPut("/v1/proxy", (RequestDelegate)names.SetProxyAsync);
        routes.MapDelete("/v1/proxy", (RequestDelegate)names.ResetProxyAsync);
        routes.MapGet("/v1/services", (RequestDelegate)services.ListAsync);
        routes.MapPost("/v1/services", (RequestDelegate)services.AddAsync);
        routes.MapDelete("/v1/services/{id}", (RequestDelegate)services.RemoveAsync);
        routes.MapGet("/v1/flows", (RequestDelegate)flows.ListAsync);
        routes.MapGet("/v1/flows/watch", (RequestDelegate)flows.WatchAsync);
        routes.MapDelete("/v1/flows/{id}", (RequestDelegate)flows.EndAsync);
        routes.MapGet("/v1/leases", (RequestDelegate)api.ListLeasesAsync);
        routes.MapGet("/v1/stats", (RequestDelegate)api.GetStatisticsAsync);
        routes.MapGet("/v1/sandbox", (RequestDelegate)api.GetSandboxAsync);
        new GvproxyApi(engine).Map(routes);
    }

    // What is said of the API and of the configuration.
    private static void MapConfiguration(IEndpointRouteBuilder routes, NetworkEngine engine)
    {
        ConfigurationApi configuration = new(engine);
        routes.MapGet("/v1/openapi.json", (RequestDelegate)OpenApiDocument.GetAsync);
        routes.MapGet("/v1/config", (RequestDelegate)configuration.GetAsync);
        routes.MapPost("/v1/config/validate", (RequestDelegate)configuration.ValidateAsync);
        routes.MapPost("/v1/config/diff", (RequestDelegate)configuration.DiffAsync);
        routes.MapPost("/v1/config/apply", (RequestDelegate)configuration.ApplyAsync);
        routes.MapGet("/v1/log", (RequestDelegate)configuration.GetLogAsync);
        routes.MapPut("/v1/log", (RequestDelegate)configuration.SetLogAsync);
    }

    // What looks at the engine as a whole.
    private static void MapLooking(
        IEndpointRouteBuilder routes, NetworkEngine engine, string version,
        IHostApplicationLifetime life)
    {
        routes.MapGet("/", (RequestDelegate)PageApi.GetPageAsync);
        routes.MapGet("/page.js", (RequestDelegate)PageApi.GetScriptAsync);
        routes.MapGet("/page.css", (RequestDelegate)PageApi.GetStyleAsync);
        CaptureApi capture = new(engine, life);
        RingApi ring = new(engine);
        routes.MapGet("/metrics", (RequestDelegate)new MetricsApi(engine, version).GetAsync);
        routes.MapGet("/v1/capture", (RequestDelegate)capture.StreamAsync);
        routes.MapDelete("/v1/capture/{id:int}", (RequestDelegate)capture.EndAsync);
        routes.MapGet("/v1/capture/ring", (RequestDelegate)ring.DumpAsync);
        routes.MapPost("/v1/capture/ring", (RequestDelegate)ring.StartAsync);
        routes.MapDelete("/v1/capture/ring", (RequestDelegate)ring.StopAsync);
    }

    /// <summary>Signals are the program's, not the web server's.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
