using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// The whole stack of a worker, put together: links give frames to it, the host's sockets their
/// readiness to its flows, and the turn ends with <see cref="Advance"/>.
/// </summary>
/// <remarks>
/// <code>
///   frames -> Switch -> ArpLayer ------> NeighborTable
///                    -> Ipv4Layer -+---> IcmpLayer -> PingLayer -> IHostNetwork
///                       Reassembly +---> UdpLayer  --------------> IHostNetwork
///                                  +---> TcpLayer  --------------> IHostNetwork
///   frames &lt;- IGuestPort &lt;- PacketOutput &lt;- IcmpErrors and all of the above
/// </code>
/// </remarks>
public sealed class GuestStack : IFrameReceiver
{
    private readonly Switch _switch;
    private readonly Ipv4Layer _ipv4;
    private readonly DatagramTurn _datagrams = new();

    public GuestStack(
        StackSettings settings, Counters counters, IHostNetwork network, IHostListeners listeners,
        IStreamServices services)
    {
        Settings = settings;
        Counters = counters;
        Output = new PacketOutput(settings, counters);
        Errors = new IcmpErrors(settings, counters, Output);
        PortSet ports = new();
        DestinationMap destinations = new(settings);
        Neighbors = new NeighborTable(settings, counters, Output, ports, Timers);
        ArpLayer arp = new(settings, counters, Output, ports, Neighbors);
        _ipv4 = new Ipv4Layer(settings, counters, Errors, Timers, Neighbors, destinations);
        _switch = new Switch(settings, counters, Output, ports, arp, _ipv4);
        Pings = new PingLayer(
            settings, counters, Output, Errors, Timers, Neighbors, network, destinations,
            _datagrams);
        Udp = new UdpLayer(
            settings, counters, Output, Errors, Timers, Neighbors, network, listeners, destinations,
            _datagrams);
        Tcp = new TcpLayer(
            settings, counters, Output, Errors, Timers, Neighbors, network, listeners, services,
            destinations);
        _ipv4.Attach(IpProtocol.Icmp, new IcmpLayer(settings, counters, Output, Pings, _datagrams,
            Tcp));
        _ipv4.Attach(IpProtocol.Udp, Udp);
        _ipv4.Attach(IpProtocol.Tcp, Tcp);
    }

    public StackSettings Settings { get; }

    public Counters Counters { get; }

    public PacketOutput Output { get; }

    public IcmpErrors Errors { get; }

    public TimerWheel Timers { get; } = new();

    public NeighborTable Neighbors { get; }

    public PingLayer Pings { get; }

    public UdpLayer Udp { get; }

    public TcpLayer Tcp { get; }

    /// <summary>MAC addresses of guests that are remembered.</summary>
    public int StationCount => _switch.StationCount;

    /// <summary>Datagrams of which fragments are missing.</summary>
    public int ReassemblyCount => _ipv4.ReassemblyCount;

    /// <summary>True when there is more to do at once: the next turn must not wait.</summary>
    public bool HasPendingWork => _datagrams.HasPendingWork || Tcp.HasPendingWork;

    /// <summary>When the next turn is due if nothing happens before.</summary>
    public Instant NextDeadline => Timers.NextDeadline;

    /// <summary>The end of a turn: timers fire, and what flows have to send goes out.</summary>
    public void Advance(Instant now)
    {
        Udp.Flush(now);
        Timers.Advance(now);
        _datagrams.Flush(now);
        Tcp.Flush(now);
    }

    public void OnPortOpened(IGuestPort port, Instant now) => _switch.OnPortOpened(port, now);

    public void OnFrame(
        IGuestPort port, ReadOnlySpan<byte> frame, in FrameOffload offload, Instant now) =>
        _switch.OnFrame(port, frame, offload, now);

    public void OnPortWritable(IGuestPort port, Instant now)
    {
        _switch.OnPortWritable(port, now);
        Tcp.OnPortWritable(port);
    }

    public void OnPortClosed(IGuestPort port, Instant now)
    {
        _switch.OnPortClosed(port, now);
        Neighbors.OnPortClosed(port);
        _ipv4.OnPortClosed(port);
        Udp.OnPortClosed(port);
        Tcp.OnPortClosed(port, now);
    }
}
