using System.Net;

namespace Slipway.Services;

/// <summary>
/// Opens connections of guests by way of the upstream proxies that the settings of the moment name,
/// or directly where they name none. Safe for use by several threads.
/// </summary>
public interface IProxyDialer
{
    /// <summary>
    /// For plain HTTP requests that the HTTP library forwards: follows the settings, credentials
    /// included. A PAC file is evaluated while the caller waits, and a target that is not allowed
    /// is a <see cref="ProxyException"/>.
    /// </summary>
    IWebProxy WebProxy { get; }

    /// <summary>Whether any upstream proxy is set now.</summary>
    bool HasUpstream { get; }

    /// <summary>
    /// Whether something of what no upstream carries (UDP) may leave directly now. Where a PAC file
    /// decides, only the target tells.
    /// </summary>
    bool MayBeDirect { get; }

    /// <summary>
    /// Returns when the direct way is among those to the target, and throws when it is not.
    /// </summary>
    /// <exception cref="ProxyException">It is not allowed, or goes by upstreams alone.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    ValueTask CheckDirectAsync(ProxyTarget target, CancellationToken stop);

    /// <summary>
    /// Connects for a guest that is not answered before a connection stands: to the first of the
    /// upstreams that can be connected to, or to the target where it is one of those. What
    /// <see cref="ConnectAsync"/> wants later at the same place takes it.
    /// </summary>
    /// <param name="target">By its address, the name being unknown yet.</param>
    /// <param name="stop">The caller gives up.</param>
    /// <returns>Null where only the name tells what can be connected to.</returns>
    /// <exception cref="ProxyException">Whatever the name, nothing can be connected to.</exception>
    ValueTask<PreparedConnection?> PrepareAsync(ProxyTarget target, CancellationToken stop);

    /// <summary>
    /// Opens a byte stream to the target by the upstreams in their order, a dead one passed over.
    /// </summary>
    /// <exception cref="ProxyException">No stream came about; says which status tells the guest.
    /// </exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    ValueTask<ProxyTunnel> ConnectAsync(ProxyTarget target, CancellationToken stop);
}
