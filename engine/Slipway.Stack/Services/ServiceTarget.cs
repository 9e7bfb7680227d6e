using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// What of the host answers at a service's address, in place of what the guest has named. One
/// object serves all workers, each with its own network.
/// </summary>
public abstract class ServiceTarget
{
    /// <summary>
    /// Starts a stream's connect, as <see cref="IHostNetwork.ConnectTcp"/> does: the owner is told
    /// when it ends. Refused where the target takes no streams.
    /// </summary>
    public virtual HostError Connect(
        IHostNetwork network, int link, IReadinessOwner owner, out IHostStream? stream)
    {
        stream = null;
        return HostError.Refused;
    }

    /// <summary>
    /// Where a guest's datagrams go. WouldBlock while that is being found out: the datagram is
    /// lost. Refused where the target takes none.
    /// </summary>
    /// <param name="link">The number of the link of who sends.</param>
    /// <param name="endpoint">The host's endpoint.</param>
    public virtual HostError Locate(int link, out IpEndpoint endpoint)
    {
        endpoint = default;
        return HostError.Refused;
    }
}
