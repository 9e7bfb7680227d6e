namespace Slipway.Stack;

/// <summary>
/// A UDP service on the gateway (DHCP, DNS). Called on the worker for each datagram to its port; it
/// answers at once or later, from the worker, by PacketOutput; it never blocks.
/// </summary>
public interface IDatagramService
{
    /// <summary>Takes one datagram. The payload is valid during the call only.</summary>
    void Receive(
        in GuestPacket packet, ushort sourcePort, ushort destinationPort,
        ReadOnlySpan<byte> payload, Instant now);
}
