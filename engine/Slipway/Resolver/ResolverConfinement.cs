using System.Runtime.CompilerServices;
using Slipway.Linux;

namespace Slipway;

/// <summary>
/// What the processes beside the engine give up before they read what strangers have written.
/// </summary>
/// <remarks>
/// What binds the calling thread and what that starts (no_new_privs, capabilities, Landlock)
/// belongs into <see cref="EnterKeeper"/>: the processes of the roles have it from their first
/// instruction on, on all of their threads. What a process does to all of its own threads (seccomp
/// with TSYNC, limits) belongs into <see cref="Enter"/>.
/// </remarks>
internal static class ResolverConfinement
{
    /// <summary>EX_TEMPFAIL: it is another process that can go on.</summary>
    public const int StuckStatus = 75;

    private const int MostDescriptors = 256;

    // Of addresses, not of memory: threads' stacks and what the collector reserves are in it.
    // Nine threads at work reach 660 MiB.
    private const ulong AddressSpaceBytes = 1_536UL << 20;

    /// <summary>On a thread of the engine that starts the keeper, and then ends.</summary>
    public static void EnterKeeper() => _ = ProcessConfinement.GiveUpNewPrivileges();

    /// <summary>In a process of a role, first of all.</summary>
    public static void Enter()
    {
        // Run by a just-in-time compiler, the process has descriptors of its own.
        if (!RuntimeFeature.IsDynamicCodeSupported)
        {
            _ = ProcessConfinement.CloseFrom(ResolverCommand.Program + 1);
        }

        _ = ProcessConfinement.DetachStandardStreams();
        _ = ProcessConfinement.HideMemory();
        _ = ProcessConfinement.ForbidCores();
        _ = ProcessConfinement.LimitDescriptors(MostDescriptors);
        _ = ProcessConfinement.LimitAddressSpace(AddressSpaceBytes);
    }
}
