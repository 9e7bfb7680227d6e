using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>epoll(7) and eventfd(2). Descriptors are closed at execve.</summary>
public static unsafe partial class Epoll
{
    public const uint In = 0x001;
    public const uint Out = 0x004;
    public const uint Error = 0x008;
    public const uint HangUp = 0x010;
    public const uint ReadHangUp = 0x2000;
    public const uint EdgeTriggered = 1u << 31;

    public const int Add = 1;
    public const int Remove = 2;
    public const int Modify = 3;

    private const int EPOLL_CLOEXEC = 0x80000;
    private const int EFD_CLOEXEC = 0x80000;
    private const int EFD_NONBLOCK = 0x800;

    /// <summary>A descriptor, or a negated errno.</summary>
    public static int Create() => Result(epoll_create1(EPOLL_CLOEXEC));

    /// <summary>A non-blocking event counter, or a negated errno.</summary>
    public static int CreateEvent() => Result(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));

    /// <summary>Adds, changes or removes a descriptor. 0 or a negated errno.</summary>
    public static int Control(int epoll, int operation, int descriptor, uint events, ulong token)
    {
        EpollEvent interest = new() { Events = events, Token = token };
        return Result(epoll_ctl(epoll, operation, descriptor, &interest));
    }

    /// <summary>Waits for events.</summary>
    /// <param name="timeoutNanoseconds">Negative waits for ever.</param>
    /// <returns>How many there are, or a negated errno.</returns>
    public static int Wait(int epoll, Span<EpollEvent> events, long timeoutNanoseconds)
    {
        TimeSpecification timeout = new(timeoutNanoseconds);
        fixed (EpollEvent* first = events)
        {
            return Result(epoll_pwait2(
                epoll, first, events.Length, timeoutNanoseconds < 0 ? null : &timeout, null));
        }
    }

    private static int Result(int result) => result < 0 ? -Marshal.GetLastPInvokeError() : result;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(
        int epoll, int operation, int descriptor, EpollEvent* interest);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_pwait2(
        int epoll, EpollEvent* events, int count, TimeSpecification* timeout, void* signals);
}
