using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// capabilities(7) of the calling thread, which an execve then gives to all of the process. A set
/// has a bit for each number (CAP_NET_BIND_SERVICE is bit 10).
/// </summary>
public static unsafe partial class Capabilities
{
    public const int NetBindService = 10;

    private const uint VERSION_3 = 0x20080522;
    private const int PR_CAPBSET_READ = 23;
    private const int PR_CAPBSET_DROP = 24;
    private const int PR_CAP_AMBIENT = 47;
    private const nuint PR_CAP_AMBIENT_RAISE = 2;
    private const nuint PR_CAP_AMBIENT_CLEAR_ALL = 4;

    /// <summary>What this thread has in force.</summary>
    public static ulong Effective => Read(out Sets low, out Sets high) != 0 ? 0
        : low.Effective | (ulong)high.Effective << 32;

    /// <summary>
    /// Gives up all capabilities but these, in every set: they can be had back by no program that
    /// is executed. Those that are kept pass through execve.
    /// </summary>
    /// <param name="kept">Those of them that the thread has.</param>
    /// <returns>0 or an errno. The bounding set stays where CAP_SETPCAP is missing.</returns>
    public static int Drop(ulong kept)
    {
        int errno = Read(out Sets low, out Sets high);
        if (errno != 0)
        {
            return errno;
        }

        kept &= low.Permitted | (ulong)high.Permitted << 32;
        for (int number = 0; prctl(PR_CAPBSET_READ, (nuint)number, 0, 0, 0) >= 0; number++)
        {
            if ((kept >> number & 1) == 0)
            {
                _ = prctl(PR_CAPBSET_DROP, (nuint)number, 0, 0, 0);
            }
        }

        _ = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        errno = Write(kept);
        for (int number = 0; number < 64 && errno == 0; number++)
        {
            if ((kept >> number & 1) != 0)
            {
                _ = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, (nuint)number, 0, 0);
            }
        }

        return errno;
    }

    /// <summary>
    /// Has this thread use none of its capabilities but these, until it raises them again. 0 or an
    /// errno.
    /// </summary>
    public static int Lower(ulong used)
    {
        int errno = Read(out Sets low, out Sets high);
        if (errno != 0)
        {
            return errno;
        }

        Header header = new() { Version = VERSION_3 };
        Sets* sets = stackalloc Sets[2];
        (sets[0], sets[1]) = (low, high);
        sets[0].Effective &= (uint)used;
        sets[1].Effective &= (uint)(used >> 32);
        return capset(&header, sets) < 0 ? Marshal.GetLastPInvokeError() : 0;
    }

    private static int Read(out Sets low, out Sets high)
    {
        Header header = new() { Version = VERSION_3 };
        Sets* sets = stackalloc Sets[2];
        int result = capget(&header, sets);
        low = sets[0];
        high = sets[1];
        return result < 0 ? Marshal.GetLastPInvokeError() : 0;
    }

    private static int Write(ulong kept)
    {
        Header header = new() { Version = VERSION_3 };
        Sets* sets = stackalloc Sets[2];
        for (int i = 0; i < 2; i++)
        {
            uint half = (uint)(kept >> (32 * i));
            sets[i] = new Sets { Effective = half, Permitted = half, Inheritable = half };
        }

        return capset(&header, sets) < 0 ? Marshal.GetLastPInvokeError() : 0;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int capget(Header* header, Sets* sets);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int capset(Header* header, Sets* sets);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(
        int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    /// <summary>struct __user_cap_header_struct; process 0 is the calling thread.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Header
    {
        public uint Version;
        public int Process;
    }

    /// <summary>struct __user_cap_data_struct, one for each 32 numbers.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Sets
    {
        public uint Effective;
        public uint Permitted;
        public uint Inheritable;
    }
}
