using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// read(2), write(2), open(2) and close(2). Results are counts or negated errnos.
/// </summary>
public static unsafe partial class Files
{
    public const int ReadOnly = 0;
    public const int ReadWrite = 2;
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;

    private const short POLLIN = 1;
    private const short POLLOUT = 4;
    private const int LOCK_EX = 2;
    private const int LOCK_NB = 4;
    private const int F_GETFL = 3;
    private const int F_SETFL = 4;
    private const int F_DUPFD_CLOEXEC = 1030;

    public static int Open(string path, int flags) => Result(open(path, flags));

    public static int Read(int descriptor, Span<byte> destination)
    {
        fixed (byte* first = destination)
        {
            return Result((int)read(descriptor, first, (nuint)destination.Length));
        }
    }

    public static int Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* first = bytes)
        {
            return Result((int)write(descriptor, first, (nuint)bytes.Length));
        }
    }

    /// <summary>Sets O_NONBLOCK. 0 or a negated errno.</summary>
    public static int SetNonBlocking(int descriptor)
    {
        int flags = Result(fcntl(descriptor, F_GETFL, 0));
        return flags < 0 ? flags : Result(fcntl(descriptor, F_SETFL, flags | NonBlocking));
    }

    /// <summary>
    /// Another descriptor of the same open file, closed at execve, or a negated errno.
    /// </summary>
    public static int Duplicate(int descriptor) => Result(fcntl(descriptor, F_DUPFD_CLOEXEC, 0));

    /// <summary>
    /// Sets the permissions (fchmod(2)). Of a Unix socket before it is bound: its file gets these,
    /// less the umask. 0 or a negated errno.
    /// </summary>
    public static int SetMode(int descriptor, int mode) => Result(fchmod(descriptor, mode));

    /// <summary>Sets the permissions of a file by its path (chmod(2)).</summary>
    public static int SetMode(string path, int mode) => Result(chmod(path, mode));

    /// <summary>
    /// Whether this thread may write to a file, or make files in a folder (faccessat(2)).
    /// </summary>
    public static bool MayWrite(string path)
    {
        const int AT_FDCWD = -100;
        const int W_OK = 2;
        const int AT_EACCESS = 0x200;
        return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int faccessat(int folder, string path, int mode, int flags);

    /// <summary>Removes a name. 0 or a negated errno.</summary>
    public static int Unlink(string path) => Result(unlink(path));

    public static void Close(int descriptor) => _ = close(descriptor);

    /// <summary>Waits until something can be written, or never can again (poll(2)).</summary>
    public static void AwaitWritable(int descriptor)
    {
        PollEntry entry = new() { Descriptor = descriptor, Events = POLLOUT };
        _ = poll(&entry, 1, -1);
    }

    /// <summary>
    /// Whether a write would not block, for at least the 4,096 bytes that a pipe takes as a whole
    /// (pipe(7)); also where it would fail.
    /// </summary>
    public static bool CanWriteNow(int descriptor)
    {
        PollEntry entry = new() { Descriptor = descriptor, Events = POLLOUT };
        return poll(&entry, 1, 0) > 0;
    }

    /// <summary>
    /// Takes a lock of an open file (flock(2)) that no other has, without waiting: EAGAIN where
    /// another has it. It ends when the descriptor is closed. 0 or a negated errno.
    /// </summary>
    public static int TryLock(int descriptor) => Result(flock(descriptor, LOCK_EX | LOCK_NB));

    /// <summary>
    /// Waits until something can be read, or the other end is closed (poll(2)); false after the
    /// time, in milliseconds.
    /// </summary>
    public static bool AwaitReadable(int descriptor, int timeoutMs)
    {
        PollEntry entry = new() { Descriptor = descriptor, Events = POLLIN };
        return poll(&entry, 1, timeoutMs) > 0;
    }

    private static int Result(int result) => result < 0 ? -Marshal.GetLastPInvokeError() : result;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int descriptor, byte* buffer, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int descriptor, byte* buffer, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int descriptor, int command, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchmod(int descriptor, int mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chmod(string path, int mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unlink(string path);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(int descriptor, int operation);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);

    [LibraryImport("libc")]
    private static partial int poll(PollEntry* entries, nuint count, int timeoutMs);

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
