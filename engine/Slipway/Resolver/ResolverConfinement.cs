using System.Runtime.CompilerServices;
using Slipway.Linux;
using Slipway.Services;

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

    /// <summary>On a thread of the engine that starts a keeper, and then ends.</summary>
    public static void EnterKeeper(ResolverRole role, bool isConfined)
    {
        _ = ProcessConfinement.GiveUpNewPrivileges();
        if (isConfined)
        {
            // What the host does not allow of it the engine has said of itself.
            _ = Sandbox.Apply(ResolverSandbox.ProfileOf(role));
        }
    }

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

    /// <summary>
    /// In a process of a role, when it has what it works with: gives up the calls that it does not
    /// need, on all threads.
    /// </summary>
    public static void Close(ResolverRole role)
    {
        if (role == ResolverRole.Scripts)
        {
            ReadAhead();
        }

        _ = SystemCallFilter.InstallOf(role);
    }

    // A script's process opens no file: what its runtime reads when it is first used is read now.
    private static void ReadAhead()
    {
        _ = TimeZoneInfo.Local.GetUtcOffset(DateTime.UtcNow); // dateRange(), timeRange()
        _ = Random.Shared.Next(); // Math.random()
        _ = new HashCode().ToHashCode();
    }
}
