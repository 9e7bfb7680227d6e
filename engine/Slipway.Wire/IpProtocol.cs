namespace Slipway.Wire;

/// <summary>The protocol field of IPv4 and next header of IPv6 (IANA protocol numbers).</summary>
public enum IpProtocol : byte
{
    Icmp = 1,
    Igmp = 2,
    Tcp = 6,
    Udp = 17,
    IcmpV6 = 58,
}
