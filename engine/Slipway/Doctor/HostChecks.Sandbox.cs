using System.Globalization;
using Slipway.Linux;

namespace Slipway;

/// <summary>What an engine's process can be kept from here.</summary>
internal static partial class HostChecks
{
    /// <summary>The first version of Landlock that keeps signals inside.</summary>
    private const int ScopesVersion = 6;

    private static Finding[] Sandboxing() => [FileRules(), CallFilter(), Tracing()];

    private static Finding FileRules()
    {
        const string Check = "sandbox: files";
        int version = Landlock.Version;
        string detail = string.Create(CultureInfo.InvariantCulture, $"Landlock, version {version}");
        return version >= ScopesVersion ? new Finding(Check, Verdict.Ok, detail)
            : version > 0 ? new Finding(
                Check, Verdict.Ok, $"{detail}: signals to other processes are not kept inside")
            : new Finding(
                Check, Verdict.Warn, "the kernel has no Landlock: engines can use all files of "
                    + "their user",
                "a kernel with CONFIG_SECURITY_LANDLOCK, and landlock in its lsm= parameter");
    }

    private static Finding CallFilter()
    {
        const string Check = "sandbox: calls";
        return SeccompFilter.IsSupported
            ? new Finding(Check, Verdict.Ok, "seccomp filters work")
            : new Finding(
                Check, Verdict.Warn, "the kernel has no seccomp filters",
                "a kernel with CONFIG_SECCOMP_FILTER, or a container that allows seccomp(2)");
    }

    // Yama (ptrace_scope) matters only before an engine has hidden its memory.
    private static Finding Tracing()
    {
        const string Check = "sandbox: tracing";
        return new Finding(
            Check, Verdict.Ok, Read("/proc/sys/kernel/yama/ptrace_scope") is string scope
                ? $"Yama's ptrace_scope is {scope}; engines hide their memory in any case"
                : "no Yama here; engines hide their memory in any case");
    }
}
