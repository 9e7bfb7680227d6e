using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>Ports of the host that lead to a guest, and to which one now.</summary>
/// <param name="protocol">TCP or UDP.</param>
/// <param name="host">Where the host listens, of a range first.</param>
/// <param name="ports">How many ports, from that one on.</param>
public sealed class PublishedTarget(IpProtocol protocol, IpEndpoint host, int ports)
{
    private volatile int _link;

    /// <summary>The number of the guest's link; 0 while it is not there.</summary>
    public int Link
    {
        get => _link;
        set => _link = value;
    }

    /// <summary>True for what comes to these ports. A socket of :: may take IPv4, too.</summary>
    public bool Takes(IpProtocol by, in IpEndpoint destination) =>
        by == protocol && (uint)(destination.Port - host.Port) < (uint)ports
        && (host.Address == destination.Address || host.Address == IpAddress.IPv6Any
            || (host.Address == IpAddress.IPv4Any && destination.Address.IsIPv4));
}
