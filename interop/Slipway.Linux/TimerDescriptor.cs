using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// timerfd_create(2): a descriptor that becomes readable after a time. Results are descriptors, 0
/// or negated errnos.
/// </summary>
public static unsafe partial class TimerDescriptor
{
    private const int CLOCK_MONOTONIC = 1;
    private const int TFD_NONBLOCK = 0x800;
    private const int TFD_CLOEXEC = 0x80000;

    public static int Create() =>
        Result(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));

    /// <summary>Becomes readable once, so many nanoseconds from now; 0 never does.</summary>
    public static int Set(int timer, long nanoseconds)
    {
        // struct itimerspec: the interval, then the first expiration.
        TimeSpecification* value = stackalloc TimeSpecification[2];
        value[0] = default;
        value[1] = new TimeSpecification(nanoseconds);
        return Result(timerfd_settime(timer, 0, value, null));
    }

    private static int Result(int result) => result < 0 ? -Marshal.GetLastPInvokeError() : result;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int timerfd_create(int clock, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int timerfd_settime(
        int timer, int flags, TimeSpecification* value, TimeSpecification* previous);
}
