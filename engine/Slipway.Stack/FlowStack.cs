using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// The protocols of a worker, from checked packets up: what every worker has, whether it keeps the
/// switch (<see cref="GuestStack"/>) or is given its share of the flows (<see cref="ShardStack"/>).
/// </summary>
/// <remarks>
/// <code>
///   Ipv4Layer -+---> IcmpLayer -> PingLayer -> IHostNetwork
///   Reassembly +---> UdpLayer  --------------> IHostNetwork
///              +---> TcpLayer  --------------> IHostNetwork
///   frames &lt;- IGuestPort &lt;- PacketOutput &lt;- IcmpErrors and all of the above
/// </code>
/// </remarks>
public sealed class FlowStack
{
    private readonly DatagramTurn _datagrams = new();

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
        Ipv4 = new Ipv4Layer(settings, counters, Errors, Timers, neighbors, destinations);
        Pings = new PingLayer(
            settings, counters, Output, Errors, Timers, neighbors, parts.Network, destinations,
            _datagrams);
        Udp = new UdpLayer(
            settings, counters, Output, Errors, Timers, neighbors, parts.Network, parts.Listeners,
            destinations, _datagrams);
        Tcp = new TcpLayer(
            settings, counters, Output, Errors, Timers, neighbors, parts.Network, parts.Listeners,
            parts.Services, destinations);
        Ipv4.Attach(
            IpProtocol.Icmp, new IcmpLayer(settings, counters, Output, Pings, _datagrams, Tcp));
        Ipv4.Attach(IpProtocol.Udp, Udp);
        Ipv4.Attach(IpProtocol.Tcp, Tcp);
    }

    public StackSettings Settings { get; }

    public Counters Counters { get; }

    public PacketOutput Output { get; }

    public IcmpErrors Errors { get; }

    public TimerWheel Timers { get; }

    public Ipv4Layer Ipv4 { get; }

    public PingLayer Pings { get; }

    public UdpLayer Udp { get; }

    public TcpLayer Tcp { get; }

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
            if (!batch.IsWhole(i) && !Tcp.TakesWithoutText(batch, i))
            {
                batch.Fetch(i);
            }

            receiver.OnFrame(port, batch.Frame(i), batch.Offload(i), now);
        }

        Tcp.EndGathering(now);
    }

    internal void OnPortClosed(IGuestPort port, Instant now)
    {
        Ipv4.OnPortClosed(port);
        Udp.OnPortClosed(port);
        Tcp.OnPortClosed(port, now);
    }
}
