using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Takes IPv6 packets from guests (RFC 8200), as the gateway's host for its own addresses and as
/// the first router for all others, and gives them to the protocols above.
/// </summary>
/// <remarks>
/// A packet passes, in this order: the header's checks and the walk over its extension headers; the
/// source, which must be a guest's that no other MAC holds (:: only while an address is being
/// chosen, RFC 4862 section 5.4); the destination, which must be the engine's, one of its groups,
/// or routed; the hop limit, where the packet is to leave; what the walk has found; reassembly; its
/// protocol. An ICMPv6 error tells the guest where RFC 4443 asks for one.
/// </remarks>
public sealed class Ipv6Layer
{
    private const int PayloadLengthPointer = 4;
    private const int FragmentOffsetInHeader = 2;
    private const byte BeyondScope = 2;

    private readonly StackSettings _settings;
    private readonly Counters _counters;
    private readonly IcmpErrors _errors;
    private readonly INeighbors _neighbors;
    private readonly DestinationMap _destinations;
    private readonly Reassembly _reassembly;
    private readonly IpAddress[] _groups;

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
        _groups = GroupsOf(settings);
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
        if (error == ParseError.None && (header.Source.IsMulticast
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

    // The groups that who has the engine's addresses listens to.
    private static IpAddress[] GroupsOf(StackSettings settings)
    {
        List<IpAddress> groups =
        [
            Ipv6Multicast.AllNodes, Ipv6Multicast.AllRouters, Ipv6Multicast.AllMldv2Routers,
            Ipv6Multicast.AllDhcpAgents, Ipv6Multicast.SolicitedNode(settings.GatewayLinkLocal),
        ];
        if (settings.Ipv6 is Ipv6Settings ipv6)
        {
            groups.Add(Ipv6Multicast.SolicitedNode(ipv6.Gateway));
            groups.Add(Ipv6Multicast.SolicitedNode(ipv6.HostAlias ?? ipv6.Gateway));
        }

        return [.. groups];
    }

    // A packet that is longer than the link carries has come in fragments, whoever put it together:
    // the host may send it in fragments, too. So may it one with a fragment header.
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
            DontFragment = isWhole && header.Extensions.FragmentHeaderBytes == 0
                && (offload.IsSegmented || header.Packet.Length <= _settings.MtuBytes),
            IsLinkBroadcast = isLinkBroadcast,
            Offload = offload,
            Payload = header.Payload,
            Quote = header.Packet,
        };

    private void Receive(in GuestPacket packet, in Ipv6Header header, Instant now)
    {
        Ipv6Extensions extensions = header.Extensions;
        if (!IsDestinationGood(packet, extensions.FragmentOffsetBytes > 0, now))
        {
            return;
        }

        if (!extensions.IsFragment)
        {
            Deliver(packet, extensions, now);
            return;
        }

        FragmentPlace place = FragmentPlace.Of(header);
        if (IsFragmentGood(packet, extensions, place, now)
            && _reassembly.TryComplete(packet, place, now, out GuestPacket whole))
        {
            DeliverWhole(whole, now);
            _reassembly.Release();
        }
    }

    // TCP has no business with groups; UDP and ICMPv6 know their own.
    private void Deliver(in GuestPacket packet, in Ipv6Extensions extensions, Instant now)
    {
        if (extensions.Problem != Ipv6Problem.None)
        {
            Refuse(packet, extensions, now);
        }
        else if (packet.Protocol == IpProtocol.Tcp && packet.Destination.IsMulticast)
        {
            _counters.Drop(DropReason.Unroutable);
        }
        else
        {
            Dispatch.Deliver(packet, extensions.ProtocolFieldBytes, now);
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
        Deliver(packet, header.Extensions, now);
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

        return _counters.Refuse(DropReason.SpoofedAddress);
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
            // The switch has given it to the other guests.
            return _groups.AsSpan().Contains(destination)
                || _settings.Services.Current.HasGroup(destination)
                || _counters.Refuse(DropReason.Unroutable);
        }

        if (!_destinations.IsRouted(destination, out _))
        {
            RefuseUnroutable(packet, isLaterFragment, now);
            return false;
        }

        if (packet.IsLinkBroadcast)
        {
            return _counters.Refuse(DropReason.Unroutable);
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

    private void RefuseUnroutable(in GuestPacket packet, bool isLaterFragment, Instant now)
    {
        _counters.Drop(DropReason.Unroutable);
        IpAddress destination = packet.Destination;
        if (DestinationMap.HoldsIPv4(destination))
        {
            return; // ::1 and :: among them
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
    private bool IsFragmentGood(
        in GuestPacket packet, in Ipv6Extensions extensions, FragmentPlace place, Instant now)
    {
        int pointer = extensions.MoreFragments && packet.Payload.Length % 8 != 0
            ? PayloadLengthPointer
            : place.OffsetBytes + packet.Payload.Length > place.LimitBytes
                ? extensions.FragmentHeaderBytes + FragmentOffsetInHeader : 0;
        bool isCut = place.OffsetBytes == 0 && !HasUpperHeader(packet);
        if (pointer == 0 && !isCut)
        {
            return true;
        }

        _counters.Drop(DropReason.BadFragment);
        byte code = pointer == 0 ? Icmpv6Code.CutHeaders : (byte)0;
        _errors.SendAbout(
            packet, new IcmpError(false, Icmpv6Type.ParameterProblem, code), now, pointer);
        return false;
    }

    // A first fragment holds all headers up to the upper layer's (RFC 7112).
    private static bool HasUpperHeader(in GuestPacket packet)
    {
        IpProtocol protocol =
            Ipv6Extensions.FindUpperLayer(packet.Quote, out ReadOnlySpan<byte> payload);
        return !Ipv6Extensions.IsExtension(protocol) && payload.Length >= protocol switch
        {
            IpProtocol.Tcp => TcpHeader.MinimumLengthBytes,
            IpProtocol.Udp => UdpHeader.LengthBytes,
            IpProtocol.IcmpV6 => IcmpMessage.HeaderLengthBytes,
            _ => 0,
        };
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
}
