using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>setns(2) and unshare(2), for the calling thread.</summary>
public static partial class Namespaces
{
    private const int CLONE_NEWNS = 0x00020000;
    private const int CLONE_NEWUTS = 0x04000000;
    private const int CLONE_NEWIPC = 0x08000000;
    private const int CLONE_NEWNET = 0x40000000;

    /// <summary>
    /// Moves this thread into a network namespace (/run/netns/NAME, /proc/PID/ns/net). Descriptors
    /// that it opens from then on belong there. 0 or a negated errno.
    /// </summary>
    public static int EnterNetwork(string path)
    {
        int descriptor = Files.Open(path, Files.ReadOnly | Files.CloseOnExec);
        if (descriptor < 0)
        {
            return descriptor;
        }

        int result = setns(descriptor, CLONE_NEWNET) < 0 ? -Marshal.GetLastPInvokeError() : 0;
        Files.Close(descriptor);
        return result;
    }

    /// <summary>
    /// Gives this thread, and what it starts, mounts, System V IPC and host names of its own
    /// (unshare(2)); needs CAP_SYS_ADMIN. 0 or an errno.
    /// </summary>
    public static int Leave() => unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS) < 0
        ? Marshal.GetLastPInvokeError() : 0;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unshare(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(int descriptor, int type);
}
