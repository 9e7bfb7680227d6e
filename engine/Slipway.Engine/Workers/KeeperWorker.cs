using Slipway.Host;
using Slipway.Links;
using Slipway.Services;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// The first worker: it keeps the switch, the neighbors, the links and the services, and has its
/// share of the flows like any other.
/// </summary>
/// <remarks>
/// A packet that has passed the checks here is given to the worker of its flow
/// (<see cref="FlowSharding"/>). That one answers by a queue of the link's of its own, or where
/// the link has none through a <see cref="RelayPort"/>.
/// </remarks>
internal sealed class KeeperWorker : Worker, IFrameReceiver, IPacketSteering
{
    private readonly FlowSharding _sharding;
    private readonly List<ShardWorker> _shards = [];
    private readonly List<GuestLink> _links = [];
    private readonly Dictionary<int, IGuestPort> _ports = [];
    private readonly List<RelayPort> _relays = [];
    private readonly LinkNumbers _numbers = new();
    private readonly Dictionary<GuestLink, int> _groups = [];

    private readonly GuestProxy? _proxy;
    private readonly RelayPorts _relayPorts;
    private readonly GuestPagePort? _pages;
    private readonly SharedReceiver _receiver;

    /// <param name="settings">The stack's.</param>
    /// <param name="dns">The DNS server.</param>
    /// <param name="proxy">The proxy; null for none.</param>
    /// <param name="pages">Port 80 of the gateway; null for none.</param>
    /// <param name="sharding">Whose flow is whose.</param>
    /// <param name="clock">Null for the machine's.</param>
    public KeeperWorker(
        StackSettings settings, DnsServer dns, ResponseBudget dnsBudget, GuestProxy? proxy,
        GuestPagePort? pages, FlowSharding sharding, Func<Instant>? clock)
        : base(FlowSharding.Keeper, clock)
    {
        Network.DescriptorCeiling = DescriptorReserve.CeilingFor(
            settings.Limits.ReservedDescriptors);
        _sharding = sharding;
        _proxy = proxy;
        _relayPorts = new RelayPorts(Mailbox);
        _pages = pages;
        _receiver = new SharedReceiver(this, Shares);
        Dns = new DnsEndpoint(dns, Mailbox, settings, dnsBudget);
        Stack = new GuestStack(settings, Counters, Network, Network, StreamsOn(this, settings));
        Stack.GroupOf = GroupOf;
        Dns.Attach(Stack.Udp);
        _relayPorts.Attach(Stack.Udp);
        if (sharding.Workers > 1)
        {
            Stack.Flows.SetSteering(this);
            Stack.Tcp.Owns = key => sharding.WorkerOf(key) == FlowSharding.Keeper;
        }
    }

    public GuestStack Stack { get; }

    public DnsEndpoint Dns { get; }

    public IReadOnlyList<GuestLink> Links => _links;

    /// <summary>The services by TCP, for the flows of a worker.</summary>
    public GuestStreams StreamsOn(Worker worker, StackSettings settings) => new(
        Dns.StreamsOn(worker.Network),
        _proxy is null ? null
            : new ProxyStreams(_proxy, worker.Network, worker.Mailbox, _relayPorts),
        _pages, worker.Network, settings);

    protected override FlowStack Flows => Stack.Flows;

    /// <summary>Another worker shares the flows. Before the links start.</summary>
    public void Add(ShardWorker shard) => _shards.Add(shard);

    /// <summary>Told on the worker of the number of a port whose guest has left.</summary>
    public Action<int>? PortClosed { get; set; }

    /// <summary>Called on the worker at the end of each turn.</summary>
    public Action<Instant>? TurnEnds { get; set; }

    /// <summary>A link of guests of a group (<see cref="GuestGroup"/>).</summary>
    public void Add(GuestLink link, int group = GuestGroup.Common)
    {
        _links.Add(link);
        _numbers.Add(link);
        if (group != GuestGroup.Common)
        {
            _groups[link] = group;
            Stack.Settings.Published.BeginGroups();
        }
    }

    /// <summary>What links and ports are called in captures.</summary>
    public LinkNumbers Numbers => _numbers;

    /// <summary>Begins to receive.</summary>
    public void Start(Instant now)
    {
        foreach (GuestLink link in _links)
        {
            link.Start(Reactor, _receiver, now);
        }
    }

    /// <summary>A link comes while the engine runs; on the worker.</summary>
    public void Attach(GuestLink link, Instant now)
    {
        Add(link);
        try
        {
            link.Start(Reactor, _receiver, now);
        }
        catch
        {
            Detach(link, now);
            throw;
        }
    }

    /// <summary>A link goes, and its guests with it; on the worker.</summary>
    public void Detach(GuestLink link, Instant now)
    {
        if (_links.Remove(link))
        {
            link.Close(_receiver, now);
            _numbers.Remove(link);
            _groups.Remove(link);
        }
    }

    /// <summary>
    /// A client of a published port: the worker of its flow takes it over.
    /// </summary>
    public void Accept(
        IHostStream stream, in IpEndpoint client, in IpEndpoint guest, Instant now,
        IFlowOrigin? origin = null)
    {
        IpEndpoint source = Stack.Settings.SourceFor(client, guest.Address, origin);
        int worker = _sharding.WorkerOf(new FlowKey(guest, source, IpProtocol.Tcp));
        if (worker == Index)
        {
            Stack.Tcp.AcceptFromHost(stream, client, guest, now, origin);
        }
        else
        {
            _shards[worker - 1].PostAccepted(stream, client, guest, origin);
        }
    }

    /// <summary>Asks for a guest on behalf of another worker.</summary>
    public void PostResolve(IpAddress guest, INeighborWaiter waiter) =>
        Mailbox.Post(new Resolve(Stack.Neighbors, guest, waiter));

    public bool TryPass(in GuestPacket packet)
    {
        int worker = _sharding.WorkerOf(
            packet.Protocol, packet.Source, packet.Destination, packet.Payload);
        if (worker == Index)
        {
            return false;
        }

        int lengthBytes = EthernetHeader.LengthBytes + packet.Quote.Length;
        Span<byte> frame = Reserve(worker, packet.Route.Port.Id, lengthBytes);
        if (!frame.IsEmpty)
        {
            EthernetHeader.Write(
                frame,
                packet.IsLinkBroadcast ? MacAddress.Broadcast : Stack.Settings.GatewayMac,
                packet.Route.Mac, packet.Source.IsIPv4 ? EtherType.IPv4 : EtherType.IPv6);
            packet.Quote.CopyTo(frame[EthernetHeader.LengthBytes..]);
            Commit(
                worker, WorkerMessage.CheckedFrame, packet.Route.Port.Id, lengthBytes,
                packet.Offload);
        }

        return true;
    }

    public void OnPortOpened(IGuestPort port, Instant now)
    {
        _ports.Add(port.Id, port);
        _numbers.Add(port);
        foreach (ShardWorker shard in _shards)
        {
            shard.PostOpened(QueueFor(port) ?? RelayFor(port, shard));
        }

        Stack.OnPortOpened(port, now);
    }

    public void OnFrame(
        IGuestPort port, ReadOnlySpan<byte> frame, in FrameOffload offload, Instant now) =>
        Stack.OnFrame(port, frame, offload, now);

    public void OnFrames(IGuestPort port, FrameBatch batch, Instant now) =>
        Stack.OnFrames(port, batch, now);

    public void OnPortWritable(IGuestPort port, Instant now)
    {
        Stack.OnPortWritable(port, now);
        DrainRelays();
    }

    public void OnPortClosed(IGuestPort port, Instant now)
    {
        Stack.OnPortClosed(port, now);
        _ports.Remove(port.Id);
        _numbers.Remove(port);
        _relays.RemoveAll(relay => relay.Id == port.Id);
        PortClosed?.Invoke(port.Id);
        foreach (ShardWorker shard in _shards)
        {
            shard.PostClosed(port.Id);
        }

        CloseRings(port.Id);
    }

    public override void Dispose()
    {
        Dns.Dispose();
        Flows.Close(Reactor.Time); // before the links: a flow may have something to tell there
        foreach (GuestLink link in _links)
        {
            link.Dispose();
        }

        base.Dispose();
    }

    protected override bool HasPort(int port) => _ports.ContainsKey(port);

    protected override void Receive(int from, in RingRecord record, Instant now)
    {
        if (!_ports.TryGetValue(record.Port, out IGuestPort? port))
        {
            return; // it has closed meanwhile
        }

        if (record.Kind == (uint)WorkerMessage.Frame)
        {
            Stack.OnFrame(port, record.Frame, record.Offload, now);
        }
        else if (record.Kind == (uint)WorkerMessage.Heard)
        {
            HeardGuest guest = HeardGuest.Read(record.Frame);
            bool isGood = Stack.Hear(port, guest.Mac, guest.Address, now);
            Send(
                from, isGood ? WorkerMessage.Confirmed : WorkerMessage.Revoked, port.Id, guest);
        }
    }

    protected override bool HasMail()
    {
        foreach (RelayPort relay in _relays)
        {
            if (relay.HasNews)
            {
                return true;
            }
        }

        return base.HasMail();
    }

    protected override void EndTurn(Instant now)
    {
        DrainRelays();
        foreach (GuestLink link in _links)
        {
            link.Flush(now);
        }

        TurnEnds?.Invoke(now);
    }

    private int GroupOf(IGuestPort port)
    {
        foreach ((GuestLink link, int group) in _groups)
        {
            if (link.Has(port))
            {
                return group;
            }
        }

        return GuestGroup.Common;
    }

    private IGuestPort? QueueFor(IGuestPort port)
    {
        foreach (GuestLink link in _links)
        {
            if (link.QueueFor(port) is IGuestPort queue)
            {
                return queue;
            }
        }

        return null;
    }

    private RelayPort RelayFor(IGuestPort port, ShardWorker shard)
    {
        RelayPort relay = new(port, shard.TellKeeper, shard.TellRoom);
        _relays.Add(relay);
        return relay;
    }

    private void DrainRelays()
    {
        foreach (RelayPort relay in _relays)
        {
            for (int lost = relay.Drain(); lost > 0; lost--)
            {
                Counters.Drop(DropReason.LinkFull);
            }
        }
    }

    private sealed class Resolve(NeighborTable table, IpAddress guest, INeighborWaiter waiter)
        : Command
    {
        public override void Run(Instant now) => table.Resolve(guest, waiter, now);
    }
}
