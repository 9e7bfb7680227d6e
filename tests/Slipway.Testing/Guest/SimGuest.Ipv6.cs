using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>
/// The same over IPv6: neighbor discovery, TCP, and datagrams that need no fragments.
/// </summary>
public sealed partial class SimGuest
{
    private const uint Solicited = 0x6000_0000; // and overrides

    /// <summary>Null for a guest without IPv6.</summary>
    public IpAddress? Address6 { get; set; }

    /// <summary>Makes itself known, as a guest does whose link came up.</summary>
    public void Announce()
    {
        transmit(new ArpFrame
        {
            SenderMac = Mac, Sender = Address, Target = Address,
        }.ToFrame());
        if (Address6 is IpAddress own)
        {
            transmit(new NeighborMessage
            {
                SourceMac = Mac, Source = own, LinkLayer = Mac,
            }.ToFrame());
        }
    }

    internal void Transmit(Segment segment)
    {
        if (segment.Source.Address.IsIPv4)
        {
            Transmit(segment.ToPacket());
        }
        else
        {
            Transmit(segment.ToPacket6());
        }
    }

    private void Transmit(Ipv6Packet packet) =>
        transmit((packet.ToEthernet() with { Source = Mac }).ToBytes());

    private void ReceiveIpv6(ReadOnlySpan<byte> frame)
    {
        Ipv6Packet packet = Ipv6Packet.ParseFrame(frame);
        bool isMine = Address6 is IpAddress own && (packet.Destination == own
            || packet.Destination == NeighborMessage.GroupOf(own)
            || packet.Destination == IpAddress.Parse("ff02::1"));
        if (!isMine)
        {
            return;
        }

        switch (packet.Protocol)
        {
            case IpProtocol.Tcp:
                ReceiveSegment(Segment.Parse(packet));
                break;
            case IpProtocol.Udp:
                Datagrams.Add(Datagram.Parse(packet));
                break;
            case IpProtocol.IcmpV6:
                ReceiveIcmpv6(IcmpPacket.Parse(packet));
                break;
            default:
                throw new ExpectationException($"the engine sent protocol {packet.Protocol}");
        }
    }

    private void ReceiveIcmpv6(IcmpPacket message)
    {
        if (message.Type == 135)
        {
            Answer(NeighborMessage.Parse(message));
        }
        else if (message.Type is not (133 or 134 or 136 or 137))
        {
            IcmpMessages.Add(message);
            if (message.Type == 1 && message.Quote6 is { Protocol: IpProtocol.Tcp } quote)
            {
                ReceiveUnreachable(quote.Source, quote.Destination, quote.Payload);
            }
        }
    }

    private void Answer(NeighborMessage asked)
    {
        if (asked.Target == Address6)
        {
            transmit(new NeighborMessage
            {
                Type = 136, SourceMac = Mac, Source = Address6!.Value, Target = Address6!.Value,
                Destination = asked.Source, LinkLayer = Mac, RestOfHeader = Solicited,
            }.ToFrame());
        }
    }
}
