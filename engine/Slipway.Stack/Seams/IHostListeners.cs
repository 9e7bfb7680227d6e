using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>Host-side sockets for published ports.</summary>
public interface IHostListeners
{
    /// <summary>Listens; on AddressInUse and Prohibited nothing was made.</summary>
    HostError ListenTcp(in IpEndpoint local, IReadinessOwner owner, out IHostListener? listener);

    /// <summary>A UDP socket bound to <paramref name="local"/>, with errors reported.</summary>
    HostError BindUdp(in IpEndpoint local, IReadinessOwner owner, out IHostDatagramSocket? socket);

    /// <summary>
    /// Gives an accepted stream to the flow that owns it; its readiness is told from here on,
    /// beginning with what is ready already.
    /// </summary>
    void Adopt(IHostStream stream, IReadinessOwner owner);
}
