using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Takes IPv4 packets from guests (RFC 791), as the gateway's host for its own addresses and as the
/// first router for all others (RFC 1812), and gives them to the protocols above.
/// </summary>
/// <remarks>
/// A packet passes, in this order: the header's checks; the source, which must be a guest's that no
/// other MAC holds (0.0.0.0 and foreign ones only to DHCP); the destination, which must be the
/// engine's or routed; TTL, where the packet is to leave; reassembly; its protocol. Options are
/// skipped. An ICMP error tells the guest where RFC 1812 section 4.3 asks for one: never for
/// broadcast, multicast and martian destinations.
/// </remarks>
public sealed class Ipv4Layer
{
    private const ushort DhcpServerPort = 67;

    private readonly StackSettings _settings;
    private readonly Counters _counters;
    private readonly IcmpErrors _errors;
    private readonly INeighbors _neighbors;
    private readonly DestinationMap _destinations;
    private readonly Reassembly _reassembly;

    internal Ipv4Layer(
        StackSettings settings, Counters counters, IcmpErrors errors, INeighbors neighbors,
        DestinationMap destinations, Reassembly reassembly)
    {
        _settings = settings;
        _counters = counters;
        _errors = errors;
        _neighbors = neighbors;
        _destinations = destinations;
        _reassembly = reassembly;
        Dispatch = new PacketDispatch(counters, errors);
    }

    /// <summary>Where packets go from here.</summary>
    public PacketDispatch Dispatch { get; }

    /// <summary>Takes a frame to the gateway's MAC or to a group address.</summary>
    public void Receive(
        IGuestPort port, in EthernetHeader frame, in FrameOffload offload, Instant now)
    {
        ParseError error = Ipv4Header.TryParse(frame.Payload, out Ipv4Header header);
        if (error == ParseError.None
            && (header.Ttl == 0 || (offload.IsChecksumOpen && !OffloadCheck.Fits(offload, header))))
        {
            error = ParseError.Field;
        }

        if (error != ParseError.None)
        {
            _counters.Malformed(error);
            return;
        }

        if (!IsSourceGood(port, frame.Source, header, now))
        {
            return;
        }

        GuestPacket packet = new()
        {
            Route = new GuestRoute(port, frame.Source),
            Source = header.Source,
            Destination = header.Destination,
            Protocol = header.Protocol,
            Ttl = header.Ttl,
            TypeOfService = header.TypeOfService,
            DontFragment = header.DontFragment,
            IsLinkBroadcast = frame.Destination.IsMulticast,
            Offload = offload,
            Payload = header.Payload,
            Quote = header.Packet,
        };
        if (!IsDestinationGood(packet, header.FragmentOffsetBytes, now))
        {
            return;
        }

        if (!header.IsFragment)
        {
            Dispatch.Deliver(packet, 0, now);
        }
        else if (_reassembly.TryComplete(
            packet, FragmentPlace.Of(header), now, out GuestPacket whole))
        {
            Dispatch.Deliver(whole, 0, now);
            _reassembly.Release();
        }
    }

    private static bool IsDhcpRequest(in Ipv4Header header) =>
        header.Protocol == IpProtocol.Udp && !header.IsFragment
        && header.Destination == IpAddress.IPv4Broadcast
        && header.Payload.Length >= UdpHeader.LengthBytes
        && BinaryPrimitives.ReadUInt16BigEndian(header.Payload[2..]) == DhcpServerPort;

    private bool IsSourceGood(IGuestPort port, MacAddress mac, in Ipv4Header header, Instant now)
    {
        if (_settings.IsGuest(header.Source))
        {
            return _neighbors.Learn(header.Source, mac, port, now);
        }

        // A client without an address, or with one of another network that it asks to keep.
        if (IsDhcpRequest(header) && !_settings.IsVirtual(header.Source))
        {
            return true;
        }

        return _counters.Refuse(DropReason.SpoofedAddress);
    }

    private bool IsDestinationGood(in GuestPacket packet, int fragmentOffsetBytes, Instant now)
    {
        IpAddress destination = packet.Destination;
        if (_settings.IsVirtual(destination))
        {
            return true;
        }

        // Broadcast goes on to UDP alone: DHCP is the only one who listens to it.
        if (_settings.IsBroadcast(destination))
        {
            return packet.Protocol == IpProtocol.Udp || _counters.Refuse(DropReason.Unroutable);
        }

        if (!_destinations.IsRouted(destination, out _))
        {
            RefuseUnroutable(packet, fragmentOffsetBytes, now);
            return false;
        }

        if (packet.IsLinkBroadcast)
        {
            // RFC 1122 section 3.3.6: a unicast packet in a broadcast frame is dropped silently.
            return _counters.Refuse(DropReason.Unroutable);
        }

        if (packet.Ttl <= 1)
        {
            if (fragmentOffsetBytes == 0)
            {
                _errors.SendAbout(packet, IcmpError.HopLimitExceeded, now);
            }

            return false;
        }

        return true;
    }

    private void RefuseUnroutable(in GuestPacket packet, int fragmentOffsetBytes, Instant now)
    {
        _counters.Drop(DropReason.Unroutable);
        IpAddress destination = packet.Destination;

        // Martians get no answer (RFC 1812 section 5.3.7), nor do groups.
        bool isMartian = destination.IsMulticast || destination.IsLoopback
            || destination.IPv4 >> 24 == 0;
        if (isMartian || fragmentOffsetBytes != 0)
        {
            return;
        }

        // Other guests are on the link: who sends their packets here did not find them by ARP.
        IcmpError error = _settings.Subnet.Contains(destination)
            ? IcmpError.HostUnreachable : IcmpError.NetworkUnreachable;
        _errors.SendAbout(packet, error, now);
    }
}
