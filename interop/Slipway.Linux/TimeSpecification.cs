using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>struct timespec, and the clock that never goes back.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe partial struct TimeSpecification
{
    private const int CLOCK_MONOTONIC = 1;
    private const long NanosecondsPerSecond = 1_000_000_000;

    public long Seconds;
    public long Nanoseconds;

    public TimeSpecification(long nanoseconds) =>
        (Seconds, Nanoseconds) = Math.DivRem(nanoseconds, NanosecondsPerSecond);

    /// <summary>CLOCK_MONOTONIC in nanoseconds.</summary>
    public static long MonotonicNanoseconds()
    {
        TimeSpecification now;
        _ = clock_gettime(CLOCK_MONOTONIC, &now);
        return (now.Seconds * NanosecondsPerSecond) + now.Nanoseconds;
    }

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, TimeSpecification* time);
}
