using Slipway.Stack;
using Slipway.Testing;

namespace Slipway.Simulation;

/// <summary>
/// A guest, a faulty link, the whole stack and a host, on one fake clock. The world goes from event
/// to event, so hours of timers cost nothing.
/// </summary>
internal sealed class SimulatedWorld : SteppedWorld
{
    /// <summary>No run of ours has a reason to last longer: a day of simulated time.</summary>
    private static readonly Duration Longest = Duration.FromSeconds(24 * 3600);

    private readonly FaultyWire _toGuest;
    private readonly FaultyWire _toEngine;
    private readonly Offloads _offloads;
    private readonly int _mtuBytes;
    private long _received;
    private long _receivedBytes;
    private long _sent;
    private long _sentBytes;

    public SimulatedWorld(int seed, Faults faults, StackSettings settings, Offloads offloads)
        : base(Longest)
    {
        Host = new SimHost(Clock);
        Stack = new GuestStack(settings, Counters, Host, Host, new SimServices(Host));
        Guest = new SimGuest(Clock, frame => _toEngine!.Send(frame), (ulong)seed)
        {
            MtuBytes = settings.MtuBytes,
        };
        _toEngine = new FaultyWire(Clock, faults, (seed * 2) + 1, ReceiveFromGuest);
        _toGuest = new FaultyWire(Clock, faults, seed * 2, ReceiveFromEngine);
        (_offloads, _mtuBytes) = (offloads, settings.MtuBytes);
        Port = new SimulatedPort(_toGuest, settings.MtuBytes, offloads);
        Stack.OnPortOpened(Port, Clock.Now);
    }

    public Counters Counters { get; } = new();

    public SimHost Host { get; }

    public SimGuest Guest { get; }

    public GuestStack Stack { get; }

    public SimulatedPort Port { get; private set; }

    /// <summary>
    /// Sockets that stay open when all flows are over: listeners of the test's own.
    /// </summary>
    public int LastingSockets { get; set; }

    /// <summary>
    /// Timers that never end while a guest is there: that of router advertisements, with IPv6.
    /// </summary>
    public int RoutineTimers { get; init; }

    /// <summary>The guest's link goes down: what is under way is lost.</summary>
    public void Unplug()
    {
        if (!Port.IsClosed)
        {
            Port.IsClosed = true;
            _sent += Port.CommittedCount;
            _sentBytes += Port.CommittedBytes;
            Stack.OnPortClosed(Port, Clock.Now);
        }
    }

    /// <summary>The guest's link comes back, on a port of its own.</summary>
    public void PlugIn()
    {
        if (Port.IsClosed)
        {
            Port = new SimulatedPort(_toGuest, _mtuBytes, _offloads, Port.Id + 1);
            Stack.OnPortOpened(Port, Clock.Now);
        }
    }

    /// <summary>From now on the link does this to frames, in both directions.</summary>
    public void SetFaults(Faults faults) => (_toGuest.Faults, _toEngine.Faults) = (faults, faults);

    /// <summary>A frame that the guest sends besides its connections.</summary>
    public void SendRaw(byte[] frame) => _toEngine.Send(frame);

    protected override Instant NextEvent
    {
        get
        {
            Instant next = Instant.Min(_toGuest.NextDelivery, _toEngine.NextDelivery);
            next = Instant.Min(next, Instant.Min(Guest.NextDeadline, Host.NextEvent));
            bool isRoutine = !Port.IsClosed && Stack.Timers.Count == RoutineTimers
                && Stack.Tcp.Count + Stack.Udp.Count + Stack.Pings.Count == 0
                && Stack.ReassemblyCount == 0 && !Stack.HasPendingWork;
            next = isRoutine ? next : Instant.Min(next, Stack.NextDeadline);
            foreach (SimulatedFlow flow in Flows)
            {
                next = Instant.Min(next, flow.NextStep);
            }

            return next;
        }
    }

    protected override bool TakeTurn()
    {
        _toGuest.Deliver();
        _toEngine.Deliver();
        Guest.Tick();
        StepFlows();
        Guest.Flush();
        Host.Dispatch(Clock.Now);
        if (Port.OwesWritable && !_toGuest.IsFull)
        {
            Port.OwesWritable = false;
            Stack.OnPortWritable(Port, Clock.Now);
        }

        Stack.Advance(Clock.Now);
        return Stack.HasPendingWork || Host.NextEvent <= Clock.Now;
    }

    // What happens next on each side, and what there is.
    public override string ToString() =>
        $"now {Clock.Now.Nanoseconds}, stack {Stack.NextDeadline.Nanoseconds}, "
        + $"host {Host.NextEvent.Nanoseconds}, guest {Guest.NextDeadline.Nanoseconds}, "
        + $"wires {_toGuest.NextDelivery.Nanoseconds} {_toEngine.NextDelivery.Nanoseconds}, "
        + $"{Stack.Tcp.Count} TCP, {Stack.Udp.Count} UDP, {Stack.Pings.Count} echo flows, "
        + $"{Stack.Timers.Count} timers, {Guest.ConnectionCount} connections: "
        + $"{string.Join(", ", List())}: {string.Join("; ", Flows)}";

    private IEnumerable<string> List()
    {
        List<FlowEntry> flows = [];
        Stack.Tcp.ListTo(flows);
        return flows.Select(flow => flow.ToString());
    }

    protected override void Verify()
    {
        Assert.All(Flows, flow => Assert.True(flow.IsDone, flow.ToString()));
        Assert.All(Flows, flow => flow.Verify());

        Assert.Equal(0, Stack.Tcp.Count);
        Assert.Equal(0, Stack.Tcp.HalfOpenCount);
        Assert.Equal(0, Stack.Udp.Count);
        Assert.Equal(0, Stack.Pings.Count);
        Assert.Equal(0, Stack.Tcp.Chunks.RentedBytes);
        Assert.Equal(0, Stack.ReassemblyCount);
        Assert.Equal(LastingSockets, Host.OpenSockets);
        Assert.Equal(Port.IsClosed ? 0 : RoutineTimers, Stack.Timers.Count);
        Assert.True(RoutineTimers > 0
            || Stack.NextDeadline == Instant.Never, "an idle engine is woken");
        Unplug();
        for (int i = 0; i < 10 && Stack.NextDeadline != Instant.Never; i++)
        {
            Clock.AdvanceTo(Stack.NextDeadline); // what was due anyway, and nobody is there
            Stack.Advance(Clock.Now);
        }

        Assert.Equal(0, Stack.Timers.Count);
        Assert.Equal(Instant.Never, Stack.NextDeadline);

        Assert.Equal((_sent, _sentBytes), (Counters.FramesSent, Counters.BytesSent));
        Assert.Equal((_received, _receivedBytes),
            (Counters.FramesReceived, Counters.BytesReceived));
    }

    private void ReceiveFromGuest(ReadOnlySpan<byte> frame)
    {
        if (Port.IsClosed)
        {
            return;
        }

        _received++;
        _receivedBytes += frame.Length;
        byte[] whole = frame.ToArray();
        FrameOffload offload = Port.Offloads != Offloads.None && FrameCheck.IsWellFormed(frame)
            ? OffloadingCard.Open(whole) : default;
        Stack.OnFrame(Port, whole, offload, Clock.Now);
    }

    private void ReceiveFromEngine(ReadOnlySpan<byte> frame)
    {
        // What the link corrupted, a guest's kernel drops; what the engine sent was checked before.
        if (FrameCheck.IsWellFormed(frame) && !Port.IsClosed)
        {
            Guest.Receive(frame);
        }
    }
}
