using System.Globalization;
using Slipway.Linux;

namespace Slipway;

/// <summary>What is in force for this process, as the kernel says it.</summary>
/// <param name="NoNewPrivileges">No program that it starts has more rights.</param>
/// <param name="Capabilities">What it has in force.</param>
/// <param name="BoundingSet">What it could ever have.</param>
/// <param name="HasCallFilter">A seccomp filter judges its calls.</param>
/// <param name="IsHidden">Others may not look into its memory.</param>
/// <param name="ClosesFiles">Landlock keeps it from files that it may not use.</param>
internal sealed record SandboxState(
    bool NoNewPrivileges, ulong Capabilities, ulong BoundingSet, bool HasCallFilter, bool IsHidden,
    bool ClosesFiles)
{
    /// <summary>Whether this thread may gain nothing by execve.</summary>
    public static bool HasNoNewPrivileges => Read("NoNewPrivs") == 1;

    /// <summary>Asks the kernel.</summary>
    public static SandboxState Look() => new(
        HasNoNewPrivileges, Read("CapEff"), Read("CapBnd"), Read("Seccomp") == 2,
        CurrentProcess.IsMemoryHidden, AreFilesClosed());

    /// <summary>In a line, for the log.</summary>
    public override string ToString()
    {
        List<string> parts = [];
        parts.Add(NoNewPrivileges ? "no new privileges" : "no_new_privs off");
        parts.Add(string.Create(CultureInfo.InvariantCulture, $"capabilities {Capabilities:x}"));
        parts.Add(ClosesFiles ? "files by Landlock" : "files open");
        parts.Add(HasCallFilter ? "system calls filtered" : "system calls not filtered");
        parts.Add(IsHidden ? "memory hidden" : "memory not hidden");
        return string.Join(", ", parts);
    }

    // The kernel tells nobody who is in which domain: tried on a folder that anybody may list.
    private static bool AreFilesClosed()
    {
        int descriptor = Files.Open("/", Files.ReadOnly | Files.CloseOnExec);
        if (descriptor >= 0)
        {
            Files.Close(descriptor);
        }

        return descriptor == -Errno.EACCES;
    }

    // proc_pid_status(5); numbers are hexadecimal but for the flags, where it does not matter.
    private static ulong Read(string field)
    {
        try
        {
            foreach (string line in File.ReadLines("/proc/thread-self/status"))
            {
                if (line.StartsWith(field + ":", StringComparison.Ordinal))
                {
                    return ulong.Parse(
                        line.AsSpan(field.Length + 1).Trim(), NumberStyles.HexNumber,
                        CultureInfo.InvariantCulture);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }

        return 0;
    }
}
