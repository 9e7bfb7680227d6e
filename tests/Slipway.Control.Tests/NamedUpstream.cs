using System.Collections.Concurrent;
using System.Net;
using Slipway.Services;

namespace Slipway.Control.Tests;

/// <summary>
/// Dials a port of the loopback whatever the target, and remembers what that was: an upstream that
/// is set.
/// </summary>
internal sealed class NamedUpstream(int port, NetworkCredential? credentials = null) : IProxyDialer
{
    public ConcurrentQueue<ProxyTarget> Targets { get; } = [];

    public IWebProxy WebProxy { get; } = new WebProxy($"http://127.0.0.1:{port}")
    {
        Credentials = credentials,
    };

    public bool HasUpstream => true;

    public ValueTask<ProxyTunnel> ConnectAsync(ProxyTarget target, CancellationToken stop)
    {
        Targets.Enqueue(target);
        return port > 0 ? DirectDialer.ConnectAsync(IPAddress.Loopback, port, stop)
            : throw new ProxyException(502, "no upstream answers");
    }
}
