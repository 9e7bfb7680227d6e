using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>setns(2), for the calling thread.</summary>
public static partial class Namespaces
{
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

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(int descriptor, int type);
}
