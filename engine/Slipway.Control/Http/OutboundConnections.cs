using System.Net;
using System.Net.Sockets;
using Slipway.Services;

namespace Slipway.Control;

/// <summary>The HTTP library's connections: by the upstream, directly, or to the host.</summary>
internal sealed class OutboundConnections(ProxyParts parts)
{
    private static readonly TimeSpan s_idleTime = TimeSpan.FromSeconds(60);
    private const int MaximumHeadKilobytes = 64;

    /// <summary>To the outside: by the upstream that is set at the moment, or without one.</summary>
    public SocketsHttpHandler ToOutside() => Make(ConnectAsync, parts.Dialer.WebProxy);

    /// <summary>To the host's loopback.</summary>
    public SocketsHttpHandler ToHost() => Make(ConnectToHostAsync, null);

    private SocketsHttpHandler Make(
        Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> connect,
        IWebProxy? proxy) => new()
        {
            UseProxy = proxy is not null,
            Proxy = proxy,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = parts.Settings.DialTime,
            PooledConnectionIdleTimeout = s_idleTime,
            MaxResponseHeadersLength = MaximumHeadKilobytes,
            ConnectCallback = connect,
        };

    private async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context, CancellationToken stop)
    {
        DnsEndPoint end = context.DnsEndPoint;
        Uri? wanted = context.InitialRequestMessage.RequestUri;
        if (wanted?.IdnHost == end.Host && wanted.Port == end.Port)
        {
            ProxyTunnel tunnel = await parts.Direct.ConnectAsync(
                new ProxyTarget(ProxyPurpose.Http, end.Host, end.Port), stop)
                .ConfigureAwait(false);
            return new NetworkStream(tunnel.Socket!, ownsSocket: true);
        }

        // The upstream itself, which is the host's to name.
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        return await ConnectAsync(socket, end, stop).ConfigureAwait(false);
    }

    private static ValueTask<Stream> ConnectToHostAsync(
        SocketsHttpConnectionContext context, CancellationToken stop)
    {
        IPAddress address = IPAddress.Parse(context.DnsEndPoint.Host);
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
        };
        return ConnectAsync(socket, new IPEndPoint(address, context.DnsEndPoint.Port), stop);
    }

    private static async ValueTask<Stream> ConnectAsync(
        Socket socket, EndPoint end, CancellationToken stop)
    {
        try
        {
            await socket.ConnectAsync(end, stop).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
