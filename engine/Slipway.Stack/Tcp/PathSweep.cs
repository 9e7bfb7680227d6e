namespace Slipway.Stack;

/// <summary>
/// After a change of the host's network: goes over all flows, and ends those that have no way any
/// more. The kernel would keep them, and their guests hang until they give up by themselves.
/// </summary>
/// <remarks>
/// Theory of operation. A VPN that comes up, or a lease that is renewed, is a dozen changes, and an
/// address may go and come back: nothing is looked at before it has been quiet for a while. Then a
/// bounded number of flows is looked at in a turn, since each costs the host three system calls.
/// What changes meanwhile begins another sweep, after a rest: a router's routes change all day.
/// </remarks>
internal sealed class PathSweep : ITimerOwner
{
    private const int FlowsPerTurn = 64;

    private static readonly Duration s_settling = Duration.FromMilliseconds(200);
    private static readonly Duration s_longestSettling = Duration.FromSeconds(2);
    private static readonly Duration s_rest = Duration.FromSeconds(1);

    private readonly FlowTable<TcpFlow> _flows;
    private readonly IHostNetwork _network;
    private readonly TimerWheel _timers;
    private readonly TimerEntry _timer;

    // What is left of the sweep under way: null where there is none.
    private TcpFlow?[]? _swept;
    private int _next;
    private bool _changedMeanwhile;
    private Instant _firstChange;

    public PathSweep(FlowTable<TcpFlow> flows, IHostNetwork network, TimerWheel timers)
    {
        _flows = flows;
        _network = network;
        _timers = timers;
        _timer = new TimerEntry(this);
    }

    /// <summary>Something has changed.</summary>
    public void Begin(Instant now)
    {
        if (_swept is not null)
        {
            _changedMeanwhile = true;
            return;
        }

        _firstChange = _timer.IsScheduled ? _firstChange : now;
        Instant latest = _firstChange + s_longestSettling;
        Instant due = Instant.Min(now + s_settling, latest);

        // While it rests, it is scheduled later than that.
        if (!_timer.IsScheduled || due > _timer.Due)
        {
            _timers.Schedule(_timer, due);
        }
    }

    public void OnTimer(TimerEntry entry, Instant now)
    {
        if (_swept is null)
        {
            _swept = new TcpFlow?[_flows.Count];
            _flows.CopyTo(_swept);
            _next = 0;
        }

        int end = Math.Min(_next + FlowsPerTurn, _swept.Length);
        for (; _next < end; _next++)
        {
            _swept[_next]?.EndWithoutPath(_network, now);
        }

        if (_next < _swept.Length)
        {
            _timers.Schedule(_timer, now); // in the next turn
            return;
        }

        _swept = null;
        if (_changedMeanwhile)
        {
            _changedMeanwhile = false;
            _firstChange = now;
            _timers.Schedule(_timer, now + s_rest);
        }
    }
}
