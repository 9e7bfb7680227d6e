using Slipway.Services;

namespace Slipway.Engine;

/// <summary>What is measured beside the counters; from any thread.</summary>
public sealed partial class NetworkEngine
{
    // Bounds from 1 us to 1 s, a power of four apart: eleven of them.
    private const int ShortestBound = 10;
    private const int LongestBound = 30;
    private const int AllTurns = 63;

    /// <summary>What the DNS server has counted.</summary>
    public DnsCounters DnsCounters => _dns.Counters;

    private readonly bool _hasOwnTime;
    private TurnWatch? _watch;

    /// <summary>Turns that took longer than 100 ms, while <see cref="Run"/> takes them.</summary>
    public long SlowTurns => _watch?.SlowTurns ?? 0;

    /// <summary>How long the longest of them took, within some 50 ms.</summary>
    public TimeSpan LongestSlowTurn => _watch?.Longest ?? TimeSpan.Zero;

    /// <summary>
    /// How long turns took, of each worker. The first call begins to measure, which costs a turn
    /// some 150 ns.
    /// </summary>
    public IReadOnlyList<TurnReport> MeasureTurns()
    {
        List<TurnReport> reports = [];
        foreach (Worker worker in (IEnumerable<Worker>)[_keeper, .. _shards])
        {
            worker.Clock.IsMeasured = true;
            reports.Add(Measure(worker));
        }

        return reports;
    }

    private void StartWatch()
    {
        if (!_hasOwnTime)
        {
            return; // time that the caller makes says nothing of how long something takes
        }

        List<Worker> workers = [_keeper, .. _shards];
        _watch = new TurnWatch(workers, _log);
        foreach (Worker worker in workers)
        {
            worker.Watch = _watch;
        }

        _watch.Start();
    }

    private static TurnReport Measure(Worker worker)
    {
        DurationHistogram work = worker.Clock.Work;
        List<TurnBucket> buckets = [];
        for (int power = ShortestBound; power <= LongestBound; power += 2)
        {
            buckets.Add(new TurnBucket((1L << power) / 1e9, work.CountBelow(power)));
        }

        buckets.Add(new TurnBucket(double.PositiveInfinity, work.CountBelow(AllTurns)));
        Dictionary<string, double> stages = new(StringComparer.Ordinal);
        foreach (TurnStage stage in Enum.GetValues<TurnStage>())
        {
            stages[stage.ToString()] = worker.Clock.Milliseconds(stage) / 1e3;
        }

        return new TurnReport(worker.Index, work.Total / 1e9, buckets, stages);
    }
}
