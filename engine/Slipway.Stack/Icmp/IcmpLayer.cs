using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// ICMP from guests (RFC 792): echo to the engine's own addresses is answered here, whatever its
/// size; echo to the outside goes by <see cref="PingLayer"/>. All else is counted: errors about
/// what came from outside concern sockets of the host that have no ear for them.
/// </summary>
public sealed class IcmpLayer(
    StackSettings settings, Counters counters, PacketOutput output, PingLayer pings,
    DatagramTurn turn)
    : ITransport
{
    public void Receive(in GuestPacket packet, Instant now)
    {
        ParseError error = IcmpMessage.TryParse(packet.Payload, out IcmpMessage message);
        if (error != ParseError.None)
        {
            counters.Malformed(error);
        }
        else if (message.Type != IcmpType.EchoRequest || message.Code != 0)
        {
            counters.Drop(DropReason.Icmp);
        }
        else if (settings.IsVirtual(packet.Destination))
        {
            Answer(packet, message);
        }
        else
        {
            pings.Receive(packet, message, now);
        }
    }

    private void Answer(in GuestPacket packet, in IcmpMessage message)
    {
        Span<byte> reply = turn.Payload[..message.Message.Length];
        message.Message.CopyTo(reply);
        IcmpMessage.WriteEcho(
            reply, IcmpType.EchoReply, message.Identifier, message.SequenceNumber);
        output.SendFragmented(
            packet.Route, packet.Destination, packet.Source, IpProtocol.Icmp, reply,
            typeOfService: packet.TypeOfService);
    }
}
