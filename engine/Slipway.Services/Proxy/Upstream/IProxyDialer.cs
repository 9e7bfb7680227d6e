using System.Net;

namespace Slipway.Services;

/// <summary>
/// Opens connections to the outside by the upstream proxies that are set, or directly.
/// </summary>
public interface IProxyDialer
{
    /// <summary>
    /// For requests that the HTTP library sends: follows the settings, credentials included.
    /// </summary>
    IWebProxy WebProxy { get; }

    /// <summary>Whether any upstream proxy is set now.</summary>
    bool HasUpstream { get; }

    /// <summary>
    /// Opens a byte stream by the upstreams that the settings of this moment give, in their order;
    /// a dead one is passed over.
    /// </summary>
    /// <exception cref="ProxyException">None could be opened.</exception>
    ValueTask<ProxyTunnel> ConnectAsync(ProxyTarget target, CancellationToken stop);
}
