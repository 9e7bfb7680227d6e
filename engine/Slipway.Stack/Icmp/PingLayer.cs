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
/// after 30 s of silence; at its share of the bound a guest's idlest makes room. Where
/// ping_group_range forbids ping sockets the guest is told "communication administratively
/// prohibited" (RFC 1812 section 5.2.7.1), and the host is asked again a minute later.
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
    private readonly LruTable<FlowKey, PingFlow> _flows;
    private Instant _prohibitedUntil;
    private Instant _prohibited6Until;

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
        KeyHash hash = new(settings.Seed);
        _flows = new LruTable<FlowKey, PingFlow>(
            new GuestQueue<int>(
                counters.Guests, settings.Limits, "echoFlows", settings.Limits.EchoFlows),
            key => hash.Of(key));
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

        if (FindOrOpen(packet, message.Identifier, remote, now) is not PingFlow flow)
        {
            return;
        }

        flow.NoteOutbound(message.SequenceNumber, now);
        DatagramOptions options = packet.OptionsTo(remote, packet.Ttl - 1);
        HostError error = flow.Send(
            new IpEndpoint(remote, 0), ForHost(message, remote), options, now);
        if (error == HostError.None)
        {
            return;
        }

        Counters.Drop(
            error == HostError.NoResources ? DropReason.HostResources : DropReason.HostSend);
        if (IcmpError.Of(error) is IcmpError told)
        {
            _errors.SendAbout(packet, told, now);
        }
    }

    /// <summary>Passes a reply on to the guest, under the guest's identifier.</summary>
    internal void SendToGuest(PingFlow flow, IpAddress remote, Span<byte> message)
    {
        IpAddress guest = flow.Guest.Address;
        IpAddress source = _destinations.ToGuest(remote, guest);
        byte replyType = guest.IsIPv4 ? IcmpType.EchoReply : Icmpv6Type.EchoReply;
        if (source.IsLoopback || !TryRead(message, remote, out IcmpMessage reply)
            || reply.Type != (remote.IsIPv4 ? IcmpType.EchoReply : Icmpv6Type.EchoReply))
        {
            Counters.Drop(DropReason.Icmp);
            return;
        }

        if (!_neighbors.TryFind(guest, out GuestRoute route))
        {
            Counters.Drop(DropReason.NoNeighbor);
            return;
        }

        IcmpMessage.WriteEcho(
            message, replyType, flow.Guest.Port, reply.SequenceNumber,
            IcmpMessage.PseudoHeader(source, guest, message.Length));
        _output.SendFragmented(route, source, guest, ProtocolOf(guest), message);
    }

    /// <summary>Tells the guest of an ICMP error as the network would have.</summary>
    internal void Report(PingFlow flow, in HostErrorReport report, Span<byte> quoted, Instant now)
    {
        IcmpError error = IcmpError.Of(report);
        if (!error.IsForGuests || !_neighbors.TryFind(flow.Guest.Address, out GuestRoute route))
        {
            Counters.Drop(DropReason.Icmp);
            return;
        }

        // The quote names the kernel's identifier, and a local error quotes nothing.
        Span<byte> header = stackalloc byte[IcmpMessage.HeaderLengthBytes];
        Span<byte> start = quoted.Length >= IcmpMessage.HeaderLengthBytes ? quoted : header;
        ushort sequenceNumber = quoted.Length >= IcmpMessage.HeaderLengthBytes
            ? IcmpMessage.SequenceNumberOf(quoted) : flow.LastSequenceNumber;
        IpAddress guest = flow.Guest.Address;
        IpEndpoint remote = new(_destinations.ToGuest(report.Remote.Address, guest), 0);
        IcmpMessage.WriteEcho(
            start, guest.IsIPv4 ? IcmpType.EchoRequest : Icmpv6Type.EchoRequest,
            flow.Guest.Port, sequenceNumber,
            IcmpMessage.PseudoHeader(guest, remote.Address, start.Length));
        FlowKey key = new(flow.Guest, remote, ProtocolOf(guest));
        _errors.SendForFlow(
            route, key, UdpLayer.OffenderOf(report, guest, _destinations, _settings), error,
            IcmpError.MtuBytesFor(report, guest), start, now);
    }

    /// <summary>Closes the sockets of all flows.</summary>
    internal void Close()
    {
        while (_flows.Count > 0)
        {
            Remove(_flows.ValueAt(_flows.Oldest));
        }
    }

    internal void Remove(PingFlow flow)
    {
        _flows.RemoveAt(_flows.Find(flow.Key));
        flow.Close();
    }

    private static IpProtocol ProtocolOf(IpAddress guest) =>
        guest.IsIPv4 ? IpProtocol.Icmp : IpProtocol.IcmpV6;

    // The kernel has verified an ICMPv6 checksum, by addresses that are not known here.
    private static bool TryRead(ReadOnlySpan<byte> message, IpAddress remote, out IcmpMessage reply)
        => (remote.IsIPv4
            ? IcmpMessage.TryParse(message, out reply)
            : IcmpMessage.TryReadVerified(message, out reply)) == ParseError.None;

    // The request as the host's socket sends it: another family has another type. The kernel
    // writes identifier and checksum.
    private ReadOnlySpan<byte> ForHost(in IcmpMessage message, IpAddress remote)
    {
        byte type = remote.IsIPv4 ? IcmpType.EchoRequest : Icmpv6Type.EchoRequest;
        if (message.Type == type)
        {
            return message.Message;
        }

        Span<byte> copy = _turn.Payload[..message.Message.Length];
        message.Message.CopyTo(copy);
        IcmpMessage.WriteEcho(copy, type, message.Identifier, message.SequenceNumber);
        return copy;
    }

    private PingFlow? FindOrOpen(
        in GuestPacket packet, ushort identifier, IpAddress remote, Instant now)
    {
        FlowKey key = PingFlow.KeyOf(new IpEndpoint(packet.Source, identifier), remote);
        int index = _flows.Find(key);
        if (index >= 0)
        {
            _flows.Touch(index);
            return _flows.ValueAt(index);
        }

        HostError error = HostError.Prohibited;
        ref Instant prohibitedUntil =
            ref remote.IsIPv4 ? ref _prohibitedUntil : ref _prohibited6Until;
        if (now >= prohibitedUntil)
        {
            if (_flows.FindVictim(packet.Route.Port.Id) is >= 0 and int victim)
            {
                Remove(_flows.ValueAt(victim));
            }

            PingFlow flow = new(this, _turn, key);
            error = _network.OpenPing(remote.IsIPv4, flow, out IHostDatagramSocket? socket);
            if (error == HostError.None)
            {
                flow.Socket = socket;
                _flows.Add(key, flow, packet.Route.Port.Id);
                Counters.EchoFlowsOpened++;
                return flow;
            }

            prohibitedUntil = error == HostError.Prohibited ? now + ProhibitedFor : default;
        }

        Counters.Drop(error == HostError.Prohibited ? DropReason.Icmp : DropReason.HostResources);
        IcmpError told = error == HostError.Prohibited
            ? IcmpError.Prohibited : IcmpError.HostUnreachable;
        _errors.SendAbout(packet, told, now);
        return null;
    }
}
