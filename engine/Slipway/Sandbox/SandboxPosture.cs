using System.Globalization;
using Slipway.Engine;
using Slipway.Linux;

namespace Slipway;

/// <summary>
/// What this process and those beside it have given up, point by point, each looked at now. What
/// is left out says why: the host does not allow it, or it was decided so (README.md).
/// </summary>
internal static class SandboxPosture
{
    /// <summary>The namespaces that are told, by their names in /proc/self/ns.</summary>
    public static readonly string[] Namespaces = ["user", "mnt", "ipc", "uts", "pid"];

    private const string NeedsRoot = "only root can have it without a user namespace";
    private const int ScopesVersion = 6; // of Landlock: signals and abstract sockets
    private const ulong Kept = 1UL << Capabilities.NetBindService | 1UL << 1;

    // The filter lets nobody ask for it any more.
    private static readonly int s_landlock = Landlock.Version;

    /// <summary>Asks for what cannot be asked for behind the filter of calls.</summary>
    public static void AskAhead() => _ = s_landlock;

    public static IReadOnlyList<SandboxPoint> List()
    {
        List<SandboxPoint> points = [];
        if (SandboxState.Look("self") is SandboxState own)
        {
            AddRights(points, own);
        }

        AddNamespaces(points);
        AddFiles(points);
        AddOfProcess(points);
        foreach ((int id, SandboxState state) in SandboxState.Below(
            ResolverCommand.NameOf(Services.ResolverRole.Names),
            ResolverCommand.NameOf(Services.ResolverRole.Scripts)))
        {
            points.Add(Beside(id, state));
        }

        return points;
    }

    private static void AddRights(List<SandboxPoint> points, SandboxState own)
    {
        uint user = CurrentProcess.EffectiveUserId;
        Add(
            points, "not root", user != 0, Text($"user {user}"),
            "root, without most capabilities; start it as a user where that is not wanted");
        Add(
            points, "no new privileges", own.NoNewPrivileges, Text($"on {own.Threads} threads"),
            Lack("no_new_privs"));

        // Without new privileges what the bounding set has beyond the others cannot be had.
        bool isBound = own.NoNewPrivileges || (own.BoundingSet & ~Kept) == 0;
        string sets = Text($"has {own.Capabilities:x}, could have {own.BoundingSet:x}");
        Add(
            points, "capabilities", isBound && (own.Capabilities & ~Kept) == 0, sets,
            Lack("capabilities", sets));
        Add(
            points, "system calls", own.HasCallFilter,
            Text($"{SystemCallFilter.Describe(StartsPrograms)}, on {own.Threads} threads"),
            Lack("system calls"));
    }

    private static void AddNamespaces(List<SandboxPoint> points)
    {
        foreach (string name in Namespaces)
        {
            string? before = SandboxEntry.Handover?.NamespaceOf(name);
            bool isOwn = before is not null && before != Identity(name);
            Add(
                points, $"own {name} namespace", isOwn, $"{Identity(name)}, the starter's {before}",
                Lack("own mounts", name switch
                {
                    "user" => "would need ports below 1024 and files' owners given up",
                    "pid" => "another process would have to stand for this one; Landlock keeps "
                        + "signals inside, and ptrace ends the process",
                    "ipc" or "uts" => $"{NeedsRoot}; calls that would need it end the process",
                    _ => $"{NeedsRoot}; files are closed by Landlock",
                }));
        }
    }

    private static void AddFiles(List<SandboxPoint> points)
    {
        int version = s_landlock;
        Add(
            points, "files", AreFilesClosed(), Text($"by Landlock, version {version}"),
            Lack("files"));
        Add(
            points, "signals", AreFilesClosed() && version >= ScopesVersion,
            "stay among this process and those beside it",
            Lack("files", Text($"Landlock's version {version} has no scope of signals")));
    }

    private static void AddOfProcess(List<SandboxPoint> points)
    {
        Add(
            points, "memory hidden", CurrentProcess.IsMemoryHidden, "not dumpable, not traceable",
            Lack(""));
        Add(
            points, "no core files", ProcessConfinement.AreCoresForbidden, "RLIMIT_CORE is 0",
            Lack(""));
        Add(
            points, "inherited descriptors", SandboxEntry.Handover is not null,
            "closed, but those that options and systemd name", Lack(""));
        Add(
            points, "no programs", SandboxEntry.Handover is not null && !StartsPrograms,
            "none can be started", StartsPrograms
                ? "started for the desktop's proxy settings or for ssh" : Lack(""));
    }

    private static bool StartsPrograms => SandboxEntry.Handover?.StartsPrograms == true;

    private static SandboxPoint Beside(int id, SandboxState state)
    {
        List<string> has = [];
        has.AddRange(state.NoNewPrivileges ? ["no new privileges"] : []);
        has.AddRange(state.HasCallFilter ? ["system calls filtered"] : []);
        has.AddRange(state.Capabilities == 0 ? ["no capabilities"] : []);
        bool isAll = has.Count == 3;
        has.AddRange(state.IsInOwnNamespace
            ? ["own user, network, IPC, UTS and PID namespaces"] : []);
        return new SandboxPoint(
            $"process '{state.Name}'", isAll, Text($"{id}: {string.Join(", ", has)}"));
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

    /// <summary>Which namespace of a kind this process is in.</summary>
    public static string Identity(string name)
    {
        try
        {
            return File.ResolveLinkTarget($"/proc/self/ns/{name}", returnFinalTarget: false)
                is FileSystemInfo target ? target.Name : "unknown";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "unknown";
        }
    }

    // What the host did not allow, else why it was left out.
    private static string Lack(string what, string otherwise = "not given up")
    {
        if (SandboxEntry.Handover is null)
        {
            return "there is no sandbox: sandbox.mode is off, or this build compiles itself";
        }

        return SandboxEntry.Lacks.FirstOrDefault(
            lack => what.Length > 0 && lack.StartsWith(what, StringComparison.Ordinal))
            is string lack ? $"this host does not allow {lack}" : otherwise;
    }

    private static void Add(
        List<SandboxPoint> points, string name, bool isInForce, string detail, string reason) =>
        points.Add(new SandboxPoint(name, isInForce, isInForce ? detail : reason));

    private static string Text(FormattableString text) =>
        text.ToString(CultureInfo.InvariantCulture);
}
