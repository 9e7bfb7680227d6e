using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>What a simulated guest does above IP but TCP: fragments, UDP, ICMP.</summary>
public sealed partial class SimGuest
{
    private readonly Dictionary<(IpAddress Source, ushort Id), List<Ipv4Packet>> _fragments = [];

    /// <summary>Datagrams that have come, whatever their port.</summary>
    public List<Datagram> Datagrams { get; } = [];

    /// <summary>ICMP messages that have come, but echo requests.</summary>
    public List<IcmpPacket> IcmpMessages { get; } = [];

    public void SendDatagram(ushort port, IpEndpoint remote, byte[] payload)
    {
        Datagram datagram = new()
        {
            Source = new IpEndpoint(remote.Address.IsIPv4 ? Address : Address6!.Value, port),
            Destination = remote, Payload = payload,
        };
        if (remote.Address.IsIPv4)
        {
            Transmit(datagram.ToPacket());
        }
        else
        {
            Transmit(datagram.ToPacket6());
        }
    }

    public void Ping(IpAddress remote, ushort identifier, ushort sequenceNumber, byte[] body) =>
        Transmit((IcmpPacket.EchoRequest(identifier, sequenceNumber, body) with
        {
            Source = Address, Destination = remote,
        }).ToPacket());

    private void ReceivePacket(Ipv4Packet packet)
    {
        if (packet.Destination != Address && packet.Destination != IpAddress.IPv4Broadcast)
        {
            return;
        }

        if (packet.MoreFragments || packet.FragmentOffsetBytes > 0)
        {
            // A fragment that the link corrupted shows only in the checksum of the whole.
            if (Reassemble(packet) is not Ipv4Packet whole
                || !FrameCheck.IsWellFormed(whole.ToFrame()))
            {
                return;
            }

            packet = whole;
        }

        switch (packet.Protocol)
        {
            case IpProtocol.Tcp:
                ReceiveSegment(Segment.Parse(packet));
                break;
            case IpProtocol.Udp:
                Datagrams.Add(Datagram.Parse(packet));
                break;
            case IpProtocol.Icmp:
                ReceiveIcmp(IcmpPacket.Parse(packet));
                break;
            default:
                throw new ExpectationException($"the engine sent protocol {packet.Protocol}");
        }
    }

    private void ReceiveIcmp(IcmpPacket message)
    {
        if (message.Type == 8)
        {
            Transmit((message with { Type = 0, Source = Address, Destination = message.Source })
                .ToPacket());
            return;
        }

        IcmpMessages.Add(message);
        if (message.Type == 3 && message.Quote is { Protocol: IpProtocol.Tcp } quote)
        {
            ReceiveUnreachable(quote.Source, quote.Destination, quote.Payload);
        }
    }

    private void ReceiveUnreachable(IpAddress source, IpAddress destination, byte[] ports)
    {
        IpEndpoint local = new(source, (ushort)((ports[0] << 8) | ports[1]));
        IpEndpoint remote = new(destination, (ushort)((ports[2] << 8) | ports[3]));
        if (_connections.TryGetValue((local, remote), out GuestTcp? connection))
        {
            connection.ReceiveUnreachable();
        }
    }

    private Ipv4Packet? Reassemble(Ipv4Packet fragment)
    {
        (IpAddress Source, ushort Identification) key = (fragment.Source, fragment.Identification);
        if (!_fragments.TryGetValue(key, out List<Ipv4Packet>? pieces))
        {
            _fragments[key] = pieces = [];
        }

        if (!pieces.Exists(piece => piece.FragmentOffsetBytes == fragment.FragmentOffsetBytes))
        {
            pieces.Add(fragment);
            pieces.Sort((a, b) => a.FragmentOffsetBytes.CompareTo(b.FragmentOffsetBytes));
        }

        int expected = 0;
        foreach (Ipv4Packet piece in pieces)
        {
            if (piece.FragmentOffsetBytes != expected)
            {
                return null;
            }

            expected += piece.Payload.Length;
        }

        if (pieces[^1].MoreFragments)
        {
            return null;
        }

        _fragments.Remove(key);
        return pieces[0] with
        {
            MoreFragments = false,
            Payload = [.. pieces.SelectMany(piece => piece.Payload)],
        };
    }
}
