using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// An ICMP error that the host's kernel reports about a datagram that was sent; an ICMPv6 error
/// where the remote is of IPv6.
/// </summary>
/// <param name="Remote">Where the datagram went.</param>
/// <param name="Offender">
/// Who reported it; the unspecified address when the host itself did.
/// </param>
/// <param name="IcmpType">
/// The type of ICMP (RFC 792) or of ICMPv6 (RFC 4443), also when the host itself reported: a
/// datagram longer than its path is then 3 with code 4, and over IPv6 2 with code 0.
/// </param>
/// <param name="IcmpCode">The code, of the same protocol.</param>
/// <param name="MtuBytes">
/// Next-hop MTU where the report is "fragmentation needed" or "packet too big", else 0.
/// </param>
/// <param name="QuotedLengthBytes">Bytes of the original payload that were delivered.</param>
public readonly record struct HostErrorReport(
    IpEndpoint Remote, IpAddress Offender, byte IcmpType, byte IcmpCode, int MtuBytes,
    int QuotedLengthBytes);
