using Slipway.Testing;

namespace Slipway.Stack.Tests.Time;

public class TimerWheelTests
{
    private static readonly Duration Tick = Duration.FromMilliseconds(1);

    [Fact]
    public void Wheel_Empty_HasNoDeadline()
    {
        TimerWheel wheel = new();
        wheel.Advance(new Instant(5_000_000_000));
        Assert.Equal(Instant.Never, wheel.NextDeadline);
        Assert.Equal(0, wheel.Count);
    }

    [Fact]
    public void Entry_Due_FiresAtTheMillisecondThatIsNotBefore()
    {
        TimerWheel wheel = new();
        Recorder recorder = new();
        TimerEntry entry = new(recorder);
        wheel.Schedule(entry, new Instant(2_500_000));
        wheel.Advance(new Instant(2_999_999));
        Assert.Empty(recorder.Fired);
        wheel.Advance(new Instant(3_000_000));
        Assert.Equal([entry], recorder.Fired);
        Assert.False(entry.IsScheduled);
    }

    [Fact]
    public void Entry_ScheduledInThePast_FiresAtTheNextAdvance()
    {
        TimerWheel wheel = new();
        Recorder recorder = new();
        wheel.Advance(new Instant(9_000_000_000));
        wheel.Schedule(new TimerEntry(recorder), new Instant(1));
        Assert.True(wheel.NextDeadline <= new Instant(9_000_000_000));
        wheel.Advance(new Instant(9_000_000_000));
        Assert.Single(recorder.Fired);
    }

    [Fact]
    public void Entry_ScheduledForNever_IsCancelled()
    {
        TimerWheel wheel = new();
        TimerEntry entry = new(new Recorder());
        wheel.Schedule(entry, new Instant(5_000_000));
        wheel.Schedule(entry, Instant.Never);
        Assert.False(entry.IsScheduled);
        Assert.Equal(Instant.Never, wheel.NextDeadline);
    }

    [Fact]
    public void Owner_ReschedulesForNowWhileFiring_FiresOnceInEachAdvance()
    {
        TimerWheel wheel = new();
        Recorder recorder = new() { OnFire = (entry, now) => wheel.Schedule(entry, now) };
        wheel.Schedule(new TimerEntry(recorder), new Instant(10_000_000));
        for (int i = 1; i <= 5; i++)
        {
            wheel.Advance(new Instant(i * 100_000_000L));
            Assert.Equal(i, recorder.Fired.Count);
        }
    }

    [Fact]
    public void Owner_CancelsANeighbourOfItsSlot_NeighbourDoesNotFire()
    {
        TimerWheel wheel = new();
        Recorder victims = new();
        TimerEntry victim = new(victims);
        Recorder killer = new() { OnFire = (_, _) => wheel.Cancel(victim) };
        wheel.Schedule(new TimerEntry(killer), new Instant(5_000_000));
        wheel.Schedule(victim, new Instant(5_000_000));
        wheel.Advance(new Instant(6_000_000));
        Assert.Single(killer.Fired);
        Assert.Empty(victims.Fired);
        Assert.Equal(0, wheel.Count);
    }

    [Fact]
    public void Advance_OverYears_IsFastAndFiresAll()
    {
        TimerWheel wheel = new();
        Recorder recorder = new();
        for (int i = 0; i < 50; i++)
        {
            wheel.Schedule(new TimerEntry(recorder), new Instant(1_000_000L << i));
        }

        // Each step would be a tick, of which there are 10^11, were empty slots not skipped.
        Instant end = new(long.MaxValue - 1);
        wheel.Advance(end);
        while (wheel.NextDeadline <= end && wheel.Count > 0 && recorder.Fired.Count < 44)
        {
            wheel.Advance(end);
        }

        Assert.True(recorder.Fired.Count >= 43, $"only {recorder.Fired.Count} fired");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Wheel_AgainstASortedModel_FiresTheSame(int seed)
    {
        Random random = new(seed);
        WheelAndModel both = new(entryCount: 200, new Instant(random.NextInt64(1L << 50)));
        for (int step = 0; step < 20_000; step++)
        {
            int id = random.Next(200);
            switch (random.Next(10))
            {
                case < 6:
                    long span = random.NextInt64(1L << random.Next(1, 46)) - 1_000_000;
                    both.Schedule(id, both.Now + new Duration(span));
                    break;
                case < 7:
                    both.Cancel(id);
                    break;
                default:
                    both.Advance(new Duration(random.NextInt64(1L << random.Next(1, 42))));
                    break;
            }

            both.AssertSame($"seed {seed}, step {step}");
        }
    }

    [Fact]
    public void Wheel_DrivenByItsOwnDeadlines_FiresEachEntryInItsMillisecond()
    {
        TimerWheel wheel = new();
        FakeClock clock = new();
        List<(Instant Due, Instant At)> fired = [];
        Recorder recorder = new();
        recorder.OnFire = (entry, now) => fired.Add((entry.Due, now));
        Random random = new(7);
        for (int i = 0; i < 500; i++)
        {
            wheel.Schedule(
                new TimerEntry(recorder),
                clock.Now + new Duration(random.NextInt64(400_000_000_000)));
        }

        int wakeUps = 0;
        while (wheel.NextDeadline != Instant.Never)
        {
            clock.AdvanceTo(wheel.NextDeadline);
            wheel.Advance(clock.Now);
            wakeUps++;
        }

        Assert.Equal(500, fired.Count);
        Assert.All(
            fired, pair => Assert.InRange((pair.At - pair.Due).Nanoseconds, 0, Tick.Nanoseconds));
        Assert.InRange(wakeUps, 1, 2_000);
    }

    [Fact]
    public void Wheel_InSteadyState_AllocatesNothing()
    {
        TimerWheel wheel = new();
        TimerEntry[] entries = [
            .. Enumerable.Range(0, 64).Select(_ => new TimerEntry(new Nobody()))];
        int i = 0;
        SteadyState.AllocatesNothing(2_500, () =>
        {
            wheel.Schedule(entries[i % 64], new Instant((i * 1_000_000L) + (i % 7 * 70_000_000L)));
            wheel.Advance(new Instant(i * 1_000_000L));
            i++;
        });
    }

    private sealed class Nobody : ITimerOwner
    {
        public void OnTimer(TimerEntry entry, Instant now)
        {
        }
    }

    private sealed class Recorder : ITimerOwner
    {
        public List<TimerEntry> Fired { get; } = [];

        public Action<TimerEntry, Instant>? OnFire { get; set; }

        public void OnTimer(TimerEntry entry, Instant now)
        {
            Fired.Add(entry);
            OnFire?.Invoke(entry, now);
        }
    }
}
