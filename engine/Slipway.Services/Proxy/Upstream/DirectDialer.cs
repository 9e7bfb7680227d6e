using System.Net;
using System.Net.Sockets;

namespace Slipway.Services;

/// <summary>Opens connections without any upstream.</summary>
/// <param name="resolve">The addresses of a host that may be connected to, in their order.</param>
public sealed class DirectDialer(
    Func<string, CancellationToken, ValueTask<IReadOnlyList<IPAddress>>> resolve)
    : IProxyDialer, IWebProxy
{
    public IWebProxy WebProxy => this;

    public bool HasUpstream => false;

    ICredentials? IWebProxy.Credentials { get; set; }

    public async ValueTask<ProxyTunnel> ConnectAsync(ProxyTarget target, CancellationToken stop)
    {
        SocketException? last = null;
        foreach (IPAddress address in await resolve(target.Host, stop).ConfigureAwait(false))
        {
            try
            {
                return await ConnectAsync(address, target.Port, stop).ConfigureAwait(false);
            }
            catch (SocketException e)
            {
                last = e;
            }
        }

        throw new ProxyException(
            last?.SocketErrorCode == SocketError.TimedOut ? 504 : 502,
            $"{target.Host} could not be connected to: "
                + $"{last?.SocketErrorCode ?? SocketError.HostNotFound}",
            last?.SocketErrorCode, last);
    }

    /// <summary>Connects to an address.</summary>
    /// <exception cref="SocketException">It does not answer, or not well.</exception>
    public static async ValueTask<ProxyTunnel> ConnectAsync(
        IPAddress address, int port, CancellationToken stop)
    {
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
        };
        try
        {
            await socket.ConnectAsync(address, port, stop).ConfigureAwait(false);
            return new ProxyTunnel
            {
                Stream = new NetworkStream(socket, ownsSocket: false), Socket = socket,
            };
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    Uri? IWebProxy.GetProxy(Uri destination) => null;

    bool IWebProxy.IsBypassed(Uri host) => true;
}
