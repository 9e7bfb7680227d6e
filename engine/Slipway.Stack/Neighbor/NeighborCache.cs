using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// What a worker that does not keep the neighbor table remembers of it.
/// </summary>
/// <remarks>
/// Theory of operation. One worker keeps the table and judges who has an address
/// (<see cref="Tenure"/>); what it has judged well is believed here for a while. A guest that goes
/// on being heard here is noted to the keeper twice a second, so that it does not age there, and
/// each note is answered: the belief is renewed, or ends. A guest that is not believed is not
/// refused here: its frames go the long way, through the keeper.
/// </remarks>
public sealed class NeighborCache : INeighbors, ITimerOwner
{
    /// <summary>What the keeper has not confirmed for so long is forgotten.</summary>
    public static readonly Duration Lifetime = Duration.FromSeconds(5);

    private static readonly Duration NoteInterval = Duration.FromMilliseconds(500);

    private readonly INeighborKeeper _keeper;
    private readonly TimerWheel _timers;
    private readonly TimerEntry _expiry;
    private readonly LruTable<IpAddress, Belief> _beliefs;
    private readonly List<Waiting> _waiting = [];

    // Who sent the last packet: a burst comes from one guest.
    private IpAddress _lastAddress;
    private int _last = -1;

    public NeighborCache(StackSettings settings, INeighborKeeper keeper, TimerWheel timers)
    {
        _keeper = keeper;
        _timers = timers;
        _expiry = new TimerEntry(this);
        _beliefs = new LruTable<IpAddress, Belief>(
            settings.Limits.Neighbors, new KeyHash(settings.Seed).Of);
    }

    public int Count => _beliefs.Count;

    public bool TryFind(IpAddress guest, out GuestRoute route)
    {
        int index = _beliefs.Find(guest);
        route = index >= 0 ? _beliefs.ValueAt(index).Route : default;
        return index >= 0;
    }

    /// <summary>Whether the guest is believed to have the address.</summary>
    public bool Learn(IpAddress guest, MacAddress mac, IGuestPort port, Instant now)
    {
        int index = guest == _lastAddress && _last >= 0 ? _last : _beliefs.Find(guest);
        if (index < 0)
        {
            return false;
        }

        _lastAddress = guest;
        _last = index;
        ref Belief belief = ref _beliefs.ValueAt(index);
        if (belief.Route.Mac != mac || belief.Route.Port != port)
        {
            return false;
        }

        if (now - belief.Noted > NoteInterval)
        {
            belief.Noted = now;
            _keeper.Note(guest, belief.Route);
        }

        return true;
    }

    public void Resolve(IpAddress guest, INeighborWaiter waiter, Instant now)
    {
        if (TryFind(guest, out GuestRoute route))
        {
            waiter.OnNeighborResolved(guest, route, now);
            return;
        }

        bool isAsked = false;
        foreach (Waiting waiting in _waiting)
        {
            isAsked |= waiting.Guest == guest;
            if (waiting.Guest == guest && waiting.Waiter == waiter)
            {
                return;
            }
        }

        _waiting.Add(new Waiting(guest, waiter));
        if (!isAsked)
        {
            _keeper.Resolve(guest);
        }
    }

    /// <summary>The keeper has found that the guest has the address.</summary>
    public void Confirm(IpAddress guest, in GuestRoute route, Instant now)
    {
        int index = _beliefs.Find(guest);
        if (index < 0)
        {
            if (_beliefs.IsFull)
            {
                Forget(_beliefs.Oldest);
            }

            index = _beliefs.Add(guest, default);
        }

        ref Belief belief = ref _beliefs.ValueAt(index);
        belief.Noted = belief.Route == route ? belief.Noted : now;
        belief.Route = route;
        belief.Confirmed = now;
        _beliefs.Touch(index);
        if (!_expiry.IsScheduled)
        {
            _timers.Schedule(_expiry, now + Lifetime);
        }
    }

    /// <summary>The keeper knows better.</summary>
    public void Revoke(IpAddress guest)
    {
        int index = _beliefs.Find(guest);
        if (index >= 0)
        {
            Forget(index);
        }
    }

    /// <summary>The keeper has found the guest that was asked for.</summary>
    public void Resolved(IpAddress guest, in GuestRoute route, Instant now)
    {
        Confirm(guest, route, now);
        for (int i = TakeWaiting(guest); i >= 0; i = TakeWaiting(guest))
        {
            INeighborWaiter waiter = _waiting[i].Waiter;
            _waiting.RemoveAt(i);
            waiter.OnNeighborResolved(guest, route, now);
        }
    }

    /// <summary>Nobody answered to the keeper.</summary>
    public void Failed(IpAddress guest, Instant now)
    {
        // One that asks again in here is told by the next answer.
        List<Waiting> told = _waiting.FindAll(waiting => waiting.Guest == guest);
        _waiting.RemoveAll(waiting => waiting.Guest == guest);
        foreach (Waiting waiting in told)
        {
            waiting.Waiter.OnNeighborFailed(guest, now);
        }
    }

    /// <summary>Forgets the guests of a port that closed.</summary>
    public void OnPortClosed(IGuestPort port)
    {
        _last = -1;
        _beliefs.RemoveWhere(belief => belief.Route.Port == port);
    }

    void ITimerOwner.OnTimer(TimerEntry entry, Instant now)
    {
        // The order of the table is the order of being confirmed.
        while (_beliefs.Oldest is >= 0 and int oldest)
        {
            Instant due = _beliefs.ValueAt(oldest).Confirmed + Lifetime;
            if (due > now)
            {
                _timers.Schedule(_expiry, due);
                return;
            }

            Forget(oldest);
        }
    }

    private int TakeWaiting(IpAddress guest) =>
        _waiting.FindIndex(waiting => waiting.Guest == guest);

    private void Forget(int index)
    {
        _last = -1;
        _beliefs.RemoveAt(index);
    }

    private readonly record struct Waiting(IpAddress Guest, INeighborWaiter Waiter);

    private struct Belief
    {
        public GuestRoute Route;
        public Instant Confirmed;
        public Instant Noted;
    }
}
