namespace Slipway.Stack;

/// <summary>Why a good header was not served. Indexes a counter; the values are dense.</summary>
public enum DropReason : byte
{
    /// <summary>
    /// A frame whose ethertype nobody here speaks (LLDP, IPv6 where it is off, ...).
    /// </summary>
    EtherType,

    /// <summary>A source MAC that is multicast, zero or the gateway's.</summary>
    SpoofedMac,

    /// <summary>
    /// A source address that is the gateway's or a virtual one, or not of the subnet.
    /// </summary>
    SpoofedAddress,

    /// <summary>
    /// Loopback, multicast, broadcast or reserved destination that is not routed.
    /// </summary>
    Unroutable,

    /// <summary>A protocol above IP that is not carried.</summary>
    Protocol,

    /// <summary>Fragments that overlap, outgrow 65535 bytes, or lie about their length.</summary>
    BadFragment,

    /// <summary>Fragments over the bound of memory or count.</summary>
    FragmentLimit,

    /// <summary>Fragments whose rest did not come in time.</summary>
    FragmentTimeout,

    /// <summary>A frame longer than the link carries.</summary>
    FrameTooLong,

    /// <summary>The guest's link could not take a frame.</summary>
    LinkFull,

    /// <summary>No more flows fit (Limits).</summary>
    FlowLimit,

    /// <summary>The host had no resources: descriptors or memory.</summary>
    HostResources,

    /// <summary>A datagram from an address that the guest did not contact.</summary>
    Filtered,

    /// <summary>An ICMP message that is not answered.</summary>
    Icmp,

    /// <summary>An ICMP error that the rate limit held back.</summary>
    IcmpRate,

    /// <summary>
    /// A TCP segment outside the window, or otherwise unacceptable (RFC 9293 3.10.7.4).
    /// </summary>
    TcpUnacceptable,

    /// <summary>A TCP segment that the bounded reassembly could not keep.</summary>
    TcpReassemblyLimit,

    /// <summary>No guest answers for the address (ARP failed).</summary>
    NoNeighbor,

    /// <summary>A service's queue was full.</summary>
    ServiceLimit,

    /// <summary>A datagram that the host's kernel would not take.</summary>
    HostSend,

    /// <summary>A frame for another worker, whose ring was full.</summary>
    WorkerBusy,

    /// <summary>A guest that passes itself off as a router (RFC 6105).</summary>
    RouterGuard,

    /// <summary>A new connection while the engine ends.</summary>
    Draining,

    /// <summary>A guest that passes itself off as a DHCP server (RFC 7610).</summary>
    ServerGuard,

    /// <summary>
    /// A guest that would reach a published port of another group's by the host alias.
    /// </summary>
    OtherGroup,
}
