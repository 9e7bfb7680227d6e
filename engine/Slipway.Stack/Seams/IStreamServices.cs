using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// The engine's own stream services: on the gateway's addresses (DNS over TCP, the proxy), and for
/// connections beyond the virtual network that one of them takes over. A guest's connection to one
/// is an ordinary flow whose host stream is one end of a socket pair.
/// </summary>
public interface IStreamServices
{
    /// <summary>
    /// Whether connections to an address of the host's side are a service's, though the guest does
    /// not know: those of the host alias never are.
    /// </summary>
    bool Intercepts(in IpEndpoint destination) => false;

    /// <summary>
    /// Opens a stream to the service at a guest-side destination. Refused when none is there,
    /// NoResources when it takes no more. One that has still to connect tells its owner when it
    /// has.
    /// </summary>
    HostError Open(
        in IpEndpoint destination, in IpEndpoint guest, IReadinessOwner owner,
        out IHostStream? stream);
}
