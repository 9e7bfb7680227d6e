using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>The addresses that tests use: the default network, one guest, one far server.</summary>
public static class VirtualNetwork
{
    public static readonly MacAddress GatewayMac = new(0x5a94_efe4_0cdd);
    public static readonly MacAddress GuestMac = new(0x0200_0000_0002);
    public static readonly IpAddress Gateway = IpAddress.Parse("192.168.127.1");
    public static readonly IpAddress Guest = IpAddress.Parse("192.168.127.2");
    public static readonly IpAddress HostAlias = IpAddress.Parse("192.168.127.254");

    /// <summary>TEST-NET-2 (RFC 5737): a server beyond the host.</summary>
    public static readonly IpAddress Far = IpAddress.Parse("198.51.100.7");

    /// <summary>Where a template's segments come from and go to.</summary>
    public static readonly IpEndpoint GuestEndpoint = new(Guest, 40_000);

    /// <inheritdoc cref="GuestEndpoint"/>
    public static readonly IpEndpoint FarEndpoint = new(Far, 80);

    public static readonly IpPrefix Prefix6 = IpPrefix.Parse("fd5a:94ef:e40c::/64");
    public static readonly IpAddress Gateway6 = IpAddress.Parse("fd5a:94ef:e40c::1");
    public static readonly IpAddress Guest6 = IpAddress.Parse("fd5a:94ef:e40c::2");
    public static readonly IpAddress HostAlias6 = IpAddress.Parse("fd5a:94ef:e40c::fe");
    public static readonly IpAddress GatewayLinkLocal =
        IpAddress.Parse("fe80::5894:efff:fee4:cdd");

    /// <summary>What the guest makes of its MAC (RFC 4291 appendix A).</summary>
    public static readonly IpAddress GuestLinkLocal = IpAddress.Parse("fe80::ff:fe00:2");

    /// <summary>The documentation prefix (RFC 3849): a server beyond the host.</summary>
    public static readonly IpAddress Far6 = IpAddress.Parse("2001:db8::7");

    /// <summary>ff02::1: all nodes on the link.</summary>
    public static readonly IpAddress AllNodes = IpAddress.Parse("ff02::1");

    /// <inheritdoc cref="GuestEndpoint"/>
    public static readonly IpEndpoint GuestEndpoint6 = new(Guest6, 40_000);

    /// <inheritdoc cref="GuestEndpoint"/>
    public static readonly IpEndpoint FarEndpoint6 = new(Far6, 80);

    /// <summary>Settings with a fixed seed, so that a test replays.</summary>
    public static StackSettings Settings => new()
    {
        Seed = new Seed128(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908),
    };

    /// <summary>The same with IPv6.</summary>
    public static StackSettings Settings6 => Settings with { Ipv6 = new Ipv6Settings() };
}
