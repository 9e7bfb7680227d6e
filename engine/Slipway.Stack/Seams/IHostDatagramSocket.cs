using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// An unconnected datagram socket at the host, of one family: UDP, or ICMP echo (a "ping socket",
/// whose payloads are whole ICMP or ICMPv6 messages; the kernel owns their identifier and
/// checksum). Never blocks.
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
    /// Receives as many datagrams as wait and fit; None when there was at least one. The kernel may
    /// have joined some of one remote and size.
    /// </summary>
    HostError ReceiveMany(DatagramBatch batch)
    {
        batch.Clear();
        HostIo io = Receive(batch.Slot(0), out IpEndpoint remote);
        if (io.Error == HostError.None)
        {
            batch.Add(remote, io.LengthBytes);
        }

        return io.Error;
    }

    /// <summary>
    /// Sends a payload as datagrams of <paramref name="segmentBytes"/>, the last one as long as
    /// what is left. An error means that none was sent.
    /// </summary>
    HostError SendSegments(
        in IpEndpoint remote, ReadOnlySpan<byte> payload, int segmentBytes, DatagramOptions options)
    {
        for (int offset = 0; offset < payload.Length; offset += segmentBytes)
        {
            int length = Math.Min(segmentBytes, payload.Length - offset);
            HostError error = Send(remote, payload.Slice(offset, length), options);
            if (error != HostError.None && offset == 0)
            {
                return error;
            }
        }

        return HostError.None;
    }

    /// <summary>
    /// Takes the oldest report from the error queue (IP_RECVERR, IPV6_RECVERR), if there is one.
    /// </summary>
    /// <param name="quoted">Receives the start of the payload that the error is about.</param>
    bool TryReceiveError(Span<byte> quoted, out HostErrorReport report);

    void Close();
}
