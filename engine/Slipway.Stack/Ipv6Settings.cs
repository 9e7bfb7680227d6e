using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>The virtual network's IPv6 addresses, and what routers advertise of it.</summary>
public sealed record Ipv6Settings
{
    /// <summary>The guests' own prefix; they choose addresses in it, so it is a /64.</summary>
    public IpPrefix Prefix { get; init; } = IpPrefix.Parse("fd5a:94ef:e40c::/64");

    public IpAddress Gateway { get; init; } = IpAddress.Parse("fd5a:94ef:e40c::1");

    /// <summary>
    /// The address that reaches the host's ::1; null when it is switched off.
    /// </summary>
    public IpAddress? HostAlias { get; init; } = IpAddress.Parse("fd5a:94ef:e40c::fe");

    /// <summary>
    /// Whether the default route is advertised whether or not the host has one.
    /// </summary>
    public bool IsAlwaysRouter { get; init; }

    /// <summary>M: guests ask for addresses by DHCPv6 (RFC 4861 section 4.2).</summary>
    public bool IsManaged { get; init; }

    /// <summary>O: guests ask for the rest by DHCPv6.</summary>
    public bool HasOtherConfiguration { get; init; }

    /// <summary>
    /// Search domains (RFC 8106 section 5.2): names in wire form, one behind the other.
    /// </summary>
    public ReadOnlyMemory<byte> SearchList { get; init; }

    /// <summary>
    /// Where IPv4 hosts are for guests that have IPv6 alone (RFC 6052); null for nowhere.
    /// </summary>
    public IpPrefix? Nat64Prefix { get; init; }
}
