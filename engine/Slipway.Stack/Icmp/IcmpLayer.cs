using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// ICMP from guests (RFC 792): echo to the engine's own addresses is answered here, whatever its
/// size; echo to the outside goes by <see cref="PingLayer"/>; "fragmentation needed" about a TCP
/// segment is TCP's. All else is counted: errors about what came from outside concern sockets of
/// the host that have no ear for them.
/// </summary>
public sealed class IcmpLayer(
    StackSettings settings, Counters counters, PacketOutput output, PingLayer pings,
    DatagramTurn turn, TcpLayer tcp)
    : ITransport
{
    public void Receive(in GuestPacket packet, Instant now)
    {
        ParseError error = IcmpMessage.TryParse(packet.Payload, out IcmpMessage message);
        if (error != ParseError.None)
        {
            counters.Malformed(error);
        }
        else if (message.Type == IcmpType.DestinationUnreachable
            && message.Code == IcmpCode.FragmentationNeeded)
        {
            TakePathMtu(packet.Source, message, now);
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

    /// <summary>
    /// Reads the quoted packet of "fragmentation needed": an IPv4 header, which may be cut behind,
    /// and eight bytes of TCP (RFC 792). Nothing in it is to be believed but what names a live
    /// flow and a byte under way.
    /// </summary>
    internal static bool TryReadQuotedSegment(
        in IcmpMessage message, out FlowKey key, out SequenceNumber sequence)
    {
        const int transportBytes = 8;
        key = default;
        sequence = default;
        ReadOnlySpan<byte> quoted = message.Body;
        int headerLength = quoted.IsEmpty ? 0 : (quoted[0] & 0xf) * 4;
        if (message.Type != IcmpType.DestinationUnreachable
            || message.Code != IcmpCode.FragmentationNeeded
            || headerLength < Ipv4Header.MinimumLengthBytes || quoted[0] >> 4 != 4
            || quoted.Length < headerLength + transportBytes || quoted[9] != (byte)IpProtocol.Tcp)
        {
            return false;
        }

        ReadOnlySpan<byte> transport = quoted[headerLength..];
        IpEndpoint remote = new(
            IpAddress.ReadIPv4(quoted[12..]), BinaryPrimitives.ReadUInt16BigEndian(transport));
        IpEndpoint guest = new(
            IpAddress.ReadIPv4(quoted[16..]), BinaryPrimitives.ReadUInt16BigEndian(transport[2..]));
        key = new FlowKey(guest, remote, IpProtocol.Tcp);
        sequence = new SequenceNumber(BinaryPrimitives.ReadUInt32BigEndian(transport[4..]));
        return true;
    }

    private void TakePathMtu(IpAddress sender, in IcmpMessage message, Instant now)
    {
        if (!TryReadQuotedSegment(message, out FlowKey key, out SequenceNumber sequence)
            || key.Guest.Address != sender
            || !tcp.OnPacketTooBig(key, sequence, message.NextHopMtuBytes, now))
        {
            counters.Drop(DropReason.Icmp);
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
