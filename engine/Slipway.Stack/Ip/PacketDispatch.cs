using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// The end of an IP layer's path: a checked, whole packet goes to the worker of its flow, to the
/// protocol above, or is refused.
/// </summary>
public sealed class PacketDispatch(Counters counters, IcmpErrors errors)
{
    private readonly ITransport?[] _transports = new ITransport?[byte.MaxValue + 1];

    /// <summary>Whose packets these are; null when there is one worker.</summary>
    public IPacketSteering? Steering { get; set; }

    /// <summary>Gives the packets of a protocol to a transport.</summary>
    public void Attach(IpProtocol protocol, ITransport transport) =>
        _transports[(byte)protocol] = transport;

    /// <summary>Delivers a packet.</summary>
    /// <param name="packet">Whole, and good.</param>
    /// <param name="protocolPointer">
    /// Where the packet names its protocol, in bytes from its start (RFC 4443 section 3.4); 0 for
    /// IPv4.
    /// </param>
    /// <param name="now">The turn's time.</param>
    internal void Deliver(in GuestPacket packet, int protocolPointer, Instant now)
    {
        if (Steering is IPacketSteering steering && steering.TryPass(packet))
        {
            return;
        }

        if (_transports[(byte)packet.Protocol] is ITransport transport)
        {
            transport.Receive(packet, now);
            return;
        }

        counters.Drop(DropReason.Protocol);
        errors.SendAbout(packet, IcmpError.ProtocolUnreachable, now, protocolPointer);
    }
}
