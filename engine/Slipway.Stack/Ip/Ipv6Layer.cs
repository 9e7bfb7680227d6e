using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Takes IPv6 packets from guests (RFC 8200), as the gateway's host for its own addresses and as the
/// first router for all others, and gives them to the protocols above.
/// </summary>
/// <remarks>
/// A packet passes, in this order: the header's checks and the walk over its extension headers; the
/// source, which must be a guest's that no other MAC holds (:: only while an address is being
/// chosen, RFC 4862 section 5.4); the destination, which must be the engine's, one of its groups, or
/// routed; the hop limit, where the packet is to leave; reassembly; its protocol. An ICMPv6 error
/// tells the guest where RFC 4443 asks for one.
/// </remarks>
public sealed class Ipv6Layer
{
    private const int PayloadLengthPointer = 4;
    private const int FragmentOffsetInHeader = 2;
    private const byte BeyondScope = 2;
    private const ushort DhcpServerPort = 547;

    private readonly StackSettings _settings;
    private readonly Counters _counters;
    private readonly IcmpErrors _errors;
    private readonly INeighbors _neighbors;
    private readonly DestinationMap _destinations;
    private readonly Reassembly _reassembly;

    internal Ipv6Layer(
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
        if (_settings.Ipv6 is null)
        {
            _counters.Drop(DropReason.EtherType);
            return;
        }

        ParseError error = Ipv6Header.TryParse(frame.Payload, out Ipv6Header header);
        if (error == ParseError.None && (header.HopLimit == 0 || header.Source.IsMulticast
            || (offload.IsChecksumOpen && !OffloadCheck.Fits(offload, header))))
        {
            error = ParseError.Field;
        }

        if (error != ParseError.None)
        {
            _counters.Malformed(error);
            return;
        }

        if (IsSourceGood(port, frame.Source, header, now))
        {
            GuestPacket packet = PacketOf(
                new GuestRoute(port, frame.Source), header, frame.Destination.IsMulticast, offload,
                isWhole: true);
            Receive(packet, header, now);
        }
    }

    // A packet that is longer than the link carries has come in fragments, whoever put it together:
    // the host may send it in fragments, too.
    private GuestPacket PacketOf(
        in GuestRoute route, in Ipv6Header header, bool isLinkBroadcast, in FrameOffload offload,
        bool isWhole) => new()
        {
            Route = route,
            Source = header.Source,
            Destination = header.Destination,
            Protocol = header.Protocol,
            Ttl = header.HopLimit,
            TypeOfService = header.TrafficClass,
            FlowLabel = header.FlowLabel,
            DontFragment = isWhole
                && (offload.IsSegmented || header.Packet.Length <= _settings.MtuBytes),
            IsLinkBroadcast = isLinkBroadcast,
            Offload = offload,
            Payload = header.Payload,
            Quote = header.Packet,
        };

    private void Receive(in GuestPacket packet, in Ipv6Header header, Instant now)
    {
        Ipv6Extensions extensions = header.Extensions;
        bool isLater = extensions.FragmentOffsetBytes > 0;
        if (extensions.Problem != Ipv6Problem.None)
        {
            Refuse(packet, extensions, now);
        }
        else if (IsDestinationGood(packet, isLater, now))
        {
            if (!extensions.IsFragment)
            {
                Dispatch.Deliver(packet, extensions.ProtocolFieldBytes, now);
            }
            else if (IsFragmentGood(packet, extensions, now)
                && _reassembly.TryComplete(
                    packet, FragmentPlace.Of(header), now, out GuestPacket whole))
            {
                DeliverWhole(whole, now);
                _reassembly.Release();
            }
        }
    }

    // Extension headers may stand at the start of what was put together: they are walked now.
    private void DeliverWhole(in GuestPacket whole, Instant now)
    {
        ParseError error = Ipv6Header.TryParse(whole.Quote, out Ipv6Header header);
        if (error != ParseError.None || header.Extensions.IsFragment)
        {
            _counters.Malformed(error == ParseError.None ? ParseError.Field : error);
            return;
        }

        GuestPacket packet = PacketOf(
            whole.Route, header, whole.IsLinkBroadcast, default, isWhole: false);
        if (header.Extensions.Problem != Ipv6Problem.None)
        {
            Refuse(packet, header.Extensions, now);
            return;
        }

        Dispatch.Deliver(packet, header.Extensions.ProtocolFieldBytes, now);
    }

    private bool IsSourceGood(IGuestPort port, MacAddress mac, in Ipv6Header header, Instant now)
    {
        if (_settings.IsGuest(header.Source))
        {
            return _neighbors.Learn(header.Source, mac, port, now);
        }

        if (header.Source.IsUnspecified && IsChoosingAddress(header))
        {
            return true;
        }

        _counters.Drop(DropReason.SpoofedAddress);
        return false;
    }

    // Duplicate address detection, the first router solicitation and group reports come from ::.
    private static bool IsChoosingAddress(in Ipv6Header header) =>
        header.Protocol == IpProtocol.IcmpV6 && !header.Extensions.IsFragment
        && !header.Payload.IsEmpty
        && header.Payload[0] is Icmpv6Type.NeighborSolicitation or Icmpv6Type.RouterSolicitation
            or Icmpv6Type.ListenerReport or Icmpv6Type.ListenerReportV2;

    private bool IsDestinationGood(in GuestPacket packet, bool isLaterFragment, Instant now)
    {
        IpAddress destination = packet.Destination;
        if (_settings.IsVirtual(destination))
        {
            return true;
        }

        if (destination.IsMulticast)
        {
            // The switch has given it to the other guests; what is for routers is looked at here.
            return IsForRouters(packet);
        }

        if (!_destinations.TryToHost(destination, out _))
        {
            RefuseUnroutable(packet, isLaterFragment, now);
            return false;
        }

        if (packet.IsLinkBroadcast)
        {
            return Drop(DropReason.Unroutable);
        }

        // A link-local source does not leave its link (RFC 4291 section 2.5.6).
        if (packet.Source.IsLinkLocal)
        {
            _counters.Drop(DropReason.Unroutable);
            SendUnlessLater(
                packet, isLaterFragment,
                new IcmpError(false, Icmpv6Type.DestinationUnreachable, BeyondScope), now);
            return false;
        }

        if (packet.Ttl <= 1)
        {
            SendUnlessLater(packet, isLaterFragment, IcmpError.HopLimitExceeded, now);
            return false;
        }

        return true;
    }

    private static bool IsForRouters(in GuestPacket packet) => packet.Protocol switch
    {
        IpProtocol.IcmpV6 or IpProtocol.Fragment => true,
        IpProtocol.Udp => packet.Destination == Ipv6Multicast.AllDhcpAgents
            && packet.Payload.Length >= UdpHeader.LengthBytes
            && BinaryPrimitives.ReadUInt16BigEndian(packet.Payload[2..]) == DhcpServerPort,
        _ => false,
    };

    private void RefuseUnroutable(in GuestPacket packet, bool isLaterFragment, Instant now)
    {
        _counters.Drop(DropReason.Unroutable);
        IpAddress destination = packet.Destination;
        if (destination.IsLoopback || destination.IsUnspecified)
        {
            return;
        }

        SendUnlessLater(
            packet, isLaterFragment,
            _settings.IsOnLink(destination)
                ? IcmpError.HostUnreachable : IcmpError.NetworkUnreachable,
            now);
    }

    private void SendUnlessLater(
        in GuestPacket packet, bool isLaterFragment, IcmpError error, Instant now)
    {
        if (!isLaterFragment)
        {
            _errors.SendAbout(packet, error, now);
        }
    }

    // RFC 8200 section 4.5: what a fragment's length cannot be is told to its sender.
    private bool IsFragmentGood(in GuestPacket packet, in Ipv6Extensions extensions, Instant now)
    {
        int pointer = extensions.MoreFragments && packet.Payload.Length % 8 != 0
            ? PayloadLengthPointer
            : extensions.FragmentOffsetBytes + packet.Payload.Length
                > Ipv6Header.MaximumPayloadLengthBytes
                ? extensions.FragmentHeaderBytes + FragmentOffsetInHeader : 0;
        if (pointer == 0)
        {
            return true;
        }

        _counters.Drop(DropReason.BadFragment);
        _errors.SendAbout(
            packet, new IcmpError(false, Icmpv6Type.ParameterProblem, 0), now, pointer);
        return false;
    }

    private void Refuse(in GuestPacket packet, in Ipv6Extensions extensions, Instant now)
    {
        _counters.Malformed(ParseError.Option);
        if (extensions.Problem != Ipv6Problem.Silent)
        {
            _errors.SendAbout(
                packet,
                new IcmpError(false, Icmpv6Type.ParameterProblem, (byte)extensions.Problem), now,
                extensions.PointerBytes, answersMulticast: extensions.AnswersMulticast);
        }
    }

    private bool Drop(DropReason reason)
    {
        _counters.Drop(reason);
        return false;
    }
}
