using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>epoll(7) and eventfd(2). Descriptors are closed at execve.</summary>
public static unsafe partial class Epoll
{
    public const uint In = 0x001;
    public const uint Urgent = 0x002;
    public const uint Out = 0x004;
    public const uint Error = 0x008;
    public const uint HangUp = 0x010;
    public const uint ReadHangUp = 0x2000;
    public const uint EdgeTriggered = 1u << 31;

    public const int Add = 1;
    public const int Remove = 2;
    public const int Modify = 3;

    /// <summary>
    /// epoll_pwait2 has one number on every architecture, came with Linux 5.11, and with glibc 2.35
    /// only: called by its number it works on the distributions between the two.
    /// </summary>
    private const int EpollPwait2 = 441;

    private const int EPOLL_CLOEXEC = 0x80000;
    private const int EFD_CLOEXEC = 0x80000;
    private const int EFD_NONBLOCK = 0x800;

    /// <summary>Found missing once, the call is not tried again.</summary>
    private static volatile bool s_lacksNanoseconds;

    /// <summary>A descriptor, or a negated errno.</summary>
    public static int Create() => Result(epoll_create1(EPOLL_CLOEXEC));

    /// <summary>A non-blocking event counter, or a negated errno.</summary>
    public static int CreateEvent() => Result(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));

    /// <summary>Adds one to an event counter: whoever waits for it is woken.</summary>
    public static void Signal(int descriptor)
    {
        ReadOnlySpan<byte> one = [1, 0, 0, 0, 0, 0, 0, 0];
        _ = Files.Write(descriptor, one);
    }

    /// <summary>Adds, changes or removes a descriptor. 0 or a negated errno.</summary>
    public static int Control(int epoll, int operation, int descriptor, uint events, ulong token)
    {
        byte* entry = stackalloc byte[EpollEvents.MaximumEntryBytes];
        EpollEvents.WriteEntry(
            new Span<byte>(entry, EpollEvents.MaximumEntryBytes), events, token);
        return Result(epoll_ctl(epoll, operation, descriptor, entry));
    }

    /// <summary>Waits for events.</summary>
    /// <param name="timeoutNanoseconds">Negative waits for ever.</param>
    /// <returns>How many there are, or a negated errno.</returns>
    public static int Wait(int epoll, EpollEvents events, long timeoutNanoseconds)
    {
        fixed (byte* first = events.Buffer)
        {
            if (timeoutNanoseconds > 0 && !s_lacksNanoseconds)
            {
                TimeSpecification timeout = new(timeoutNanoseconds);
                int result = Result((int)syscall(
                    EpollPwait2, epoll, first, events.Capacity, &timeout, null, 0));
                if (result != -Errno.ENOSYS)
                {
                    return result;
                }

                s_lacksNanoseconds = true;
            }

            return Result(epoll_wait(
                epoll, first, events.Capacity, ToMilliseconds(timeoutNanoseconds)));
        }
    }

    /// <summary>
    /// For epoll_wait: rounded up, since waking early would be a turn with nothing to do.
    /// </summary>
    internal static int ToMilliseconds(long timeoutNanoseconds) => timeoutNanoseconds < 0 ? -1
        : (int)Math.Min((timeoutNanoseconds / 1_000_000)
            + (timeoutNanoseconds % 1_000_000 > 0 ? 1 : 0), int.MaxValue);

    private static int Result(int result) => result < 0 ? -Marshal.GetLastPInvokeError() : result;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(
        int epoll, int operation, int descriptor, byte* interest);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_wait(int epoll, byte* events, int count, int timeoutMs);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint epoll, byte* events, nint count,
        TimeSpecification* timeout, void* signals, nint signalsLength);
}
