using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>Host-side sockets for published ports.</summary>
public interface IHostListeners
{
    /// <summary>
    /// Listens, in the address's family only, so that a port of 0.0.0.0 and of :: may be had
    /// apart; on AddressInUse and Prohibited nothing was made.
    /// </summary>
    HostError ListenTcp(in IpEndpoint local, IReadinessOwner owner, out IHostListener? listener);

    /// <summary>
    /// A UDP socket bound to <paramref name="local"/>, in its family only, with errors reported.
    /// </summary>
    HostError BindUdp(in IpEndpoint local, IReadinessOwner owner, out IHostDatagramSocket? socket);

    /// <summary>
    /// Gives an accepted stream to the flow that owns it; its readiness is told from here on,
    /// beginning with what is ready already.
    /// </summary>
    void Adopt(IHostStream stream, IReadinessOwner owner);
}
