using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// What a process changes about itself: its limits, its signals, and what it becomes.
/// </summary>
public static unsafe partial class CurrentProcess
{
    private const int PR_SET_PDEATHSIG = 1;
    private const int PR_GET_DUMPABLE = 3;
    private const int PR_SET_NAME = 15;
    private const int RLIMIT_NOFILE = 7;
    private const int SIGKILL = 9;
    private const int SIGPIPE = 13;
    private const int F_SETFD = 2;
    private const int F_GETFL = 3;
    private const int O_ACCMODE = 3;
    private const int O_RDONLY = 0;

    /// <summary>The process that started this one; another one's after its end.</summary>
    public static int ParentId => getppid();

    public static uint EffectiveUserId => geteuid();

    public static uint UserId => getuid();

    /// <summary>
    /// Has the kernel end this process when the thread that started it ends (prctl(2),
    /// PR_SET_PDEATHSIG); kept over <see cref="Become"/>. False when it has ended already.
    /// </summary>
    public static bool EndWith(int parentId) =>
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == parentId;

    /// <summary>The number of descriptors allowed: the soft and the hard limit.</summary>
    public static (ulong Soft, ulong Hard) DescriptorLimit
    {
        get
        {
            ResourceLimit limit;
            return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (limit.Soft, limit.Hard) : (0, 0);
        }
    }

    /// <summary>Sets the soft limit of descriptors; false when it is beyond the hard one.</summary>
    public static bool SetDescriptorLimit(ulong soft)
    {
        ResourceLimit limit = new() { Soft = soft, Hard = DescriptorLimit.Hard };
        return setrlimit(RLIMIT_NOFILE, &limit) == 0;
    }

    /// <summary>
    /// Names this process as ps(1) and top(1) show it (prctl(2), PR_SET_NAME); for its first
    /// thread. The kernel takes 15 bytes.
    /// </summary>
    public static void Rename(string name)
    {
        fixed (byte* first = System.Text.Encoding.UTF8.GetBytes(name + "\0"))
        {
            _ = prctl(PR_SET_NAME, (nuint)first, 0, 0, 0);
        }
    }

    /// <summary>
    /// Gives SIGPIPE its default action. The runtime ignores it, and a program that is executed
    /// would inherit that: `yes | head` would not end.
    /// </summary>
    public static void RestorePipeSignal() => _ = signal(SIGPIPE, 0);

    /// <summary>
    /// Whether a descriptor that the process was started with is open for writing.
    /// </summary>
    public static bool CanWrite(int descriptor) =>
        fcntl(descriptor, F_GETFL, 0) is int flags && flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;

    /// <summary>Lets a descriptor be inherited, or closes it at the next execve.</summary>
    public static void SetInherited(int descriptor, bool inherited) =>
        _ = fcntl(descriptor, F_SETFD, inherited ? 0 : 1);

    /// <summary>
    /// Becomes another program (execvp(3): PATH is searched, a script without #! goes to sh).
    /// Returns only if that failed, with the errno.
    /// </summary>
    public static int Become(ReadOnlySpan<string> arguments)
    {
        byte** argv = NativeStrings.Allocate(arguments);
        _ = execvp(*argv, argv);
        int errno = Marshal.GetLastPInvokeError();
        NativeStrings.Free(argv);
        return errno;
    }

    /// <summary>
    /// Becomes the program of a file, which may know itself by another name (execv(3)). Returns
    /// only if that failed, with the errno.
    /// </summary>
    public static int BecomeFile(string path, ReadOnlySpan<string> arguments)
    {
        byte** argv = NativeStrings.Allocate(arguments);
        _ = execv(path, argv);
        int errno = Marshal.GetLastPInvokeError();
        NativeStrings.Free(argv);
        return errno;
    }

    /// <summary>
    /// Has execve close every descriptor from this one on (close_range(2), Linux 5.11).
    /// </summary>
    public static void CloseOnBecoming(int first)
    {
        const nint closeRange = 436; // the same on all architectures
        const uint CLOSE_RANGE_CLOEXEC = 4;
        _ = syscall(closeRange, (uint)first, uint.MaxValue, CLOSE_RANGE_CLOEXEC);
    }

    /// <summary>
    /// Leaves the terminal's session, and takes no notice of who asks processes to end (SIGHUP,
    /// SIGINT, SIGQUIT, SIGTERM): for one that another process ends.
    /// </summary>
    public static void IgnoreTerminal()
    {
        const nint SIG_IGN = 1;
        _ = setsid();
        foreach (int number in (ReadOnlySpan<int>)[1, 2, 3, 15])
        {
            _ = signal(number, SIG_IGN);
        }
    }

    [LibraryImport("libc")]
    private static partial int setsid();

    /// <summary>Whether others may not look into this process's memory (PR_GET_DUMPABLE).</summary>
    public static bool IsMemoryHidden => prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;

    [LibraryImport("libc")]
    private static partial nint syscall(nint number, nuint first, nuint last, nuint flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int execv(string path, byte** argv);

    [LibraryImport("libc")]
    private static partial int getppid();

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc")]
    private static partial uint getuid();

    [LibraryImport("libc")]
    private static partial int prctl(
        int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport("libc")]
    private static partial int getrlimit(int resource, ResourceLimit* limit);

    [LibraryImport("libc")]
    private static partial int setrlimit(int resource, ResourceLimit* limit);

    [LibraryImport("libc")]
    private static partial nint signal(int number, nint handler);

    [LibraryImport("libc")]
    private static partial int fcntl(int descriptor, int command, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int execvp(byte* file, byte** argv);

    [StructLayout(LayoutKind.Sequential)]
    private struct ResourceLimit
    {
        public ulong Soft;
        public ulong Hard;
    }
}
