using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// All TCP connections of a worker: finds the flow of a segment, opens flows for SYNs and for
/// clients of published ports, and lets flows send at the end of the turn.
/// </summary>
public sealed partial class TcpLayer : ITransport
{
    /// <summary>
    /// A smaller MSS would only multiply the packets; Linux has a floor of 48 to 88 too.
    /// </summary>
    internal const int SmallestSegmentBytes = 64;

    /// <summary>Retransmissions of data before the guest is given up: about ten minutes.</summary>
    internal const int DataRetries = 15;

    /// <summary>
    /// Packets of a full window: a TAP queue holds 1,000, and others want room in it too.
    /// </summary>
    private const int WindowPackets = 600;

    /// <summary>
    /// A held SYN is dropped this long after the guest sent it last: Linux's longest pause between
    /// two SYNs is 64 s. The host's own connect() gives up after about 130 s.
    /// </summary>
    internal static readonly Duration ConnectLifetime = Duration.FromSeconds(75);

    /// <summary>
    /// FIN-WAIT-2 without a segment from the guest (RFC 5382 REQ-5 asks for four minutes).
    /// </summary>
    internal static readonly Duration HalfClosedLifetime = Duration.FromSeconds(15 * 60);

    /// <summary>TIME-WAIT: nothing lingers on a path of one hop, so far less than 2 MSL.</summary>
    internal static readonly Duration TimeWait = Duration.FromSeconds(1);

    /// <summary>
    /// How often a finished flow looks whether a stalled host has taken the rest.
    /// </summary>
    internal static readonly Duration StalledHostCheck = Duration.FromSeconds(30);

    /// <summary>
    /// A guest that is silent for longer is asked whether it lives (RFC 5382 REQ-5: not under 2 h 4
    /// min). Its answer keeps an idle connection for ever.
    /// </summary>
    internal static readonly Duration KeepaliveIdle = Duration.FromSeconds(7_440);

    internal static readonly Duration KeepaliveInterval = Duration.FromSeconds(75);

    /// <summary>Unanswered questions before the guest counts as gone.</summary>
    internal const int KeepaliveProbes = 9;

    /// <summary>A guest that left comes back within this time, or its connections end.</summary>
    internal static readonly Duration OrphanLifetime = Duration.FromSeconds(300);

    /// <summary>
    /// A guest that is alone leaves one in so many flows: connections that stand make no room for
    /// those of a guest that comes later.
    /// </summary>
    private const int KeptFreePart = 8;

    private readonly StackSettings _settings;
    private readonly IcmpErrors _icmpErrors;
    private readonly INeighbors _neighbors;
    private readonly IHostNetwork _network;
    private readonly IHostListeners _listeners;
    private readonly IStreamServices _services;
    private readonly DestinationMap _destinations;
    private readonly FlowTable<TcpFlow> _flows;
    private readonly PathSweep _paths;
    private readonly List<TcpFlow> _blocked = [];
    private readonly List<LateReset> _lateResets = [];
    private List<TcpFlow> _queue = [];
    private List<TcpFlow> _nextTurn = [];

    public TcpLayer(
        StackSettings settings, Counters counters, PacketOutput output, IcmpErrors icmpErrors,
        TimerWheel timers, INeighbors neighbors, IHostNetwork network, IHostListeners listeners,
        IStreamServices services, DestinationMap destinations)
    {
        _settings = settings;
        _icmpErrors = icmpErrors;
        _neighbors = neighbors;
        _network = network;
        _listeners = listeners;
        _services = services;
        _destinations = destinations;
        _flows = new FlowTable<TcpFlow>(settings.Limits.TcpFlows, settings.Seed);
        StackLimits limits = settings.Limits;
        _byGuest = new GuestQueue<TcpFlow>(
            counters.Guests, limits, "tcpFlows", limits.TcpFlows,
            keptFree: limits.TcpFlows / KeptFreePart);
        _halfOpen = new GuestQueue<TcpFlow>(
            counters.Guests, limits, "tcpHalfOpen", limits.TcpHalfOpen);
        Counters = counters;
        Output = output;
        Timers = timers;
        Chunks = new ChunkPool(counters.Guests, limits);
        _paths = new PathSweep(_flows, network, timers);
    }

    internal Counters Counters { get; }

    internal PacketOutput Output { get; }

    internal TimerWheel Timers { get; }

    internal ChunkPool Chunks { get; }

    /// <summary>Flows in all states.</summary>
    public int Count => _flows.Count;

    /// <summary>True when flows have more to send at once: the next turn must not wait.</summary>
    public bool HasPendingWork => _nextTurn.Count > 0 || _queue.Count > 0 || _lateResetsDue;

    /// <summary>
    /// Where there are several workers: whether a flow is this one's; null for all.
    /// </summary>
    public Predicate<FlowKey>? Owns { get; set; }

    /// <summary>MSS that the MTU allows, before options, in bytes.</summary>
    internal int MaximumSegmentBytes(IpAddress guest) => _settings.MtuBytes
        - PacketOutput.IpHeaderLengthBytes(guest) - TcpHeader.MinimumLengthBytes;

    /// <summary>Segment size where the SYN says nothing (RFC 9293 section 3.7.1).</summary>
    internal static int DefaultSegmentBytes(IpAddress guest) => guest.IsIPv4 ? 536 : 1_220;

    /// <summary>The state of a flow, for display; Closed if there is none.</summary>
    public TcpState StateOf(in FlowKey key) => _flows.Find(key)?.State ?? TcpState.Closed;

    /// <summary>Adds what flows there are to a list; from any thread.</summary>
    public void ListTo(List<FlowEntry> list)
    {
        TcpFlow?[] flows = new TcpFlow?[_flows.Count];
        int count = _flows.CopyTo(flows);
        for (int i = 0; i < count; i++)
        {
            list.Add(new FlowEntry(flows[i]!.Key, flows[i]!.State));
        }
    }

    /// <summary>Ends a flow by RST on both sides; between two turns.</summary>
    /// <returns>False when there is none.</returns>
    public bool End(in FlowKey key, Instant now)
    {
        TcpFlow? flow = _flows.Find(key);
        flow?.Abort(sendReset: true, now);
        return flow is not null;
    }

    /// <summary>
    /// An address or a route of the host's came or went: flows that have lost theirs are ended once
    /// that has settled, by RST towards their guests.
    /// </summary>
    public void OnNetworkChanged(Instant now) => _paths.Begin(now);

    /// <summary>Ends all flows, by RST towards the host's peers.</summary>
    internal void Close(Instant now)
    {
        TcpFlow?[] flows = new TcpFlow?[_flows.Count];
        int count = _flows.CopyTo(flows);
        for (int i = 0; i < count; i++)
        {
            flows[i]!.Abort(sendReset: false, now);
        }
    }

    public void Receive(in GuestPacket packet, Instant now)
    {
        ParseError error = TcpHeader.TryParse(packet.Payload, packet.Source, packet.Destination,
            out TcpHeader header, packet.Offload.IsChecksumOpen);
        if (error != ParseError.None)
        {
            Counters.Malformed(error);
            return;
        }

        // A bad option ends the list, not the segment: Linux reads what stands in front of it.
        error = TcpOptions.TryParse(header.Options, out TcpOptions options);
        if (error != ParseError.None)
        {
            Counters.Malformed(error);
        }

        FlowKey key = KeyOf(packet.Source, packet.Destination, header);
        TcpFlow? flow = _flows.Find(key);
        EndGatheringBefore(flow, header, now);
        if (flow is not null && flow.Receive(packet, header, options, now))
        {
            return;
        }

        const TcpFlags handshake =
            TcpFlags.Syn | TcpFlags.Acknowledgment | TcpFlags.Reset | TcpFlags.Fin;
        if ((header.Flags & handshake) == TcpFlags.Syn)
        {
            Open(packet.Route, key, header, options, packet.Offload.IsChecksumOpen, now);
        }
        else if ((header.Flags & TcpFlags.Reset) == 0)
        {
            AnswerStray(packet.Route, key, header);
        }
    }

    private static FlowKey KeyOf(IpAddress source, IpAddress destination, in TcpHeader header) =>
        new(
            new IpEndpoint(source, header.SourcePort),
            new IpEndpoint(destination, header.DestinationPort), IpProtocol.Tcp);

    /// <summary>
    /// The path to a guest takes smaller packets (RFC 1191). Believed only about a live flow and a
    /// byte that is under way (RFC 5927 section 4).
    /// </summary>
    /// <returns>False when it was not believed.</returns>
    public bool OnPacketTooBig(
        in FlowKey key, SequenceNumber sequence, int mtuBytes, Instant now) =>
        _flows.Find(key)?.ReducePathMtu(sequence, mtuBytes, now) ?? false;

    /// <summary>End of the turn: every flow with something to send sends it.</summary>
    public void Flush(Instant now)
    {
        if (_nextTurn.Count > 0)
        {
            foreach (TcpFlow flow in _nextTurn)
            {
                flow.IsQueued = false;
                Queue(flow);
            }

            _nextTurn.Clear();
        }

        SendLateResets();
        for (int i = 0; i < _queue.Count; i++)
        {
            TcpFlow flow = _queue[i];
            flow.IsQueued = false;
            flow.Output(now);
        }

        _queue.Clear();
    }

    /// <summary>A guest's link has room again.</summary>
    public void OnPortWritable(IGuestPort port)
    {
        _lateResetsDue = _lateResets.Count > 0;
        for (int i = _blocked.Count - 1; i >= 0; i--)
        {
            TcpFlow flow = _blocked[i];
            if (ReferenceEquals(flow.Route.Port, port) || flow.State == TcpState.Closed)
            {
                flow.IsBlocked = false;
                _blocked.RemoveAt(i);
                Queue(flow);
            }
        }
    }

    /// <summary>A guest has left. Its flows wait for it, for a while.</summary>
    public void OnPortClosed(IGuestPort port, Instant now)
    {
        _lateResets.RemoveAll(late => ReferenceEquals(late.Route.Port, port));
        OnPortWritable(port);
        TcpFlow?[] flows = new TcpFlow?[_flows.Count];
        int count = _flows.CopyTo(flows);
        for (int i = 0; i < count; i++)
        {
            if (flows[i] is TcpFlow flow && ReferenceEquals(flow.Route.Port, port))
            {
                flow.OnPortClosed(now);
            }
        }
    }

    internal void Queue(TcpFlow flow)
    {
        if (!flow.IsQueued && flow.State != TcpState.Closed)
        {
            flow.IsQueued = true;
            _queue.Add(flow);
        }
    }

    /// <summary>The flow has had its share of this turn.</summary>
    internal void QueueForNextTurn(TcpFlow flow)
    {
        if (!flow.IsQueued)
        {
            flow.IsQueued = true;
            _nextTurn.Add(flow);
        }
    }

    /// <summary>
    /// The guest's link is full: the flow waits for <see cref="OnPortWritable"/>.
    /// </summary>
    internal void Block(TcpFlow flow)
    {
        if (!flow.IsBlocked)
        {
            flow.IsBlocked = true;
            _blocked.Add(flow);
        }
    }

    internal void Forget(TcpFlow flow)
    {
        OnHandshakeFinished(flow);
        _flows.Remove(flow.Key);
        _byGuest.Remove(flow.Place);
    }

    /// <summary>The receive window that a flow may offer, in bytes.</summary>
    internal int ReceiveLimit(bool scaled)
    {
        // Also where the link carries many segments as one: the guest may send them one by one.
        long bySegments = (long)WindowPackets * MaximumSegmentBytes(_settings.Gateway);
        long limit = Math.Min(_settings.Limits.TcpWindowBytes, bySegments);
        return (int)Math.Min(limit, scaled ? limit : ushort.MaxValue);
    }

    /// <summary>Milliseconds for the timestamp option (RFC 7323 section 5.4).</summary>
    internal static uint TimestampNow(Instant now) => (uint)(now.Nanoseconds / 1_000_000);

    /// <summary>RFC 6528: a 4 µs clock plus a keyed hash of the connection.</summary>
    internal SequenceNumber InitialSequence(in FlowKey key, Instant now, out uint timestampOffset)
    {
        Span<byte> bytes = stackalloc byte[36];
        key.Guest.Address.WriteIPv6(bytes);
        key.Remote.Address.WriteIPv6(bytes[16..]);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[32..], key.Guest.Port);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[34..], key.Remote.Port);
        ulong hash = SipHash.Hash(bytes, ~_settings.Seed.Low, _settings.Seed.High);
        timestampOffset = (uint)(hash >> 32);
        return new SequenceNumber((uint)hash + (uint)(now.Nanoseconds / 4_000));
    }
}
