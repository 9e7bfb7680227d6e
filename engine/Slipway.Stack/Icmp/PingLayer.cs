using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Echo to the outside by the host's unprivileged ping sockets.
/// </summary>
/// <remarks>
/// Theory of operation. The kernel gives each ping socket an identifier of its own, so a guest's
/// (address, identifier) has one socket, and replies get the guest's identifier back. TTL less one,
/// TOS and DF are passed on. Errors that the kernel reports come back as the ICMP message that the
/// network would have sent, quoting the guest's own message: so traceroute works. Sockets close
/// after 30 s of silence; at the bound the idlest makes room. Where ping_group_range forbids ping
/// sockets the guest is told "communication administratively prohibited" (RFC 1812 section
/// 5.2.7.1), and the host is asked again a minute later.
/// </remarks>
public sealed class PingLayer
{
    internal static readonly Duration Lifetime = Duration.FromSeconds(30);

    private static readonly Duration ProhibitedFor = Duration.FromSeconds(60);

    private readonly StackSettings _settings;
    private readonly PacketOutput _output;
    private readonly IcmpErrors _errors;
    private readonly INeighbors _neighbors;
    private readonly IHostNetwork _network;
    private readonly DestinationMap _destinations;
    private readonly DatagramTurn _turn;
    private readonly LruTable<IpEndpoint, PingFlow> _flows;
    private Instant _prohibitedUntil;

    public PingLayer(
        StackSettings settings, Counters counters, PacketOutput output, IcmpErrors errors,
        TimerWheel timers, INeighbors neighbors, IHostNetwork network,
        DestinationMap destinations,
        DatagramTurn turn)
    {
        _settings = settings;
        _output = output;
        _errors = errors;
        _neighbors = neighbors;
        _network = network;
        _destinations = destinations;
        _turn = turn;
        _flows = new LruTable<IpEndpoint, PingFlow>(
            settings.Limits.EchoFlows, new KeyHash(settings.Seed).Of);
        Counters = counters;
        Timers = timers;
    }

    /// <summary>Identifiers of guests that have a host socket.</summary>
    public int Count => _flows.Count;

    internal Counters Counters { get; }

    internal TimerWheel Timers { get; }

    /// <summary>Takes an echo request to the outside.</summary>
    internal void Receive(in GuestPacket packet, in IcmpMessage message, Instant now)
    {
        if (!_destinations.TryToHost(packet.Destination, out IpAddress remote))
        {
            Counters.Drop(DropReason.Unroutable);
            return;
        }

        if (FindOrOpen(packet, message.Identifier, now) is not PingFlow flow)
        {
            return;
        }

        flow.NoteOutbound(message.SequenceNumber, now);
        DatagramOptions options = new(
            (byte)(packet.Ttl - 1), packet.TypeOfService, packet.DontFragment);
        HostError error = flow.Send(new IpEndpoint(remote, 0), message.Message, options, now);
        if (error == HostError.None)
        {
            return;
        }

        Counters.Drop(
            error == HostError.NoResources ? DropReason.HostResources : DropReason.HostSend);
        if (UdpLayer.IcmpCodeOf(error) is byte code)
        {
            _errors.SendAbout(packet, IcmpType.DestinationUnreachable, code, now);
        }
    }

    /// <summary>Passes a reply on to the guest, under the guest's identifier.</summary>
    internal void SendToGuest(PingFlow flow, IpAddress remote, Span<byte> message)
    {
        IpAddress source = _destinations.ToGuest(remote);
        if (source.IsLoopback
            || IcmpMessage.TryParse(message, out IcmpMessage reply) != ParseError.None
            || reply.Type != IcmpType.EchoReply)
        {
            Counters.Drop(DropReason.Icmp);
            return;
        }

        if (!_neighbors.TryFind(flow.Guest.Address, out GuestRoute route))
        {
            Counters.Drop(DropReason.NoNeighbor);
            return;
        }

        IcmpMessage.WriteEcho(message, IcmpType.EchoReply, flow.Guest.Port, reply.SequenceNumber);
        _output.SendFragmented(route, source, flow.Guest.Address, IpProtocol.Icmp, message);
    }

    /// <summary>Tells the guest of an ICMP error as the network would have.</summary>
    internal void Report(PingFlow flow, in HostErrorReport report, Span<byte> quoted, Instant now)
    {
        if (report.IcmpType is not (IcmpType.DestinationUnreachable or IcmpType.TimeExceeded
            or IcmpType.ParameterProblem)
            || !_neighbors.TryFind(flow.Guest.Address, out GuestRoute route))
        {
            Counters.Drop(DropReason.Icmp);
            return;
        }

        // The quote names the kernel's identifier, and a local error quotes nothing.
        Span<byte> header = stackalloc byte[IcmpMessage.HeaderLengthBytes];
        Span<byte> start = quoted.Length >= IcmpMessage.HeaderLengthBytes ? quoted : header;
        ushort sequenceNumber = quoted.Length >= IcmpMessage.HeaderLengthBytes
            ? IcmpMessage.SequenceNumberOf(quoted) : flow.LastSequenceNumber;
        IcmpMessage.WriteEcho(start, IcmpType.EchoRequest, flow.Guest.Port, sequenceNumber);
        IpEndpoint remote = new(_destinations.ToGuest(report.Remote.Address), 0);
        FlowKey key = new(flow.Guest, remote, IpProtocol.Icmp);
        _errors.SendForFlow(
            route, key, UdpLayer.OffenderOf(report, _destinations, _settings),
            report.IcmpType, report.IcmpCode, report.MtuBytes, start, now);
    }

    internal void Remove(PingFlow flow)
    {
        _flows.RemoveAt(_flows.Find(flow.Guest));
        flow.Close();
    }

    private PingFlow? FindOrOpen(in GuestPacket packet, ushort identifier, Instant now)
    {
        IpEndpoint guest = new(packet.Source, identifier);
        int index = _flows.Find(guest);
        if (index >= 0)
        {
            _flows.Touch(index);
            return _flows.ValueAt(index);
        }

        HostError error = HostError.Prohibited;
        if (now >= _prohibitedUntil)
        {
            if (_flows.IsFull)
            {
                Remove(_flows.ValueAt(_flows.Oldest));
            }

            PingFlow flow = new(this, _turn, guest);
            error = _network.OpenPing(ipv4: true, flow, out IHostDatagramSocket? socket);
            if (error == HostError.None)
            {
                flow.Socket = socket;
                _flows.Add(guest, flow);
                Counters.EchoFlowsOpened++;
                return flow;
            }

            _prohibitedUntil = error == HostError.Prohibited ? now + ProhibitedFor : default;
        }

        Counters.Drop(error == HostError.Prohibited ? DropReason.Icmp : DropReason.HostResources);
        byte code = error == HostError.Prohibited
            ? IcmpCode.CommunicationProhibited : IcmpCode.HostUnreachable;
        _errors.SendAbout(packet, IcmpType.DestinationUnreachable, code, now);
        return null;
    }
}
