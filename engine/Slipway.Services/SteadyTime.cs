using Slipway.Linux;

namespace Slipway.Services;

/// <summary>
/// The time of day as it was when the program started, and from there on by a clock that nobody
/// sets: what is to last an hour does, whether the clock on the wall is put forward or back
/// meanwhile, and the hours of a suspended host count.
/// </summary>
public sealed class SteadyTime : TimeProvider
{
    private const long NanosecondsPerTick = 100;

    private readonly Func<DateTimeOffset> _wall;
    private readonly Func<long> _boot;
    private readonly DateTimeOffset _start;
    private readonly long _bootAtStart;

    private SteadyTime()
        : this(static () => System.GetUtcNow(), TimeSpecification.BoottimeNanoseconds)
    {
    }

    /// <param name="wall">The clock on the wall.</param>
    /// <param name="boot">Nanoseconds that nobody sets, and that go on in suspend.</param>
    internal SteadyTime(Func<DateTimeOffset> wall, Func<long> boot)
    {
        _wall = wall;
        _boot = boot;
        _start = wall();
        _bootAtStart = boot();
    }

    /// <summary>The process's.</summary>
    public static SteadyTime Shared { get; } = new();

    public override DateTimeOffset GetUtcNow() =>
        _start.AddTicks((_boot() - _bootAtStart) / NanosecondsPerTick);

    /// <summary>
    /// How far the clock on the wall is ahead, in whole seconds: what is kept over a restart is
    /// kept by that.
    /// </summary>
    public long WallAheadSeconds =>
        (long)Math.Round((_wall() - GetUtcNow()).TotalSeconds, MidpointRounding.ToZero);

    /// <summary>What is to know the hour of the day: the wall's for a steady one.</summary>
    public static TimeProvider WallOf(TimeProvider time) => time is SteadyTime ? System : time;
}
