using Slipway.Stack;
using Slipway.Testing;

namespace Slipway.Simulation;

/// <summary>
/// A guest, a faulty link, the whole stack and a host, on one fake clock. The world goes from event
/// to event, so hours of timers cost nothing.
/// </summary>
internal sealed class SimulatedWorld
{
    /// <summary>No run of ours has a reason to last longer: a day of simulated time.</summary>
    private static readonly Duration Longest = Duration.FromSeconds(24 * 3600);

    /// <summary>No work is so much that it takes as many turns without time passing.</summary>
    private const int MostTurnsAtOnce = 100_000;

    private readonly FaultyWire _toGuest;
    private readonly FaultyWire _toEngine;
    private readonly Instant _end;
    private long _received;
    private long _receivedBytes;

    public SimulatedWorld(int seed, Faults faults, StackSettings settings, Offloads offloads)
    {
        Host = new SimHost(Clock);
        Stack = new GuestStack(settings, Counters, Host, Host, new SimServices(Host));
        Guest = new SimGuest(Clock, frame => _toEngine!.Send(frame), (ulong)seed)
        {
            MtuBytes = settings.MtuBytes,
        };
        _toEngine = new FaultyWire(Clock, faults, (seed * 2) + 1, ReceiveFromGuest);
        _toGuest = new FaultyWire(Clock, faults, seed * 2, ReceiveFromEngine);
        Port = new SimulatedPort(_toGuest, settings.MtuBytes, offloads);
        Stack.OnPortOpened(Port, Clock.Now);
        _end = Clock.Now + Longest;
    }

    public FakeClock Clock { get; } = new();

    public Counters Counters { get; } = new();

    public SimHost Host { get; }

    public SimGuest Guest { get; }

    public GuestStack Stack { get; }

    public SimulatedPort Port { get; }

    public List<SimulatedFlow> Flows { get; } = [];

    /// <summary>
    /// Sockets that stay open when all flows are over: listeners of the test's own.
    /// </summary>
    public int LastingSockets { get; set; }

    private Instant NextEvent
    {
        get
        {
            Instant next = Instant.Min(_toGuest.NextDelivery, _toEngine.NextDelivery);
            next = Instant.Min(next, Instant.Min(Guest.NextDeadline, Host.NextEvent));
            next = Instant.Min(next, Stack.NextDeadline);
            foreach (SimulatedFlow flow in Flows)
            {
                next = Instant.Min(next, flow.NextStep);
            }

            return next;
        }
    }

    /// <summary>Runs until nothing is left to happen, then checks what must hold.</summary>
    public void Run()
    {
        // What happens last may be that the engine hands over the rest, and that is read, too.
        do
        {
            Step();
            RunEvents();
            Step();
        }
        while (NextEvent != Instant.Never);
        Verify();
    }

    private void RunEvents()
    {
        for (Instant next = NextEvent; next != Instant.Never; next = NextEvent)
        {
            if (Clock.Now >= _end)
            {
                Assert.Fail($"it does not end: {string.Join("; ", Flows)}");
            }

            Clock.AdvanceTo(next);
            Step();
        }
    }

    /// <summary>One turn of everything at this instant.</summary>
    private void Step()
    {
        int turns = 0;
        do
        {
            if (turns++ == MostTurnsAtOnce)
            {
                Assert.Fail($"it spins: {string.Join("; ", Flows)}");
            }

            _toGuest.Deliver();
            _toEngine.Deliver();
            Guest.Tick();
            foreach (SimulatedFlow flow in Flows)
            {
                flow.Step(Clock.Now);
            }

            Guest.Flush();
            Host.Dispatch(Clock.Now);
            if (Port.OwesWritable && !_toGuest.IsFull)
            {
                Port.OwesWritable = false;
                Stack.OnPortWritable(Port, Clock.Now);
            }

            Stack.Advance(Clock.Now);
        }
        while (Stack.HasPendingWork || Host.NextEvent <= Clock.Now);
    }

    private void Verify()
    {
        Assert.All(Flows, flow => Assert.True(flow.IsDone, flow.ToString()));
        Assert.All(Flows, flow => flow.Verify());

        Assert.Equal(0, Stack.Tcp.Count);
        Assert.Equal(0, Stack.Tcp.HalfOpenCount);
        Assert.Equal(0, Stack.ReassemblyCount);
        Assert.Equal(LastingSockets, Host.OpenSockets);
        Assert.Equal(0, Stack.Timers.Count);
        Assert.Equal(Instant.Never, Stack.NextDeadline);

        Assert.Equal((Port.CommittedCount, Port.CommittedBytes),
            (Counters.FramesSent, Counters.BytesSent));
        Assert.Equal((_received, _receivedBytes),
            (Counters.FramesReceived, Counters.BytesReceived));
    }

    private void ReceiveFromGuest(ReadOnlySpan<byte> frame)
    {
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
        if (FrameCheck.IsWellFormed(frame))
        {
            Guest.Receive(frame);
        }
    }
}
