using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// The addresses of the virtual network and the stack's bounds; fixed while it runs, but for the
/// services.
/// </summary>
public sealed record StackSettings
{
    public IpPrefix Subnet { get; init; } = new(IpAddress.FromIPv4(0xc0a8_7f00), 24);

    public IpAddress Gateway { get; init; } = IpAddress.FromIPv4(0xc0a8_7f01);

    public MacAddress GatewayMac { get; init; } = new(0x5a94_efe4_0cdd);

    /// <summary>
    /// The address that reaches the host's loopback; null when it is switched off.
    /// </summary>
    public IpAddress? HostAlias { get; init; } = IpAddress.FromIPv4(0xc0a8_7ffe);

    /// <summary>The IPv6 side; null when there is none.</summary>
    public Ipv6Settings? Ipv6 { get; init; }

    /// <summary>
    /// The gateway's address on the link: its interface identifier is made of its MAC (RFC 4291
    /// appendix A).
    /// </summary>
    public IpAddress GatewayLinkLocal => IpAddress.LinkLocal(GatewayMac);

    /// <summary>Largest IP packet towards a guest, in bytes: 576 to 65520.</summary>
    public int MtuBytes { get; init; } = 1500;

    public StackLimits Limits { get; init; } = new();

    /// <summary>What answers in place of what guests have named; changes while it runs.</summary>
    public ServiceMap Services { get; init; } = new();

    /// <summary>
    /// Whose the published ports on the host's loopback are; changes while it runs.
    /// </summary>
    public PublishedReach Published { get; init; } = new();

    /// <summary>
    /// Whether guests reach the host's link-local IPv4 addresses and the services of clouds that
    /// tell a host who it is (<see cref="DestinationMap.IsMetadata"/>).
    /// </summary>
    public bool AllowsLinkLocal { get; init; }

    /// <summary>
    /// Full-cone UDP: a guest's port takes datagrams from any address (RFC 4787 section 5).
    /// </summary>
    public bool UdpFullCone { get; init; }

    /// <summary>
    /// Seeds flow hashes and initial sequence numbers; random at each start, fixed in simulation.
    /// </summary>
    public required Seed128 Seed { get; init; }

    /// <summary>
    /// True for the gateway, the host alias and services' own addresses: those that the engine
    /// itself answers for.
    /// </summary>
    public bool IsVirtual(IpAddress address) =>
        IsGateway(address) || address == HostAlias
        || (Ipv6 is not null && address == Ipv6.HostAlias)
        || Services.Current.IsVirtual(address);

    /// <summary>True for the gateway's addresses.</summary>
    public bool IsGateway(IpAddress address) => address == Gateway
        || (Ipv6 is not null && (address == Ipv6.Gateway || address == GatewayLinkLocal));

    /// <summary>True for the addresses that reach the host's loopback.</summary>
    public bool IsHostAlias(IpAddress address) =>
        address == HostAlias || (Ipv6 is not null && address == Ipv6.HostAlias);

    /// <summary>
    /// The service at a guest's destination; null where it goes its usual way. An address of
    /// NAT64's prefix is the IPv4 one in it.
    /// </summary>
    public ServiceTarget? FindService(IpProtocol protocol, in IpEndpoint destination)
    {
        ServiceTable table = Services.Current;
        IpAddress address = destination.Address;
        if (!address.IsIPv4 && Ipv6?.Nat64Prefix is IpPrefix nat64 && nat64.Contains(address))
        {
            IpEndpoint mapped = new(IpAddress.FromIPv4((uint)address.Low), destination.Port);
            return table.Find(protocol, mapped, IsVirtual(mapped.Address));
        }

        return table.Find(protocol, destination, IsVirtual(address));
    }

    /// <summary>The gateway's address that a guest's address is on the link with.</summary>
    public IpAddress GatewayFor(IpAddress guest) => guest.IsIPv4 || Ipv6 is null ? Gateway
        : guest.IsLinkLocal ? GatewayLinkLocal : Ipv6.Gateway;

    /// <summary>
    /// Where a guest sees a client of the host's: at the gateway's address, or at its own if the
    /// origin shows it and the guest would send its answers there by the gateway: not for the
    /// host's loopback, another family, or an address of the guests' own network.
    /// </summary>
    public IpEndpoint SourceFor(in IpEndpoint client, IpAddress guest, IFlowOrigin? origin)
    {
        IpAddress own = client.Address;
        bool isShown = origin?.ShowsClients == true && own.IsIPv4 == guest.IsIPv4
            && !own.IsUnspecified && !own.IsLoopback && !own.IsLinkLocal && !IsOnLink(own)
            && !IsVirtual(own);
        return client with { Address = isShown ? own : GatewayFor(guest) };
    }

    /// <summary>True for an address on the guests' link.</summary>
    public bool IsOnLink(IpAddress address) => Subnet.Contains(address)
        || (Ipv6 is not null
            && (Ipv6.Prefix.Contains(address) || (!address.IsIPv4 && address.IsLinkLocal)));

    /// <summary>True for IPv4's broadcast addresses.</summary>
    public bool IsBroadcast(IpAddress address) =>
        address == IpAddress.IPv4Broadcast || address == Subnet.Last;

    /// <summary>True for an address that a guest may have.</summary>
    public bool IsGuest(IpAddress address) =>
        (Subnet.Contains(address)
            ? address != Subnet.Network && address != Subnet.Last
            : Ipv6 is not null && IsOnLink(address) && address != Ipv6.Prefix.Network)
        && !IsVirtual(address);
}
