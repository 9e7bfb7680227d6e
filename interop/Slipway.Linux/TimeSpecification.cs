using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>struct timespec, the clock that never goes back, and that of the day.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe partial struct TimeSpecification
{
    private const int CLOCK_REALTIME = 0;
    private const int CLOCK_MONOTONIC = 1;
    private const int CLOCK_BOOTTIME = 7;
    private const long NanosecondsPerSecond = 1_000_000_000;

    public long Seconds;
    public long Nanoseconds;

    public TimeSpecification(long nanoseconds) =>
        (Seconds, Nanoseconds) = Math.DivRem(nanoseconds, NanosecondsPerSecond);

    /// <summary>CLOCK_MONOTONIC in nanoseconds.</summary>
    public static long MonotonicNanoseconds() => Read(CLOCK_MONOTONIC);

    /// <summary>CLOCK_REALTIME in nanoseconds since 1970.</summary>
    public static long RealtimeNanoseconds() => Read(CLOCK_REALTIME);

    /// <summary>CLOCK_BOOTTIME in nanoseconds: never goes back, and goes on in suspend.</summary>
    public static long BoottimeNanoseconds() => Read(CLOCK_BOOTTIME);

    private static long Read(int clock)
    {
        TimeSpecification now;
        _ = clock_gettime(clock, &now);
        return (now.Seconds * NanosecondsPerSecond) + now.Nanoseconds;
    }

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, TimeSpecification* time);
}
