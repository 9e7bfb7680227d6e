using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// UDP (RFC 768): guests' datagrams to the outside by host sockets, the gateway's own services, and
/// published ports.
/// </summary>
/// <remarks>
/// Theory of operation. A guest's endpoint has one host socket for all its remotes, so that what it
/// learns of its own outside address by one remote is true for all (endpoint-independent mapping,
/// RFC 4787 REQ-1: hole punching works). What comes back is passed on if the guest has sent to
/// that address (address-dependent filtering, REQ-8), or always with full cone. The socket closes
/// when it has been idle, by kind: 15 s after DNS queries, 30 s without an answer, 180 s otherwise;
/// at its share of the flows a guest's idlest is closed. TTL less one, TOS and DF are passed on;
/// errors that the host's kernel reports come back as the ICMP message that the network would have
/// sent. A datagram that a full link cannot take is dropped: that is UDP.
/// </remarks>
public sealed partial class UdpLayer : ITransport
{
    internal const ushort NameServerPort = 53;
    private const ushort DhcpServerPort = 67;

    private readonly StackSettings _settings;
    private readonly PacketOutput _output;
    private readonly IcmpErrors _errors;
    private readonly INeighbors _neighbors;
    private readonly IHostNetwork _network;
    private readonly DatagramTurn _turn;
    private readonly KeyHash _hash;
    private readonly FlowTable<UdpFlow> _flows;
    private readonly Dictionary<ushort, IDatagramService> _services = [];

    // Each guest's flows in the order of activity.
    private readonly GuestQueue<UdpFlow> _byActivity;

    public UdpLayer(
        StackSettings settings, Counters counters, PacketOutput output, IcmpErrors errors,
        TimerWheel timers, INeighbors neighbors, IHostNetwork network,
        DestinationMap destinations, DatagramTurn turn)
    {
        _settings = settings;
        _output = output;
        _errors = errors;
        _neighbors = neighbors;
        _network = network;
        _turn = turn;
        _hash = new KeyHash(settings.Seed);
        _flows = new FlowTable<UdpFlow>(settings.Limits.UdpFlows, settings.Seed);
        _byActivity = new GuestQueue<UdpFlow>(
            counters.Guests, settings.Limits, "udpFlows", settings.Limits.UdpFlows);
        _clients = new PublishedClients(settings, timers);
        Counters = counters;
        Timers = timers;
        Destinations = destinations;
    }

    /// <summary>Guest endpoints that have a host socket.</summary>
    public int Count => _flows.Count;

    /// <summary>Adds what flows there are to a list; from any thread.</summary>
    public void ListTo(List<FlowEntry> list)
    {
        UdpFlow?[] flows = new UdpFlow?[_flows.Count];
        int count = _flows.CopyTo(flows);
        for (int i = 0; i < count; i++)
        {
            list.Add(new FlowEntry(flows[i]!.Key, null));
        }
    }

    internal Counters Counters { get; }

    internal TimerWheel Timers { get; }

    internal DestinationMap Destinations { get; }

    internal bool IsFullCone => _settings.UdpFullCone;

    /// <summary>Serves a port of the gateway's address (and of broadcast, for DHCP).</summary>
    public void AddService(ushort port, IDatagramService service) => _services.Add(port, service);

    public void Receive(in GuestPacket packet, Instant now)
    {
        ParseError error = UdpHeader.TryParse(
            packet.Payload, packet.Source, packet.Destination, out UdpHeader header,
            packet.Offload.IsChecksumOpen);
        if (error != ParseError.None)
        {
            Counters.Malformed(error);
        }
        else if (_settings.IsGateway(packet.Destination))
        {
            ReceiveForGateway(packet, header, now);
        }
        else if (_showing.Count > 0 && TryReplyToShown(packet, header, now))
        {
            return;
        }
        else if (TryServe(packet, header, now))
        {
            return;
        }
        else if (Destinations.TryToHost(packet.Destination, out IpAddress address))
        {
            IpEndpoint remote = new(address, header.DestinationPort);
            if (IsOtherGroups(packet, remote))
            {
                Counters.Drop(DropReason.OtherGroup);
                RefusePort(packet, now);
            }
            else
            {
                SendToHost(packet, header, remote, now);
            }
        }
        else if (IsForDhcp(packet.Destination, header.DestinationPort)
            && _services.TryGetValue(header.DestinationPort, out IDatagramService? service))
        {
            service.Receive(packet, header.SourcePort, header.DestinationPort, header.Payload, now);
        }
        else
        {
            Counters.Drop(DropReason.Unroutable);
        }
    }

    /// <summary>Sends a datagram of a service to a guest, in fragments if it must be.</summary>
    /// <param name="route">Where to; the MAC may be the broadcast one.</param>
    /// <param name="source">The gateway's address that was asked, and the service's port.</param>
    /// <param name="destination">The guest's endpoint, or that of broadcast.</param>
    /// <param name="payload">At most 65507 bytes.</param>
    /// <returns>False when the link could not take it; it is counted.</returns>
    public bool SendFromGateway(
        in GuestRoute route, in IpEndpoint source, in IpEndpoint destination,
        ReadOnlySpan<byte> payload)
    {
        payload.CopyTo(_turn.Payload);
        Span<byte> datagram = _turn.DatagramOf(payload.Length);
        UdpHeader.Write(
            datagram, source.Port, destination.Port, source.Address, destination.Address);
        return _output.SendFragmented(
            route, source.Address, destination.Address, IpProtocol.Udp, datagram);
    }

    /// <summary>The guests of a port have left; their flows wait for them.</summary>
    public void OnPortClosed(IGuestPort port)
    {
        UdpFlow?[] flows = new UdpFlow?[_flows.Count];
        int count = _flows.CopyTo(flows);
        for (int i = 0; i < count; i++)
        {
            if (flows[i] is UdpFlow flow && flow.Route.Port == port)
            {
                flow.Route = default;
            }
        }
    }

    private void ReceiveForGateway(in GuestPacket packet, in UdpHeader header, Instant now)
    {
        if (_services.TryGetValue(header.DestinationPort, out IDatagramService? service))
        {
            service.Receive(packet, header.SourcePort, header.DestinationPort, header.Payload, now);
        }
        else if (!TryReplyToClient(packet, header, now) && !TryServe(packet, header, now)
            && !TryRelay(packet, header, now))
        {
            _errors.SendAbout(packet, IcmpError.PortUnreachable, now);
        }
    }

    private bool IsOtherGroups(in GuestPacket packet, in IpEndpoint remote) =>
        _settings.IsHostAlias(packet.Destination)
        && _settings.Published.Refuses(IpProtocol.Udp, remote, packet.Route.Port.Id);

    private static bool IsForDhcp(IpAddress destination, ushort port) => port switch
    {
        DhcpServerPort => destination == IpAddress.IPv4Broadcast,
        Dhcp6Message.ServerPort => destination == Ipv6Multicast.AllDhcpAgents,
        _ => false,
    };

    private void SendToHost(
        in GuestPacket packet, in UdpHeader header, in IpEndpoint remote, Instant now)
    {
        IpEndpoint guest = new(packet.Source, header.SourcePort);
        FlowKey key = KeyOf(guest, remote.Address);
        UdpFlow? flow = _flows.Find(key) ?? Open(packet, new UdpFlow(this, _turn, key), now);
        if (flow is null)
        {
            return;
        }

        flow.NoteOutbound(
            packet, new IpEndpoint(packet.Destination, header.DestinationPort), now);
        Gather(flow, remote, packet, header, now);
    }

    // The host alias is not a hop away: what may reach the gateway may reach it.
    private DatagramOptions OptionsOf(in GuestPacket packet, IpAddress remote) =>
        packet.OptionsTo(
            remote,
            _settings.IsVirtual(packet.Destination) ? Math.Max((int)packet.Ttl, 1)
                : packet.Ttl - 1);

    private void RefuseSend(in GuestPacket packet, HostError error, Instant now)
    {
        CountRefused(error);
        if (IcmpError.Of(error) is IcmpError told)
        {
            _errors.SendAbout(packet, told, now);
        }
    }

    private void CountRefused(HostError error) => Counters.Drop(
        error == HostError.NoResources ? DropReason.HostResources : DropReason.HostSend);
}
