using Slipway.Host;
using Slipway.Links;
using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>
/// A thread of the engine with flows of its own: it waits, takes what has come, lets its flows
/// work, and waits again.
/// </summary>
/// <remarks>
/// <code>
///   commands -> rings of other workers -> links, host sockets -> flows -> timers -> flush, knock
/// </code>
/// Workers share nothing but rings with one writer and one reader, and mailboxes. A worker that
/// waits says so before it looks at its rings for the last time, and who has written to a ring
/// looks whether its reader waits: so no frame lies unseen, and none costs a system call while
/// its reader is awake.
/// </remarks>
internal abstract class Worker : IDisposable
{
    private readonly List<Inlet> _inlets = [];
    private readonly Dictionary<int, Outlet> _outlets = [];
    private int _isAsleep;

    protected Worker(int index, Func<Instant>? clock = null)
    {
        Index = index;
        Reactor = new Reactor(clock);
        Mailbox = new Mailbox(Reactor);
        Network = new HostNetwork(Reactor);
        Shares = new TurnShares(() => Reactor.Time);
    }

    public int Index { get; }

    public Reactor Reactor { get; }

    public Mailbox Mailbox { get; }

    public HostNetwork Network { get; }

    public Counters Counters { get; } = new();

    /// <summary>What its guests may take of a turn.</summary>
    public TurnShares Shares { get; }

    public TurnClock Clock { get; } = new();

    /// <summary>Looks at how long turns take; null where the caller takes them.</summary>
    public TurnWatch? Watch { get; set; }

    protected abstract FlowStack Flows { get; }

    /// <summary>Lets this worker send to another; before either runs.</summary>
    public void Connect(Worker target)
    {
        Inlet inlet = new(Index);
        _outlets.Add(target.Index, new Outlet(target, inlet));
        target._inlets.Add(inlet);
    }

    /// <summary>There is more to do at once.</summary>
    public bool HasPendingWork => Flows.HasPendingWork || HasMail();

    /// <summary>When the next turn is due if nothing happens before.</summary>
    public Instant NextDeadline => Flows.NextDeadline;

    /// <summary>One turn; waits at most until the next deadline.</summary>
    public void TakeTurn()
    {
        Clock.BeginTurn();
        Wait();
        Work();
    }

    /// <summary>One turn that does not wait.</summary>
    /// <returns>Whether there may be more to do.</returns>
    public bool TakeTurnAtOnce()
    {
        Clock.BeginTurn();
        bool hasEvents = Reactor.Wait(0) > 0;
        Work();
        return hasEvents || HasPendingWork;
    }

    private void Work()
    {
        Clock.End(TurnStage.Wait);
        Instant now = Reactor.Time;
        Clock.BeginWork(now);
        if (Watch is TurnWatch watch)
        {
            Interlocked.MemoryBarrier(); // what it looks at is written before it is seen asleep
            watch.OnTurn();
        }

        Mailbox.Run(now);
        Clock.End(TurnStage.Commands);
        foreach (Inlet inlet in _inlets)
        {
            foreach (Inlet.Lane lane in inlet.Lanes)
            {
                Take(inlet.Worker, lane, now);
            }
        }

        Reactor.DispatchLinks(now);
        Clock.End(TurnStage.Links);
        Reactor.DispatchHost(now);
        Clock.End(TurnStage.Host);
        Flows.Advance(now);
        Clock.End(TurnStage.Timers);
        EndTurn(now);
        foreach (Outlet outlet in _outlets.Values)
        {
            outlet.Knock();
        }

        Shares.EndTurn(now);
        Reactor.Handled = null;
        Clock.End(TurnStage.Flush);
    }

    /// <summary>There is something in a ring; from any thread.</summary>
    public void Knock()
    {
        if (Interlocked.Exchange(ref _isAsleep, 0) == 1)
        {
            Reactor.Wake();
        }
    }

    public virtual void Dispose()
    {
        Mailbox.Discard();
        Network.Close();
        Reactor.Dispose();
    }

    /// <summary>Whether a port is there still; what comes of another is thrown away.</summary>
    protected abstract bool HasPort(int port);

    /// <summary>Takes what another worker has sent.</summary>
    protected abstract void Receive(int from, in RingRecord record, Instant now);

    /// <summary>The last stage of a turn.</summary>
    protected abstract void EndTurn(Instant now);

    /// <summary>The other worker is knocked at at the end of the turn.</summary>
    protected void HasNewsFor(int worker) => _outlets[worker].HasNews = true;

    /// <summary>A port has gone: there is nothing to send of it any more.</summary>
    protected void CloseRings(int port)
    {
        foreach (Outlet outlet in _outlets.Values)
        {
            outlet.Close(port);
        }
    }

    /// <summary>
    /// Memory for a message of a port to another worker; empty, and counted, when its ring is full.
    /// </summary>
    protected Span<byte> Reserve(int worker, int port, int lengthBytes)
    {
        Span<byte> room = _outlets[worker].RingOf(port).Reserve(lengthBytes);
        if (room.IsEmpty)
        {
            Counters.Drop(DropReason.WorkerBusy);
        }

        return room;
    }

    /// <summary>Sends what was reserved.</summary>
    protected void Commit(
        int worker, WorkerMessage message, int port, int lengthBytes, in FrameOffload offload)
    {
        Outlet outlet = _outlets[worker];
        outlet.RingOf(port).Commit((uint)message, port, lengthBytes, offload);
        outlet.HasNews = true;
    }

    /// <summary>Sends a copy; lost, and counted, when the other's ring is full.</summary>
    protected void Send(
        int worker, WorkerMessage message, int port, ReadOnlySpan<byte> bytes,
        in FrameOffload offload)
    {
        Span<byte> room = Reserve(worker, port, bytes.Length);
        if (!room.IsEmpty)
        {
            bytes.CopyTo(room);
            Commit(worker, message, port, bytes.Length, offload);
        }
    }

    protected void Send(int worker, WorkerMessage message, int port, in HeardGuest guest)
    {
        Span<byte> room = Reserve(worker, port, HeardGuest.LengthBytes);
        if (!room.IsEmpty)
        {
            guest.Write(room);
            Commit(worker, message, port, HeardGuest.LengthBytes, default);
        }
    }

    /// <summary>
    /// Another worker has written what this one can take now; looked at after this worker has said
    /// that it waits.
    /// </summary>
    protected virtual bool HasMail()
    {
        foreach (Inlet inlet in _inlets)
        {
            if (!inlet.IsEmpty)
            {
                return true;
            }
        }

        return false;
    }

    // A guest's share of the turn, so that others, the worker's links and its sockets have theirs.
    private void Take(int worker, in Inlet.Lane lane, Instant now)
    {
        if (lane.Ring.IsEmpty)
        {
            return;
        }

        int most = Shares.FramesAtOnce(lane.Port, now);
        Instant? began = HasPort(lane.Port) ? Shares.Begin(lane.Port, now) : null;
        int count = 0;
        for (; count < most && lane.Ring.TryPeek(out RingRecord record); count++)
        {
            Receive(worker, record, now);
            lane.Ring.Release();
        }

        Shares.End(began, count);
    }

    private void Wait()
    {
        long nanoseconds = WaitNanoseconds();
        if (nanoseconds == 0 || _inlets.Count == 0)
        {
            Reactor.Wait(nanoseconds);
            return;
        }

        Volatile.Write(ref _isAsleep, 1);
        Interlocked.MemoryBarrier();
        Reactor.Wait(HasMail() ? 0 : nanoseconds);
        Volatile.Write(ref _isAsleep, 0);
    }

    private long WaitNanoseconds()
    {
        if (HasPendingWork)
        {
            return 0;
        }

        Instant next = Flows.NextDeadline;
        return next == Instant.Never ? -1 : Math.Max(0, (next - Reactor.Time).Nanoseconds);
    }
}
