using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Which guest has an address: learned from ARP, neighbor discovery and checked packets, asked for
/// by ARP (RFC 826) or a neighbor solicitation (RFC 4861) where an unknown guest is to be reached.
/// Bounded and aged.
/// </summary>
/// <remarks>
/// An address belongs to the MAC that used it first, until that one answers no more
/// (<see cref="Tenure"/>). A MAC that the switch lets move to another port takes its addresses
/// along. Where a guest has its share of the table a new address drives out its own idlest: else it
/// could make the engine forget another one, by addresses of which an IPv6 prefix has plenty, and
/// then take its place.
/// </remarks>
public sealed partial class NeighborTable : INeighbors, ITimerOwner
{
    /// <summary>A neighbor that was silent for so long is asked for again.</summary>
    public static readonly Duration Lifetime = Duration.FromSeconds(300);

    // Being heard is noted once in so long, to keep the packet path short.
    private static readonly Duration HeardGranularity = Duration.FromMilliseconds(500);

    private readonly StackSettings _settings;
    private readonly Counters _counters;
    private readonly PacketOutput _output;
    private readonly PortSet _ports;
    private readonly TimerWheel _timers;
    private readonly LruTable<IpAddress, Neighbor> _neighbors;
    private readonly LruTable<IpAddress, Resolution> _resolutions;
    private readonly Stack<Resolution> _spareResolutions = new();
    private readonly TimerEntry _expiry;

    // The neighbor of the last packet: a burst comes from one guest.
    private IpAddress _lastAddress;
    private Neighbor _last;

    public NeighborTable(
        StackSettings settings, Counters counters, PacketOutput output, PortSet ports,
        TimerWheel timers)
    {
        _settings = settings;
        _counters = counters;
        _output = output;
        _ports = ports;
        _timers = timers;
        KeyHash hash = new(settings.Seed);
        _neighbors = new LruTable<IpAddress, Neighbor>(
            new GuestQueue<int>(
                counters.Guests, settings.Limits, "neighbors", settings.Limits.Neighbors),
            hash.Of);
        _resolutions = new LruTable<IpAddress, Resolution>(ResolutionLimit, hash.Of);
        _expiry = new TimerEntry(this);
    }

    public int Count => _neighbors.Count;

    /// <summary>Another number after each change of who is where.</summary>
    public int Version { get; private set; }

    public bool TryFind(IpAddress guest, out GuestRoute route)
    {
        int index = _neighbors.Find(guest);
        if (index < 0)
        {
            route = default;
            return false;
        }

        ref Neighbor neighbor = ref _neighbors.ValueAt(index);
        route = new GuestRoute(neighbor.Port, neighbor.Mac);
        return true;
    }

    public bool Learn(IpAddress guest, MacAddress mac, IGuestPort port, Instant now)
    {
        if (guest == _lastAddress && _last.Mac == mac && _last.Port == port
            && now - _last.Heard < HeardGranularity)
        {
            return true;
        }

        int index = _neighbors.Find(guest);
        if (index < 0)
        {
            _neighbors.MakeRoomFor(port.Id);
            index = _neighbors.Add(guest, new Neighbor(mac, port, now, default), port.Id);
            Version++;
        }
        else
        {
            ref Neighbor neighbor = ref _neighbors.ValueAt(index);
            if (neighbor.Mac != mac && !MayMove(ref neighbor, guest, now))
            {
                _counters.Drop(DropReason.SpoofedAddress);
                return false;
            }

            Version += neighbor.Port == port ? 0 : 1;
            neighbor = new Neighbor(mac, port, now, default);
            _neighbors.Touch(index, port.Id);
        }

        _lastAddress = guest;
        _last = _neighbors.ValueAt(index);
        if (!_expiry.IsScheduled)
        {
            _timers.Schedule(_expiry, now + Lifetime);
        }

        if (_resolutions.Count > 0)
        {
            Resolved(guest, new GuestRoute(port, mac), now);
        }

        return true;
    }

    /// <summary>Forgets the guests of a port that closed.</summary>
    public void OnPortClosed(IGuestPort port)
    {
        _last = default;
        _lastAddress = default;
        _neighbors.RemoveWhere(neighbor => neighbor.Port == port);
        Version++;
    }

    void ITimerOwner.OnTimer(TimerEntry entry, Instant now)
    {
        // The order of the table is the order of being heard.
        _lastAddress = default;
        while (_neighbors.Oldest is >= 0 and int oldest)
        {
            Instant due = _neighbors.ValueAt(oldest).Heard + Lifetime;
            if (due > now)
            {
                _timers.Schedule(_expiry, due);
                return;
            }

            _neighbors.RemoveAt(oldest);
            Version++;
        }
    }

    private bool MayMove(ref Neighbor neighbor, IpAddress guest, Instant now)
    {
        Instant asked = neighbor.Asked;
        Tenure.Verdict verdict = Tenure.Judge(neighbor.Heard, ref asked, now);
        if (verdict == Tenure.Verdict.Ask)
        {
            neighbor = neighbor with { Asked = asked };
            Ask(new GuestRoute(neighbor.Port, neighbor.Mac), guest);
        }

        return verdict == Tenure.Verdict.Yield;
    }

    private readonly record struct Neighbor(
        MacAddress Mac, IGuestPort Port, Instant Heard, Instant Asked);
}
