using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Puts fragmented datagrams together again (RFC 791 section 3.2, RFC 815, RFC 8200 section 4.5).
/// </summary>
/// <remarks>
/// Theory of operation. Each incomplete datagram has a buffer of the longest one and notes each
/// eight bytes that have come in a bitmap: so a fragment costs no more than its own length, however
/// many came before it (CVE-2018-5391). A fragment that has come already, byte for byte in the same
/// place, is a duplicate and ignored; any other overlap drops the datagram (RFC 5722), as do
/// fragments that lie about their length. Buffers are bounded; at its share a guest's oldest
/// datagram makes room. 30 s after its first fragment the datagram is given up, and the guest is
/// told if fragment zero was there (RFC 792).
/// </remarks>
internal sealed partial class Reassembly : ITimerOwner
{
    /// <summary>How long the rest may take.</summary>
    public static readonly Duration Timeout = Duration.FromSeconds(30);

    private readonly Counters _counters;
    private readonly IcmpErrors _errors;
    private readonly TimerWheel _timers;
    private readonly LruTable<FragmentKey, PartialDatagram> _partials;
    private readonly Stack<PartialDatagram> _spare = new();
    private readonly TimerEntry _timer;
    private PartialDatagram? _lent;

    public Reassembly(
        StackSettings settings, Counters counters, IcmpErrors errors, TimerWheel timers)
    {
        _counters = counters;
        _errors = errors;
        _timers = timers;
        _timer = new TimerEntry(this);
        StackLimits limits = settings.Limits;
        int capacity = Math.Clamp(
            limits.ReassemblyBytes / PartialDatagram.CountedBytes, 1,
            Math.Max(limits.ReassemblyPackets, 1));
        KeyHash hash = new(settings.Seed);
        _partials = new LruTable<FragmentKey, PartialDatagram>(
            new GuestQueue<int>(counters.Guests, limits, "reassemblyPackets", capacity), hash.Of);
    }

    /// <summary>Incomplete datagrams.</summary>
    public int Count => _partials.Count;

    /// <summary>
    /// Adds a fragment. True when it completes its datagram, whose bytes are lent until
    /// <see cref="Release"/>.
    /// </summary>
    public bool TryComplete(
        in GuestPacket fragment, in FragmentPlace place, Instant now, out GuestPacket whole)
    {
        whole = default;
        FragmentKey key = new(
            fragment.Source, fragment.Destination,
            fragment.Source.IsIPv4 ? fragment.Protocol : IpProtocol.Fragment,
            place.Identification);
        int index = _partials.Find(key);
        if (index < 0)
        {
            index = _partials.Add(
                key, Begin(fragment.Route, now), fragment.Route.Port.Id);
        }

        PartialDatagram partial = _partials.ValueAt(index);
        switch (partial.Add(fragment, place))
        {
            case FragmentOutcome.Lie:
                _counters.Drop(DropReason.BadFragment);
                Remove(index);
                return false;
            case FragmentOutcome.Incomplete:
                return false;
            default:
                _partials.RemoveAt(index);
                _lent = partial;
                whole = partial.ToWhole(fragment);
                return true;
        }
    }

    /// <summary>Takes back what <see cref="TryComplete"/> lent.</summary>
    public void Release()
    {
        if (_lent is PartialDatagram partial)
        {
            _lent = null;
            _spare.Push(partial);
        }
    }

    public void OnPortClosed(IGuestPort port)
    {
        int index = _partials.Oldest;
        while (index >= 0)
        {
            int newer = _partials.Newer(index);
            if (_partials.ValueAt(index).Route.Port == port)
            {
                Remove(index);
            }

            index = newer;
        }
    }

    void ITimerOwner.OnTimer(TimerEntry entry, Instant now)
    {
        // Nothing is touched in this table, so that its order is that of the deadlines.
        while (_partials.Oldest is >= 0 and int oldest)
        {
            PartialDatagram partial = _partials.ValueAt(oldest);
            if (partial.Deadline > now)
            {
                _timers.Schedule(_timer, partial.Deadline);
                return;
            }

            _counters.Drop(DropReason.FragmentTimeout);
            if (partial.HasFirst)
            {
                _errors.SendAbout(
                    partial.ToFirst(), IcmpError.ReassemblyTimeExceeded, now);
            }

            Remove(oldest);
        }
    }

    private PartialDatagram Begin(in GuestRoute route, Instant now)
    {
        if (_partials.FindVictim(route.Port.Id) is >= 0 and int victim)
        {
            _counters.Drop(DropReason.FragmentLimit);
            Remove(victim);
        }

        PartialDatagram partial = _spare.TryPop(out PartialDatagram? spare)
            ? spare : new PartialDatagram();
        partial.Begin(route, now + Timeout);
        if (!_timer.IsScheduled)
        {
            _timers.Schedule(_timer, partial.Deadline);
        }

        return partial;
    }

    private void Remove(int index)
    {
        _spare.Push(_partials.ValueAt(index));
        _partials.RemoveAt(index);
    }
}
