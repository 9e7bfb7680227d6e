using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Slipway.Services;

namespace Slipway.Control.Tests;

/// <summary>
/// An upstream that is set: dials a port of the loopback whatever the target, and remembers what
/// that was.
/// </summary>
internal sealed class NamedUpstream(int port) : IProxyDialer
{
    public ConcurrentQueue<ProxyTarget> Targets { get; } = [];

    public IWebProxy WebProxy { get; } = new WebProxy();

    public bool HasUpstream => true;

    public bool MayBeDirect => false;

    public ValueTask CheckDirectAsync(ProxyTarget target, CancellationToken stop) =>
        throw new ProxyException("it goes by the upstream", 403);

    public ValueTask<PreparedConnection?> PrepareAsync(
        ProxyTarget target, CancellationToken stop) => default;

    public async ValueTask<ProxyTunnel> ConnectAsync(ProxyTarget target, CancellationToken stop)
    {
        Targets.Enqueue(target);
        if (port == 0)
        {
            throw new ProxyException("no upstream answers", 502);
        }

        Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port, stop);
        return new ProxyTunnel(
            new NetworkStream(socket, ownsSocket: false), socket, default, "http://upstream.test");
    }
}
