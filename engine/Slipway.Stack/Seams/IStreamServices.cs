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
    /// <param name="destination">Where the guest's SYN went.</param>
    /// <param name="guest">Where it came from.</param>
    /// <param name="link">
    /// The number of the guest's port on the switch: by it a guest's share is counted, since it can
    /// have any number of addresses.
    /// </param>
    /// <param name="owner">The flow.</param>
    /// <param name="stream">Its stream.</param>
    HostError Open(
        in IpEndpoint destination, in IpEndpoint guest, int link, IReadinessOwner owner,
        out IHostStream? stream);
}
