using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>How a datagram leaves the host.</summary>
/// <param name="Ttl">Time to live; what the guest's packet has left of it.</param>
/// <param name="TypeOfService">DSCP and ECN as the guest set them.</param>
/// <param name="DontFragment">The guest's DF: too long is an error, not fragments.</param>
public readonly record struct DatagramOptions(byte Ttl, byte TypeOfService, bool DontFragment);

/// <summary>
/// An unconnected datagram socket at the host: UDP, or ICMP echo (a "ping socket", whose payloads
/// are whole ICMP messages; the kernel owns their identifier and checksum). Never blocks.
/// </summary>
public interface IHostDatagramSocket
{
    IpEndpoint LocalEndpoint { get; }

    /// <summary>Sends one datagram whole or not at all.</summary>
    HostError Send(in IpEndpoint remote, ReadOnlySpan<byte> payload, DatagramOptions options);

    /// <summary>Receives one datagram; a longer one than the span is cut and counted by the caller.</summary>
    HostIo Receive(Span<byte> destination, out IpEndpoint remote);

    /// <summary>Takes the oldest report from the error queue (IP_RECVERR), if there is one.</summary>
    /// <param name="quoted">Receives the start of the payload that the error is about.</param>
    bool TryReceiveError(Span<byte> quoted, out HostErrorReport report);

    void Close();
}

/// <summary>An ICMP error that the host's kernel reports about a datagram that was sent.</summary>
/// <param name="Remote">Where the datagram went.</param>
/// <param name="Offender">Who reported it; the unspecified address when the host itself did.</param>
/// <param name="IcmpType">The ICMP type (RFC 792); 3 also when the host itself reported.</param>
/// <param name="IcmpCode">The ICMP code.</param>
/// <param name="MtuBytes">Next-hop MTU where the report is "fragmentation needed", else 0.</param>
/// <param name="QuotedLengthBytes">Bytes of the original payload that were delivered.</param>
public readonly record struct HostErrorReport(
    IpEndpoint Remote, IpAddress Offender, byte IcmpType, byte IcmpCode, int MtuBytes, int QuotedLengthBytes);
