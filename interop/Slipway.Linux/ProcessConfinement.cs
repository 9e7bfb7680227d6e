using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// What a process takes from itself before it works on what others have written. Nothing of it can
/// be had back.
/// </summary>
public static unsafe partial class ProcessConfinement
{
    private const int PR_SET_DUMPABLE = 4;
    private const int PR_SET_NO_NEW_PRIVS = 38;
    private const int RLIMIT_CORE = 4;
    private const int RLIMIT_NOFILE = 7;
    private const int RLIMIT_AS = 9;
    private const int O_RDWR = 2;
    private const nuint CLOSE_RANGE_CLOEXEC = 4;

    /// <summary>close_range's number, the same on all architectures.</summary>
    private const nint CloseRange = 436;

    /// <summary>
    /// Binds this thread, and what it starts, to the rights that it has (prctl(2),
    /// PR_SET_NO_NEW_PRIVS). 0 or an errno.
    /// </summary>
    public static int GiveUpNewPrivileges() => Result(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));

    /// <summary>
    /// Others of the same user may neither trace this process nor look into its memory, and it
    /// leaves no core (PR_SET_DUMPABLE); until the next execve. 0 or an errno.
    /// </summary>
    public static int HideMemory() => Result(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));

    /// <summary>No core files, of this process and what it starts. 0 or an errno.</summary>
    public static int ForbidCores() => Limit(RLIMIT_CORE, 0);

    /// <summary>Whether there are none now.</summary>
    public static bool AreCoresForbidden
    {
        get
        {
            ResourceLimit limit;
            return getrlimit(RLIMIT_CORE, &limit) == 0 && limit.Hard == 0;
        }
    }

    /// <summary>Bounds the numbers of descriptors, for good. 0 or an errno.</summary>
    public static int LimitDescriptors(ulong count) => Limit(RLIMIT_NOFILE, count);

    /// <summary>
    /// Bounds the address space, for good: beyond it mmap(2) and malloc(3) fail. 0 or an errno.
    /// </summary>
    public static int LimitAddressSpace(ulong lengthBytes) => Limit(RLIMIT_AS, lengthBytes);

    /// <summary>Closes every descriptor from this one on (close_range(2), Linux 5.9).</summary>
    /// <returns>0 or an errno.</returns>
    public static int CloseFrom(int first) =>
        Result((int)syscall(CloseRange, (uint)first, uint.MaxValue, 0));

    /// <summary>
    /// Keeps every descriptor from this one on from what is started later (CLOSE_RANGE_CLOEXEC,
    /// Linux 5.11); <see cref="CurrentProcess.SetInherited"/> takes one out again.
    /// </summary>
    /// <returns>0 or an errno.</returns>
    public static int KeepFromChildren(int first) =>
        Result((int)syscall(CloseRange, (uint)first, uint.MaxValue, CLOSE_RANGE_CLOEXEC));

    /// <summary>Puts /dev/null in the place of standard input, output and error.</summary>
    /// <returns>0 or an errno.</returns>
    public static int DetachStandardStreams()
    {
        fixed (byte* path = "/dev/null\0"u8)
        {
            int device = open(path, O_RDWR, 0);
            int result = device < 0 ? Result(device) : 0;
            for (int stream = 0; stream <= 2 && result == 0; stream++)
            {
                result = Result(dup2(device, stream) < 0 ? -1 : 0);
            }

            if (device > 2)
            {
                _ = close(device);
            }

            return result;
        }
    }

    /// <summary>
    /// Ends this process at once (_exit(2)): no handler runs, and no thread is waited for.
    /// </summary>
    public static void Exit(int status) => _exit(status);

    private static int Limit(int resource, ulong value)
    {
        ResourceLimit limit = new() { Soft = value, Hard = value };
        return Result(setrlimit(resource, &limit));
    }

    private static int Result(int returned) =>
        returned < 0 ? Marshal.GetLastPInvokeError() : 0;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(
        int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setrlimit(int resource, ResourceLimit* limit);

    [LibraryImport("libc")]
    private static partial int getrlimit(int resource, ResourceLimit* limit);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nuint first, nuint last, nuint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int open(byte* path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int dup2(int descriptor, int place);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);

    [LibraryImport("libc")]
    private static partial void _exit(int status);

    [StructLayout(LayoutKind.Sequential)]
    private struct ResourceLimit
    {
        public ulong Soft;
        public ulong Hard;
    }
}
