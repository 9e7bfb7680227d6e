namespace Slipway.Wire;

/// <summary>The protocol field of IPv4 and next header of IPv6 (IANA protocol numbers).</summary>
public enum IpProtocol : byte
{
    /// <summary>Hop-by-hop options of IPv6 (RFC 8200 section 4.3).</summary>
    HopByHop = 0,
    Icmp = 1,
    Igmp = 2,
    Tcp = 6,
    Udp = 17,

    /// <summary>Routing header of IPv6 (RFC 8200 section 4.4).</summary>
    Routing = 43,

    /// <summary>Fragment header of IPv6 (RFC 8200 section 4.5).</summary>
    Fragment = 44,
    IcmpV6 = 58,

    /// <summary>No next header (RFC 8200 section 4.7).</summary>
    NoNextHeader = 59,

    /// <summary>Destination options of IPv6 (RFC 8200 section 4.6).</summary>
    DestinationOptions = 60,
}
