using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
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

    private readonly SocketConnectionContextFactory _connections = new(
        new SocketConnectionFactoryOptions(), NullLogger.Instance);
    private readonly GuestServer _server;

    /// <param name="engine">Whose guests they are.</param>
    /// <param name="version">Of the program.</param>
    public GuestPages(NetworkEngine engine, string version)
    {
        GuestSite site = new(engine, version);
        _server = new GuestServer(
            context => site.ServeAsync(
                context, context.Features.GetRequiredFeature<GuestPageFeature>()),
            Limit, NullLoggerFactory.Instance);
    }

    public async Task ServeAsync(
        Socket connection, IpEndpoint guest, int link, CancellationToken stop)
    {
        ConnectionContext context = _connections.Create(connection);
        await using (context.ConfigureAwait(false))
        {
            context.Features.Set(new GuestPageFeature(guest.Address, link));
            await _server.ServeAsync(context, stop).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        _server.Dispose();
        _connections.Dispose();
    }

    private static void Limit(KestrelServerLimits limits)
    {
        limits.MaxRequestBodySize = MostBodyBytes;
        limits.MaxRequestHeadersTotalSize = MostHeadBytes;
        limits.MaxRequestHeaderCount = MostFields;
        limits.RequestHeadersTimeout = s_patience;
        limits.KeepAliveTimeout = s_patience;
    }
}
