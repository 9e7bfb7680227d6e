using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// ICMPv6 from guests (RFC 4443): echo to the engine's own addresses is answered here, echo to the
/// outside goes by <see cref="PingLayer"/>, "packet too big" about a TCP segment is TCP's, and
/// neighbor discovery has a room of its own. Group reports need no answer: the switch gives
/// multicast to all. All else is counted.
/// </summary>
public sealed class Icmpv6Layer(
    StackSettings settings, Counters counters, PacketOutput output, PingLayer pings,
    DatagramTurn turn, TcpLayer tcp)
    : ITransport
{
    /// <summary>Null on a worker that does not keep the switch.</summary>
    public NeighborDiscovery? Neighbors { get; set; }

    public void Receive(in GuestPacket packet, Instant now)
    {
        ulong pseudo = IcmpMessage.PseudoHeader(
            packet.Source, packet.Destination, packet.Payload.Length);
        ParseError error = IcmpMessage.TryParse(packet.Payload, out IcmpMessage message, pseudo);
        if (error != ParseError.None)
        {
            counters.Malformed(error);
            return;
        }

        switch (message.Type)
        {
            case Icmpv6Type.EchoRequest when message.Code == 0:
                ReceiveEcho(packet, message, now);
                break;
            case Icmpv6Type.PacketTooBig:
                TakePathMtu(packet.Source, message, now);
                break;
            case >= Icmpv6Type.RouterSolicitation and <= Icmpv6Type.Redirect
                when packet.DontFragment && Neighbors is not null:
                Neighbors.Receive(packet, message, now); // RFC 6980: never in fragments
                break;
            case Icmpv6Type.ListenerReport or Icmpv6Type.ListenerDone
                or Icmpv6Type.ListenerReportV2:
                break;
            default:
                counters.Drop(DropReason.Icmp);
                break;
        }
    }

    /// <summary>
    /// Reads the quoted packet of "packet too big": an IPv6 header and eight bytes of TCP. Nothing
    /// in it is to be believed but what names a live flow and a byte under way.
    /// </summary>
    internal static bool TryReadQuotedSegment(
        in IcmpMessage message, out FlowKey key, out SequenceNumber sequence)
    {
        const int sourceOffset = 8;
        const int destinationOffset = 24;
        const int transportBytes = 8;
        key = default;
        sequence = default;
        ReadOnlySpan<byte> quoted = message.Body;
        if (message.Type != Icmpv6Type.PacketTooBig
            || quoted.Length < Ipv6Header.LengthBytes + transportBytes || quoted[0] >> 4 != 6
            || quoted[Ipv6Header.NextHeaderOffset] != (byte)IpProtocol.Tcp)
        {
            return false;
        }

        ReadOnlySpan<byte> transport = quoted[Ipv6Header.LengthBytes..];
        IpEndpoint remote = new(
            IpAddress.ReadIPv6(quoted[sourceOffset..]),
            BinaryPrimitives.ReadUInt16BigEndian(transport));
        IpEndpoint guest = new(
            IpAddress.ReadIPv6(quoted[destinationOffset..]),
            BinaryPrimitives.ReadUInt16BigEndian(transport[2..]));
        key = new FlowKey(guest, remote, IpProtocol.Tcp);
        sequence = new SequenceNumber(BinaryPrimitives.ReadUInt32BigEndian(transport[4..]));
        return true;
    }

    private void ReceiveEcho(in GuestPacket packet, in IcmpMessage message, Instant now)
    {
        if (packet.Destination.IsMulticast)
        {
            Answer(packet, message, settings.GatewayFor(packet.Source));
        }
        else if (settings.IsVirtual(packet.Destination))
        {
            Answer(packet, message, packet.Destination);
        }
        else
        {
            pings.Receive(packet, message, now);
        }
    }

    private void TakePathMtu(IpAddress sender, in IcmpMessage message, Instant now)
    {
        int mtuBytes = (int)Math.Min(message.RestOfHeader, ushort.MaxValue);
        if (!TryReadQuotedSegment(message, out FlowKey key, out SequenceNumber sequence)
            || key.Guest.Address != sender
            || !tcp.OnPacketTooBig(key, sequence, mtuBytes, now))
        {
            counters.Drop(DropReason.Icmp);
        }
    }

    private void Answer(in GuestPacket packet, in IcmpMessage message, IpAddress source)
    {
        Span<byte> reply = turn.Payload[..message.Message.Length];
        message.Message.CopyTo(reply);
        IcmpMessage.WriteEcho(
            reply, Icmpv6Type.EchoReply, message.Identifier, message.SequenceNumber,
            IcmpMessage.PseudoHeader(source, packet.Source, reply.Length));
        output.SendFragmented(
            packet.Route, source, packet.Source, IpProtocol.IcmpV6, reply,
            typeOfService: packet.TypeOfService, flowLabel: packet.FlowLabel);
    }
}
