using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>The IPv6 side of the virtual network, checked.</summary>
public sealed record Ipv6Configuration
{
    public Ipv6Mode Mode { get; init; } = Ipv6Mode.Auto;

    /// <summary>A /64, in which guests choose their own addresses.</summary>
    public IpPrefix Prefix { get; init; } = IpPrefix.Parse("fd5a:94ef:e40c::/64");

    /// <summary>The engine's own address in <see cref="Prefix"/>.</summary>
    public IpAddress Gateway { get; init; } = IpAddress.Parse("fd5a:94ef:e40c::1");

    /// <summary>
    /// The address that reaches the host's ::1; null when it is switched off.
    /// </summary>
    public IpAddress? HostAlias { get; init; } = IpAddress.Parse("fd5a:94ef:e40c::fe");

    /// <summary>The M flag of router advertisements (RFC 4861 section 4.2).</summary>
    public bool IsManaged { get; init; }

    /// <summary>The O flag.</summary>
    public bool HasOtherConfiguration { get; init; }

    /// <summary>IPv4 hosts at 64:ff9b::/96 (RFC 6052 section 2.1).</summary>
    public bool HasNat64 { get; init; }
}
