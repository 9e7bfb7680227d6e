using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>What a thread does about signals (signal(7)).</summary>
public static unsafe partial class Signals
{
    private const int SIGPIPE = 13;
    private const int SIG_BLOCK = 0;
    private const int SIG_UNBLOCK = 1;

    /// <summary>sizeof(sigset_t) of glibc and musl.</summary>
    private const int SetBytes = 128;

    /// <summary>
    /// From now on writing to a reader that has gone is an error to this thread, and to those it
    /// makes, and no signal, whatever the process does about SIGPIPE.
    /// </summary>
    /// <returns>Whether it was so before.</returns>
    public static bool BlockPipe() => Mask(SIG_BLOCK);

    /// <summary>Takes that back.</summary>
    public static void UnblockPipe() => Mask(SIG_UNBLOCK);

    private static bool Mask(int how)
    {
        const ulong pipe = 1ul << (SIGPIPE - 1);
        ulong* set = stackalloc ulong[SetBytes / sizeof(ulong)];
        ulong* old = stackalloc ulong[SetBytes / sizeof(ulong)];
        set[0] = pipe;
        _ = pthread_sigmask(how, set, old);
        return (old[0] & pipe) != 0;
    }

    [LibraryImport("libc")]
    private static partial int pthread_sigmask(int how, ulong* set, ulong* old);
}
