using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// Tells when a network namespace has gone. A TAP's descriptor keeps its namespace alive, so
/// nothing else would: a name such as /run/netns/web is watched for its deletion (inotify(7)), a
/// process's namespace (/proc/PID/ns/net) for the end of that process (pidfd_open(2)).
/// </summary>
public static partial class NamespaceWatch
{
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

        return FileWatch.Open(
            Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/", FileWatch.Deleted);
    }

    /// <summary>Takes what the descriptor has to say; true if the namespace has gone.</summary>
    public static bool IsGone(int descriptor, string path)
    {
        if (ProcessOf(path) is not null)
        {
            return true; // a pidfd is readable only after the end
        }

        FileWatch.TakeNews(descriptor);
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
    private static partial long syscall(long number, long argument1, long argument2);
}
