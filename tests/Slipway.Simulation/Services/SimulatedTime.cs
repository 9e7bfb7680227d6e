using Slipway.Stack;
using Slipway.Testing;

namespace Slipway.Simulation;

/// <summary>
/// The world's clock for code that waits by itself. Timers fire on the world's thread, one at a
/// time, so that what one sets off is over before the next.
/// </summary>
internal sealed class SimulatedTime(FakeClock clock) : TimeProvider
{
    private const long NanosecondsPerTick = 100;
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // In the order in which they were made.
    private readonly List<Waiting> _timers = [];
    private readonly Lock _lock = new();

    /// <summary>Timers that wait to fire.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _timers.Count;
            }
        }
    }

    public Instant NextDue
    {
        get
        {
            lock (_lock)
            {
                return _timers.Aggregate(
                    Instant.Never, (next, timer) => Instant.Min(next, timer.Due));
            }
        }
    }

    public override DateTimeOffset GetUtcNow() =>
        s_start.AddTicks(clock.Now.Nanoseconds / NanosecondsPerTick);

    public override ITimer CreateTimer(
        TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Assert.Equal(Timeout.InfiniteTimeSpan, period);
        Waiting timer = new(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Fires the timer that is due longest; false where none is.</summary>
    public bool FireOne()
    {
        Waiting? due;
        lock (_lock)
        {
            due = _timers.MinBy(timer => timer.Due.Nanoseconds);
            if (due is null || due.Due > clock.Now)
            {
                return false;
            }

            _timers.Remove(due);
        }

        due.Fire();
        return true;
    }

    private sealed class Waiting(SimulatedTime time, Action fire) : ITimer
    {
        public Instant Due { get; private set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                time._timers.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = time.Now + new Duration(dueTime.Ticks * NanosecondsPerTick);
                    time._timers.Add(this);
                }
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }

    private Instant Now => clock.Now;
}
