using System.Globalization;

namespace Slipway;

/// <summary>What the kernel says of a process, of all its threads: proc_pid_status(5).</summary>
internal sealed record SandboxState
{
    /// <summary>How many there are.</summary>
    public int Threads { get; private init; }

    /// <summary>Of the first one: what ps(1) shows.</summary>
    public string Name { get; private init; } = "";

    /// <summary>No program that any of them starts has more rights.</summary>
    public bool NoNewPrivileges { get; private init; }

    /// <summary>A seccomp filter judges the calls of each.</summary>
    public bool HasCallFilter { get; private init; }

    /// <summary>What any of them has, in force or to be put in force.</summary>
    public ulong Capabilities { get; private init; }

    /// <summary>What any of them could ever have.</summary>
    public ulong BoundingSet { get; private init; }

    /// <summary>In a PID namespace that this process is above.</summary>
    public bool IsInOwnNamespace { get; private init; }

    /// <summary>Whether this thread may gain nothing by execve.</summary>
    public static bool HasNoNewPrivileges =>
        Read("/proc/thread-self/status") is Dictionary<string, string> status
            && status.GetValueOrDefault("NoNewPrivs") == "1";

    /// <summary>Asks the kernel; null where the process has ended, or /proc hides it.</summary>
    /// <param name="process">Its number, or "self".</param>
    public static SandboxState? Look(string process)
    {
        SandboxState? whole = null;
        foreach (string thread in List($"/proc/{process}/task"))
        {
            if (Read($"{thread}/status") is Dictionary<string, string> status)
            {
                SandboxState one = Of(status);
                whole = whole is null ? one : whole.With(one);
            }
        }

        return whole;
    }

    /// <summary>The processes below this one that have a name.</summary>
    public static IEnumerable<(int Id, SandboxState State)> Below(params string[] names)
    {
        Queue<string> waiting = new(["self"]);
        HashSet<string> seen = [];
        while (waiting.TryDequeue(out string? process))
        {
            foreach (string child in ChildrenOf(process).Where(seen.Add))
            {
                waiting.Enqueue(child);
                if (Look(child) is SandboxState state && names.Contains(state.Name))
                {
                    yield return (int.Parse(child, CultureInfo.InvariantCulture), state);
                }
            }
        }
    }

    private SandboxState With(SandboxState other) => this with
    {
        Threads = Threads + 1,
        NoNewPrivileges = NoNewPrivileges && other.NoNewPrivileges,
        HasCallFilter = HasCallFilter && other.HasCallFilter,
        Capabilities = Capabilities | other.Capabilities,
        BoundingSet = BoundingSet | other.BoundingSet,
    };

    private static SandboxState Of(Dictionary<string, string> status)
    {
        ulong Set(string name) => ulong.TryParse(
            status.GetValueOrDefault(name), NumberStyles.AllowHexSpecifier,
            CultureInfo.InvariantCulture, out ulong set) ? set : ulong.MaxValue;
        return new SandboxState
        {
            Threads = 1,
            Name = status.GetValueOrDefault("Name") ?? "",
            NoNewPrivileges = status.GetValueOrDefault("NoNewPrivs") == "1",
            HasCallFilter = status.GetValueOrDefault("Seccomp") == "2",
            Capabilities = Set("CapEff") | Set("CapPrm") | Set("CapInh") | Set("CapAmb"),
            BoundingSet = Set("CapBnd"),
            IsInOwnNamespace = status.GetValueOrDefault("NSpid")?.Contains('\t') == true,
        };
    }

    private static Dictionary<string, string>? Read(string path)
    {
        try
        {
            Dictionary<string, string> fields = new(StringComparer.Ordinal);
            foreach (string line in File.ReadLines(path))
            {
                int colon = line.IndexOf(':', StringComparison.Ordinal);
                fields[line[..colon]] = line[(colon + 1)..].Trim();
            }

            return fields;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string[] List(string folder)
    {
        try
        {
            return Directory.GetDirectories(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static IEnumerable<string> ChildrenOf(string process)
    {
        foreach (string thread in List($"/proc/{process}/task"))
        {
            string text;
            try
            {
                text = File.ReadAllText($"{thread}/children");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue; // it has ended
            }

            foreach (string child in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                yield return child;
            }
        }
    }
}
