using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>What a thread does about signals (signal(7)).</summary>
public static unsafe partial class Signals
{
    private const int SIGPIPE = 13;
    private const int SIG_BLOCK = 0;

    /// <summary>sizeof(sigset_t) of glibc and musl.</summary>
    private const int SetBytes = 128;

    /// <summary>
    /// Writing to a reader that has gone is an error to this thread, and to those it makes, and no
    /// signal, whatever the process does about SIGPIPE.
    /// </summary>
    public static void BlockPipe()
    {
        ulong* set = stackalloc ulong[SetBytes / sizeof(ulong)];
        set[0] = 1ul << (SIGPIPE - 1);
        _ = pthread_sigmask(SIG_BLOCK, set, null);
    }

    [LibraryImport("libc")]
    private static partial int pthread_sigmask(int how, ulong* set, ulong* old);
}
