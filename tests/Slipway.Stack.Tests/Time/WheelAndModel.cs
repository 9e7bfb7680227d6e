namespace Slipway.Stack.Tests.Time;

/// <summary>A wheel beside a sorted set that is told the same.</summary>
internal sealed class WheelAndModel
{
    private const long TickNanoseconds = 1_000_000;

    private readonly TimerWheel _wheel = new();
    private readonly TimerEntry[] _entries;
    private readonly List<int> _fired = [];
    private readonly SortedSet<(long Tick, int Id)> _model = [];
    private readonly Dictionary<int, long> _scheduled = [];

    public WheelAndModel(int entryCount, Instant now)
    {
        Now = now;
        _entries = [
            .. Enumerable.Range(0, entryCount).Select(id => new TimerEntry(new Owner(id, _fired)))];
        _wheel.Advance(now);
    }

    public Instant Now { get; private set; }

    private long NowTick => Now.Nanoseconds / TickNanoseconds;

    public void Schedule(int id, Instant due)
    {
        _wheel.Schedule(_entries[id], due);
        Forget(id);
        long tick = (due.Nanoseconds + TickNanoseconds - 1) / TickNanoseconds;
        _scheduled[id] = Math.Max(tick, NowTick);
        _model.Add((_scheduled[id], id));
    }

    public void Cancel(int id)
    {
        _wheel.Cancel(_entries[id]);
        Forget(id);
    }

    public void Advance(Duration by)
    {
        Now += by;
        _fired.Clear();
        _wheel.Advance(Now);
        (long Tick, int Id)[] due = [.. _model.TakeWhile(entry => entry.Tick <= NowTick)];
        Assert.Equal(due.Select(entry => entry.Id).Order(), _fired.Order());

        // In the order of their milliseconds; within one, any.
        Assert.Equal(due.Select(entry => entry.Tick), _fired.Select(id => _scheduled[id]));
        Array.ForEach(due, entry => Forget(entry.Id));
    }

    public void AssertSame(string where)
    {
        Assert.Equal(_model.Count, _wheel.Count);
        for (int id = 0; id < _entries.Length; id++)
        {
            if (_scheduled.ContainsKey(id) != _entries[id].IsScheduled)
            {
                Assert.Fail($"{where}: entry {id}");
            }
        }

        Instant next = _wheel.NextDeadline;
        Assert.Equal(_model.Count == 0, next == Instant.Never);
        Assert.True(
            _model.Count == 0 || next.Nanoseconds <= _model.Min.Tick * TickNanoseconds,
            $"{where}: deadline {next} is later than the first entry");
    }

    private void Forget(int id)
    {
        if (_scheduled.Remove(id, out long tick))
        {
            _model.Remove((tick, id));
        }
    }

    private sealed class Owner(int id, List<int> fired) : ITimerOwner
    {
        public void OnTimer(TimerEntry entry, Instant now) => fired.Add(id);
    }
}
