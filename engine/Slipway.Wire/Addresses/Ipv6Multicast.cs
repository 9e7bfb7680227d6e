namespace Slipway.Wire;

/// <summary>
/// The IPv6 groups that a link needs (RFC 4291 section 2.7.1), and where they go on Ethernet.
/// </summary>
public static class Ipv6Multicast
{
    private const ulong LinkScope = 0xff02_0000_0000_0000;
    private const ulong EthernetPrefix = 0x3333_0000_0000;
    private const ulong SolicitedNodePrefix = 0x0000_0001_ff00_0000;

    /// <summary>ff02::1.</summary>
    public static readonly IpAddress AllNodes = new(LinkScope, 0x1);

    /// <summary>ff02::2.</summary>
    public static readonly IpAddress AllRouters = new(LinkScope, 0x2);

    /// <summary>ff02::16: where MLDv2 reports go (RFC 3810 section 5.2.14).</summary>
    public static readonly IpAddress AllMldv2Routers = new(LinkScope, 0x16);

    /// <summary>
    /// ff02::1:2: all DHCPv6 servers and relay agents (RFC 8415 section 7.1).
    /// </summary>
    public static readonly IpAddress AllDhcpAgents = new(LinkScope, 0x1_0002);

    /// <summary>
    /// The group that whoever has this IPv6 address listens to: ff02::1:ff00:0 with the address's
    /// last 24 bits.
    /// </summary>
    public static IpAddress SolicitedNode(IpAddress address) =>
        new(LinkScope, SolicitedNodePrefix | (address.Low & 0xff_ffff));

    /// <summary>
    /// Where a group's frames go: 33:33 and the group's last 32 bits (RFC 2464 section 7).
    /// </summary>
    public static MacAddress ToMac(IpAddress group) => new(EthernetPrefix | (uint)group.Low);
}
