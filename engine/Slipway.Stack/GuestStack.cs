using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// The whole stack, put together: links give frames to it, the host's sockets their readiness to
/// its flows, and the turn ends with <see cref="Advance"/>. Where there are several workers it is
/// the first one's, and the others have a <see cref="ShardStack"/> each.
/// </summary>
/// <remarks>
/// <code>
///   frames -> Switch -> ArpLayer, NeighborDiscovery ------> NeighborTable
///                    -> FlowStack: IP, ICMP, UDP, TCP
/// </code>
/// </remarks>
public sealed class GuestStack : IFrameReceiver
{
    private readonly Switch _switch;

    public GuestStack(
        StackSettings settings, Counters counters, IHostNetwork network, IHostListeners listeners,
        IStreamServices services)
    {
        StackParts parts = new(settings, counters, network, listeners, services);
        PortSet ports = new();
        Neighbors = new NeighborTable(settings, counters, parts.Output, ports, parts.Timers);
        ArpLayer arp = new(settings, counters, parts.Output, ports, Neighbors);
        Flows = new FlowStack(parts, Neighbors);
        Router = new RouterAdvertiser(settings, parts.Output, ports, parts.Timers);
        NeighborDiscovery discovery = new(
            settings, counters, parts.Output, ports, Neighbors, Router);
        Flows.Icmpv6.Neighbors = discovery;
        _switch = new Switch(settings, counters, parts.Output, ports, arp, discovery, Flows);
    }

    /// <summary>The protocols above the switch.</summary>
    public FlowStack Flows { get; }

    public StackSettings Settings => Flows.Settings;

    public Counters Counters => Flows.Counters;

    public TimerWheel Timers => Flows.Timers;

    public NeighborTable Neighbors { get; }

    /// <summary>Tells guests of the IPv6 prefix and of the default route.</summary>
    public RouterAdvertiser Router { get; }

    public PingLayer Pings => Flows.Pings;

    public UdpLayer Udp => Flows.Udp;

    public TcpLayer Tcp => Flows.Tcp;

    /// <summary>MAC addresses of guests that are remembered.</summary>
    public int StationCount => _switch.StationCount;

    /// <summary>
    /// Tells the group of a port that opens (<see cref="GuestGroup"/>); null where all are of one.
    /// </summary>
    public Func<IGuestPort, int>? GroupOf
    {
        get => _switch.GroupOf;
        set => _switch.GroupOf = value;
    }

    /// <summary>Adds the MAC addresses that are remembered to a list.</summary>
    public void ListStationsTo(List<StationEntry> list) => _switch.ListTo(list);

    /// <summary>Datagrams of which fragments are missing.</summary>
    public int ReassemblyCount => Flows.ReassemblyCount;

    /// <summary>True when there is more to do at once: the next turn must not wait.</summary>
    public bool HasPendingWork => Flows.HasPendingWork;

    /// <summary>When the next turn is due if nothing happens before.</summary>
    public Instant NextDeadline => Flows.NextDeadline;

    /// <summary>The end of a turn: timers fire, and what flows have to send goes out.</summary>
    public void Advance(Instant now) => Flows.Advance(now);

    public void OnPortOpened(IGuestPort port, Instant now)
    {
        Counters.Guests.OnPortOpened();
        _switch.OnPortOpened(port, now);
    }

    public void OnFrame(
        IGuestPort port, ReadOnlySpan<byte> frame, in FrameOffload offload, Instant now) =>
        _switch.OnFrame(port, frame, offload, now);

    /// <summary>
    /// Another worker has heard a guest. False when it may not be what it says to be any more.
    /// </summary>
    public bool Hear(IGuestPort port, MacAddress mac, IpAddress address, Instant now) =>
        _switch.Hear(port, mac, now) && Settings.IsGuest(address)
        && Neighbors.Learn(address, mac, port, now);

    public void OnFrames(IGuestPort port, FrameBatch batch, Instant now) =>
        Flows.HandOn(batch, this, port, now);

    public void OnPortWritable(IGuestPort port, Instant now)
    {
        _switch.OnPortWritable(port, now);
        Tcp.OnPortWritable(port);
    }

    public void OnPortClosed(IGuestPort port, Instant now)
    {
        _switch.OnPortClosed(port, now);
        Neighbors.OnPortClosed(port);
        Flows.OnPortClosed(port, now);
    }
}
