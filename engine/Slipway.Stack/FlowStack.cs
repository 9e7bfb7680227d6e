using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// The protocols of a worker, from checked packets up: what every worker has, whether it keeps the
/// switch (<see cref="GuestStack"/>) or is given its share of the flows (<see cref="ShardStack"/>).
/// </summary>
/// <remarks>
/// <code>
///   Ipv4Layer  +---> IcmpLayer, Icmpv6Layer -> PingLayer -> IHostNetwork
///   Ipv6Layer  +---> UdpLayer  ---------------------------> IHostNetwork
///   Reassembly +---> TcpLayer  ---------------------------> IHostNetwork
///   frames &lt;- IGuestPort &lt;- PacketOutput &lt;- IcmpErrors and all of the above
/// </code>
/// </remarks>
public sealed class FlowStack
{
    private readonly DatagramTurn _datagrams = new();
    private readonly Reassembly _reassembly;

    internal FlowStack(StackParts parts, INeighbors neighbors)
    {
        StackSettings settings = parts.Settings;
        Counters counters = parts.Counters;
        Settings = settings;
        Counters = counters;
        Output = parts.Output;
        Timers = parts.Timers;
        Errors = new IcmpErrors(settings, counters, Output);
        DestinationMap destinations = new(settings);
        _reassembly = new Reassembly(settings, counters, Errors, Timers);
        Ipv4 = new Ipv4Layer(settings, counters, Errors, neighbors, destinations, _reassembly);
        Ipv6 = new Ipv6Layer(settings, counters, Errors, neighbors, destinations, _reassembly);
        Pings = new PingLayer(
            settings, counters, Output, Errors, Timers, neighbors, parts.Network, destinations,
            _datagrams);
        Udp = new UdpLayer(
            settings, counters, Output, Errors, Timers, neighbors, parts.Network,
            destinations, _datagrams);
        Tcp = new TcpLayer(
            settings, counters, Output, Errors, Timers, neighbors, parts.Network, parts.Listeners,
            parts.Services, destinations);
        Icmpv6 = new Icmpv6Layer(settings, counters, Output, Pings, _datagrams, Tcp);
        Ipv4.Dispatch.Attach(
            IpProtocol.Icmp, new IcmpLayer(settings, counters, Output, Pings, _datagrams, Tcp));
        Ipv6.Dispatch.Attach(IpProtocol.IcmpV6, Icmpv6);
        foreach (PacketDispatch dispatch in new[] { Ipv4.Dispatch, Ipv6.Dispatch })
        {
            dispatch.Attach(IpProtocol.Udp, Udp);
            dispatch.Attach(IpProtocol.Tcp, Tcp);
        }
    }

    public StackSettings Settings { get; }

    public Counters Counters { get; }

    public PacketOutput Output { get; }

    /// <summary>Sees all frames of this worker's guests; null for nobody.</summary>
    public IFrameCapture? Capture
    {
        get => Output.Capture;
        set => Output.Capture = value;
    }

    public IcmpErrors Errors { get; }

    public TimerWheel Timers { get; }

    public Ipv4Layer Ipv4 { get; }

    public Ipv6Layer Ipv6 { get; }

    public Icmpv6Layer Icmpv6 { get; }

    /// <summary>Datagrams of which fragments are missing.</summary>
    public int ReassemblyCount => _reassembly.Count;

    public PingLayer Pings { get; }

    public UdpLayer Udp { get; }

    public TcpLayer Tcp { get; }

    /// <summary>Whose packets these are; where there are several workers.</summary>
    public void SetSteering(IPacketSteering steering)
    {
        Ipv4.Dispatch.Steering = steering;
        Ipv6.Dispatch.Steering = steering;
    }

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

    /// <summary>
    /// Hands on frames that came together, so that their text goes to the host together, and
    /// without a copy where nobody else needs it.
    /// </summary>
    internal void HandOn(
        FrameBatch batch, IFrameReceiver receiver, IGuestPort port, Instant now)
    {
        Tcp.BeginGathering(batch);
        for (int i = 0; i < batch.Count; i++)
        {
            if (!batch.IsWhole(i) && (Capture is not null || !Tcp.TakesWithoutText(batch, i)))
            {
                batch.Fetch(i);
            }

            receiver.OnFrame(port, batch.Frame(i), batch.Offload(i), now);
        }

        Tcp.EndGathering(now);
    }

    /// <summary>Takes a frame to the gateway's MAC or to a group.</summary>
    /// <returns>False where its ethertype is no IP.</returns>
    internal bool TryReceive(
        IGuestPort port, in EthernetHeader frame, in FrameOffload offload, Instant now)
    {
        switch (frame.EtherType)
        {
            case EtherType.IPv4:
                Ipv4.Receive(port, frame, offload, now);
                return true;
            case EtherType.IPv6:
                Ipv6.Receive(port, frame, offload, now);
                return true;
            default:
                return false;
        }
    }

    /// <summary>
    /// Ends all flows: their sockets are closed, a connection's by RST. Guests are told nothing,
    /// and no turn follows.
    /// </summary>
    public void Close(Instant now)
    {
        Tcp.Close(now);
        Udp.Close(now);
        Pings.Close();
    }

    internal void OnPortClosed(IGuestPort port, Instant now)
    {
        Counters.Guests.OnPortClosed();
        _reassembly.OnPortClosed(port);
        Udp.OnPortClosed(port);
        Tcp.OnPortClosed(port, now);
    }
}
