using BenchmarkDotNet.Attributes;
using Slipway.Stack;

namespace Slipway.Benchmarks;

/// <summary>
/// The wheel as flows use it: a timer is set and taken back again for almost every segment, and
/// seldom fires.
/// </summary>
public class TimerWheelBenchmarks : ITimerOwner
{
    private const int Operations = 1024;
    private const int IdleTurns = 1000;

    private readonly Duration[] _delays = new Duration[Operations];
    private TimerWheel _wheel = new();
    private TimerEntry[] _entries = [];
    private Instant _now = new(1);
    private ulong _fired;

    /// <summary>Timers far in the future that only sit there.</summary>
    [Params(0, 100_000)]
    public int Waiting { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _wheel = new TimerWheel();
        Random random = new(1);
        for (int i = 0; i < Waiting; i++)
        {
            _wheel.Schedule(new TimerEntry(this),
                _now + Duration.FromSeconds(10_000_000 + random.Next(10_000_000)));
        }

        _entries = new TimerEntry[Operations];
        for (int i = 0; i < Operations; i++)
        {
            _entries[i] = new TimerEntry(this);
            _delays[i] = Duration.FromMilliseconds(1 + random.Next(2000));
        }
    }

    [Benchmark(OperationsPerInvoke = Operations)]
    public ulong ScheduleAndCancel()
    {
        for (int i = 0; i < Operations; i++)
        {
            _wheel.Schedule(_entries[i], _now + _delays[i]);
        }

        foreach (TimerEntry entry in _entries)
        {
            _wheel.Cancel(entry);
        }

        return (ulong)_wheel.Count;
    }

    /// <summary>All fire in the course of two seconds, a millisecond a turn.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public ulong ScheduleAndFire()
    {
        for (int i = 0; i < Operations; i++)
        {
            _wheel.Schedule(_entries[i], _now + _delays[i]);
        }

        for (int turn = 0; turn <= 2000; turn++)
        {
            _now += Duration.FromMilliseconds(1);
            _wheel.Advance(_now);
        }

        return _fired;
    }

    /// <summary>A turn in which nothing is due, and the question when something will be.</summary>
    [Benchmark(OperationsPerInvoke = IdleTurns)]
    public ulong AdvanceIdle()
    {
        ulong sum = 0;
        for (int turn = 0; turn < IdleTurns; turn++)
        {
            _now += Duration.FromMicroseconds(10);
            _wheel.Advance(_now);
            sum += (ulong)_wheel.NextDeadline.Nanoseconds;
        }

        return sum;
    }

    public void OnTimer(TimerEntry entry, Instant now) => _fired++;
}
