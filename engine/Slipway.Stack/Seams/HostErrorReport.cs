using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>An ICMP error that the host's kernel reports about a datagram that was sent.</summary>
/// <param name="Remote">Where the datagram went.</param>
/// <param name="Offender">
/// Who reported it; the unspecified address when the host itself did.
/// </param>
/// <param name="IcmpType">The ICMP type (RFC 792); 3 also when the host itself reported.</param>
/// <param name="IcmpCode">The ICMP code.</param>
/// <param name="MtuBytes">Next-hop MTU where the report is "fragmentation needed", else 0.</param>
/// <param name="QuotedLengthBytes">Bytes of the original payload that were delivered.</param>
public readonly record struct HostErrorReport(
    IpEndpoint Remote, IpAddress Offender, byte IcmpType, byte IcmpCode, int MtuBytes,
    int QuotedLengthBytes);
