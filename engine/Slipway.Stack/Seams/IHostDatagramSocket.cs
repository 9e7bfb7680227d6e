using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// An unconnected datagram socket at the host: UDP, or ICMP echo (a "ping socket", whose payloads
/// are whole ICMP messages; the kernel owns their identifier and checksum). Never blocks.
/// </summary>
public interface IHostDatagramSocket
{
    IpEndpoint LocalEndpoint { get; }

    /// <summary>Sends one datagram whole or not at all.</summary>
    HostError Send(in IpEndpoint remote, ReadOnlySpan<byte> payload, DatagramOptions options);

    /// <summary>
    /// Receives one datagram; a longer one than the span is cut and counted by the caller.
    /// </summary>
    HostIo Receive(Span<byte> destination, out IpEndpoint remote);

    /// <summary>
    /// Takes the oldest report from the error queue (IP_RECVERR), if there is one.
    /// </summary>
    /// <param name="quoted">Receives the start of the payload that the error is about.</param>
    bool TryReceiveError(Span<byte> quoted, out HostErrorReport report);

    void Close();
}
