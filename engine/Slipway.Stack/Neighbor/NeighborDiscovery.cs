using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Neighbor discovery (RFC 4861): answers for the gateway and the virtual addresses, defends them
/// against duplicates (RFC 4862 section 5.4), learns who the guests are, and guards them against
/// one another.
/// </summary>
/// <remarks>
/// What a guest says to others passes here before it is flooded. Router advertisements and
/// redirects are the gateway's alone (RFC 6105), also behind headers that would hide them (RFC
/// 7113). A message that says where an address is, by a solicitation's source or by an
/// advertisement's target, is believed only of one whose holder lives no more or is its sender
/// (<see cref="Tenure"/>), and none may claim an address of the engine's.
/// </remarks>
public sealed class NeighborDiscovery
{
    /// <summary>A packet that has crossed a router has less (RFC 4861 section 7.1).</summary>
    public const byte HopLimit = 255;

    private static readonly Duration DefendInterval = Duration.FromSeconds(1);

    private readonly StackSettings _settings;
    private readonly Counters _counters;
    private readonly PacketOutput _output;
    private readonly PortSet _ports;
    private readonly INeighbors _neighbors;
    private Instant _nextDefence;

    public NeighborDiscovery(
        StackSettings settings, Counters counters, PacketOutput output, PortSet ports,
        INeighbors neighbors, RouterAdvertiser router)
    {
        _settings = settings;
        _counters = counters;
        _output = output;
        _ports = ports;
        _neighbors = neighbors;
        Router = router;
    }

    /// <summary>Tells guests of the prefix and the default route.</summary>
    public RouterAdvertiser Router { get; }

    /// <summary>
    /// Whether an IPv6 frame may be passed on to other guests. What is refused is counted.
    /// </summary>
    public bool Inspect(IGuestPort port, in EthernetHeader frame, Instant now)
    {
        if (_settings.Ipv6 is null)
        {
            return true;
        }

        // Others may read what is not read here.
        ParseError error = Ipv6Header.TryParse(frame.Payload, out Ipv6Header header);
        if (error != ParseError.None)
        {
            _counters.Malformed(error);
            return false;
        }

        if (_settings.IsVirtual(header.Source))
        {
            Defend(header.Source, now);
            return _counters.Refuse(DropReason.SpoofedAddress);
        }

        IpProtocol protocol =
            Ipv6Extensions.FindUpperLayer(header.Packet, out ReadOnlySpan<byte> payload);
        if (protocol == IpProtocol.IcmpV6 && !payload.IsEmpty)
        {
            return InspectMessage(port, frame.Source, header.Source, payload, now);
        }

        if (IsServers(protocol, payload))
        {
            return _counters.Refuse(DropReason.ServerGuard);
        }

        if (_settings.IsGuest(header.Source)
            && !_neighbors.Learn(header.Source, frame.Source, port, now))
        {
            return false;
        }

        // A first fragment that ends before its upper layer hides that from guards.
        bool isHidden = protocol == IpProtocol.IcmpV6
            || (protocol != IpProtocol.Fragment && Ipv6Extensions.IsExtension(protocol));
        return !isHidden || _counters.Refuse(DropReason.RouterGuard);
    }

    /// <summary>Takes a message of neighbor discovery whose checksum is good.</summary>
    public void Receive(in GuestPacket packet, in IcmpMessage message, Instant now)
    {
        if (packet.Ttl != HopLimit || message.Code != 0)
        {
            _counters.Malformed(ParseError.Field);
            return;
        }

        switch (message.Type)
        {
            case Icmpv6Type.NeighborSolicitation:
                Answer(packet, message);
                break;
            case Icmpv6Type.NeighborAdvertisement:
                Learn(packet, message, now);
                break;
            case Icmpv6Type.RouterSolicitation:
                Solicit(packet, message);
                break;
            default:
                _counters.Drop(DropReason.Icmp);
                break;
        }
    }

    /// <summary>Asks a guest for an address: one, or all where the MAC is a group's.</summary>
    internal static bool Solicit(
        PacketOutput output, StackSettings settings, in GuestRoute route, IpAddress address)
    {
        IpAddress source = settings.GatewayFor(address);
        bool isKnown = !route.Mac.IsMulticast;
        IpAddress destination = isKnown ? address : Ipv6Multicast.SolicitedNode(address);
        GuestRoute way = isKnown
            ? route : new GuestRoute(route.Port, Ipv6Multicast.ToMac(destination));
        Span<byte> message = stackalloc byte[NeighborSolicitation.MaximumLengthBytes];
        int length = NeighborSolicitation.Write(message, address, settings.GatewayMac);
        return Send(output, way, source, destination, message[..length]);
    }

    /// <summary>Sends a message of neighbor discovery that lacks its checksum only.</summary>
    internal static bool Send(
        PacketOutput output, in GuestRoute route, IpAddress source, IpAddress destination,
        Span<byte> message)
    {
        IcmpMessage.WriteChecksum(
            message, IcmpMessage.PseudoHeader(source, destination, message.Length));
        return output.SendFragmented(
            route, source, destination, IpProtocol.IcmpV6, message, HopLimit);
    }

    // What only a DHCP server says (RFC 7610); a header that is cut hides its port.
    private static bool IsServers(IpProtocol protocol, ReadOnlySpan<byte> payload) =>
        protocol == IpProtocol.Udp
        && (payload.Length < UdpHeader.LengthBytes
            || BinaryPrimitives.ReadUInt16BigEndian(payload) == Dhcp6Message.ServerPort);

    private bool InspectMessage(
        IGuestPort port, MacAddress sender, IpAddress source, ReadOnlySpan<byte> message,
        Instant now)
    {
        ParseError error;
        switch (message[0])
        {
            case Icmpv6Type.RouterAdvertisement or Icmpv6Type.Redirect:
                return _counters.Refuse(DropReason.RouterGuard);
            case Icmpv6Type.NeighborAdvertisement:
                error = NeighborAdvertisement.TryParse(
                    message, out NeighborAdvertisement advertisement);
                return IsRead(error) && IsOwn(
                    port, sender, advertisement.Target, advertisement.TargetLinkLayer, now);
            case Icmpv6Type.NeighborSolicitation:
                error = NeighborSolicitation.TryParse(
                    message, out NeighborSolicitation solicitation);
                return IsRead(error)
                    && IsOwn(port, sender, source, solicitation.SourceLinkLayer, now);
            default:
                return true;
        }
    }

    // Whether an address is the sender's to tell of.
    private bool IsOwn(
        IGuestPort port, MacAddress sender, IpAddress address, MacAddress? told, Instant now)
    {
        if (_settings.IsVirtual(address))
        {
            Defend(address, now);
            return _counters.Refuse(DropReason.SpoofedAddress);
        }

        if (told is MacAddress mac && mac != sender)
        {
            return _counters.Refuse(DropReason.SpoofedMac);
        }

        return !_settings.IsGuest(address) || _neighbors.Learn(address, sender, port, now);
    }

    private bool IsRead(ParseError error)
    {
        if (error != ParseError.None)
        {
            _counters.Malformed(error);
        }

        return error == ParseError.None;
    }

    private void Answer(in GuestPacket packet, in IcmpMessage message)
    {
        ParseError error =
            NeighborSolicitation.TryParse(message.Message, out NeighborSolicitation solicitation);
        bool isProbe = packet.Source.IsUnspecified;
        if (error == ParseError.None && isProbe && (solicitation.SourceLinkLayer is not null
            || packet.Destination != Ipv6Multicast.SolicitedNode(solicitation.Target)))
        {
            error = ParseError.Field; // RFC 4861 section 7.1.1
        }

        if (error != ParseError.None)
        {
            _counters.Malformed(error);
        }
        else if (_settings.IsVirtual(solicitation.Target))
        {
            // Who asks from :: wants the address for itself: all are told whose it is.
            Advertise(
                isProbe ? AllNodesOf(packet.Route.Port) : packet.Route,
                isProbe ? Ipv6Multicast.AllNodes : packet.Source, solicitation.Target,
                isSolicited: !isProbe);
        }
    }

    private void Learn(in GuestPacket packet, in IcmpMessage message, Instant now)
    {
        if (NeighborAdvertisement.TryParse(
                message.Message, out NeighborAdvertisement advertisement) == ParseError.None
            && _settings.IsGuest(advertisement.Target))
        {
            _neighbors.Learn(advertisement.Target, packet.Route.Mac, packet.Route.Port, now);
        }
    }

    private void Solicit(in GuestPacket packet, in IcmpMessage message)
    {
        ParseError error =
            RouterSolicitation.TryParse(message.Message, out RouterSolicitation solicitation);
        bool isProbe = packet.Source.IsUnspecified;
        if (error != ParseError.None || (isProbe && solicitation.SourceLinkLayer is not null))
        {
            _counters.Malformed(error == ParseError.None ? ParseError.Field : error);
            return;
        }

        if (isProbe)
        {
            Router.Advertise(packet.Route.Port);
        }
        else
        {
            Router.Advertise(packet.Route, packet.Source);
        }
    }

    /// <summary>The way to all on a port.</summary>
    internal static GuestRoute AllNodesOf(IGuestPort port) =>
        new(port, Ipv6Multicast.ToMac(Ipv6Multicast.AllNodes));

    private void Advertise(
        in GuestRoute route, IpAddress destination, IpAddress target, bool isSolicited)
    {
        NeighborFlags flags = NeighborFlags.Override
            | (_settings.IsGateway(target) ? NeighborFlags.Router : 0)
            | (isSolicited ? NeighborFlags.Solicited : 0);
        Span<byte> message = stackalloc byte[NeighborAdvertisement.MaximumLengthBytes];
        int length =
            NeighborAdvertisement.Write(message, flags, target, _settings.GatewayMac);
        Send(_output, route, target, destination, message[..length]);
    }

    // Tells all guests where the engine's addresses are, when one has claimed any of them; but once
    // a second only.
    private void Defend(IpAddress claimed, Instant now)
    {
        if (now < _nextDefence || _settings.Ipv6 is not Ipv6Settings ipv6)
        {
            return;
        }

        _nextDefence = now + DefendInterval;
        for (int i = 0; i < _ports.Count; i++)
        {
            GuestRoute all = AllNodesOf(_ports[i]);
            Advertise(all, Ipv6Multicast.AllNodes, ipv6.Gateway, isSolicited: false);
            Advertise(
                all, Ipv6Multicast.AllNodes, _settings.GatewayLinkLocal, isSolicited: false);
            if (ipv6.HostAlias is IpAddress alias)
            {
                Advertise(all, Ipv6Multicast.AllNodes, alias, isSolicited: false);
            }

            if (_settings.Services.Current.IsVirtual(claimed))
            {
                Advertise(all, Ipv6Multicast.AllNodes, claimed, isSolicited: false);
            }
        }
    }
}
