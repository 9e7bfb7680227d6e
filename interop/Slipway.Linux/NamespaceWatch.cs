using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// Tells when a network namespace has gone. A TAP's descriptor keeps its namespace alive, so
/// nothing else would: a name such as /run/netns/web is watched for its deletion (inotify(7)), a
/// process's namespace (/proc/PID/ns/net) for the end of that process (pidfd_open(2)).
/// </summary>
public static unsafe partial class NamespaceWatch
{
    private const int IN_NONBLOCK = 0x800;
    private const int IN_CLOEXEC = 0x80000;
    private const uint IN_DELETE = 0x200;
    private const long SYS_pidfd_open = 434;

    /// <summary>
    /// A descriptor that becomes readable when the namespace may have gone (<see cref="IsGone"/>
    /// tells), or a negated errno.
    /// </summary>
    public static int Open(string path)
    {
        if (ProcessOf(path) is int process)
        {
            return Result((int)syscall(SYS_pidfd_open, process, 0));
        }

        int descriptor = Result(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
        if (descriptor < 0)
        {
            return descriptor;
        }

        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        int watch = Result(inotify_add_watch(descriptor, folder, IN_DELETE));
        if (watch < 0)
        {
            Files.Close(descriptor);
            return watch;
        }

        return descriptor;
    }

    /// <summary>Takes what the descriptor has to say; true if the namespace has gone.</summary>
    public static bool IsGone(int descriptor, string path)
    {
        if (ProcessOf(path) is not null)
        {
            return true; // a pidfd is readable only after the end
        }

        Span<byte> events = stackalloc byte[4_096];
        while (Files.Read(descriptor, events) > 0)
        {
            // What was deleted does not matter: the file is there or it is not.
        }

        return !File.Exists(path);
    }

    private static int? ProcessOf(string path)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts is ["proc", string number, "ns", "net"]
            && int.TryParse(number, out int process) ? process : null;
    }

    private static int Result(int result) => result < 0 ? -Marshal.GetLastPInvokeError() : result;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int inotify_init1(int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int inotify_add_watch(int descriptor, string path, uint mask);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long syscall(long number, long argument1, long argument2);
}
