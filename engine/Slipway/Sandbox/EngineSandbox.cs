using Slipway.Engine;
using Slipway.Linux;
using Slipway.Services;

namespace Slipway;

/// <summary>
/// What an engine needs while it runs: the files that its configuration names, those that
/// libraries read, and ports below 1024 where it may bind them.
/// </summary>
internal static class EngineSandbox
{
    private const ulong BindsLowPorts = 1UL << Capabilities.NetBindService;
    private const ulong OverridesModes = 1UL << 1; // CAP_DAC_OVERRIDE

    // Programs' own: libraries that are loaded on demand (OpenSSL, NSS), names, certificates, the
    // kernel's tables, what the runtime reads of processors and memory.
    private static readonly string[] s_read =
    [
        "/etc", "/usr", "/lib", "/lib64",
        "/proc", "/sys/fs/cgroup", "/sys/devices", "/sys/class/net",
        "/sys/kernel/mm", "/run/systemd/resolve", "/run/NetworkManager", "/run/resolvconf",
        "/run/connman", "/run/netconfig", "/var/lib/ca-certificates", "/nix/store", "/gnu/store",
        "/run/current-system",
        "/run/nscd", "/var/cache/nscd", "/var/db/nscd", "/var/lib/sss/mc", "/var/lib/misc", // NSS
        "/var/lib/dbus/machine-id", // the D-Bus library, before it connects; a file of its own
    ];

    private static readonly string[] s_programs = ["/usr", "/bin", "/lib", "/lib64", "/nix/store"];

    private static readonly string[] s_devices =
        ["/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"];

    /// <summary>The profile of an engine.</summary>
    /// <param name="configuration">Whose paths are named.</param>
    /// <param name="further">Those that only the command knows of.</param>
    /// <param name="startsPrograms">Whether the command starts some while it runs.</param>
    public static SandboxProfile ProfileOf(
        EngineConfiguration configuration, IReadOnlyList<SandboxPath> further, bool startsPrograms)
    {
        bool asksDesktop = DesktopSettings.AreFollowed(configuration.ProxyUpstream);
        List<SandboxPath> paths = [.. s_read.Select(SandboxPath.ToRead)];
        paths.AddRange(s_devices.Select(SandboxPath.ToOpen));
        paths.AddRange(OwnProgram());
        paths.AddRange(FromEnvironment());
        paths.AddRange(EnginePaths.Of(configuration));
        paths.AddRange(configuration.Sandbox.Paths.Select(SandboxPath.ToUse));
        paths.AddRange(further);
        if (startsPrograms || asksDesktop)
        {
            paths.AddRange(s_programs.Select(SandboxPath.ToRun));
        }

        if (asksDesktop)
        {
            paths.AddRange(OfDesktop());
        }

        bool tellsAbstract =
            Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is ['@', ..]
            || Environment.GetEnvironmentVariable("DBUS_SYSTEM_BUS_ADDRESS") is not null;
        return new SandboxProfile
        {
            Paths = paths,
            KeptCapabilities = BindsLowPorts | (NeedsOverride(paths) ? OverridesModes : 0),
            ScopesAbstractSockets = !tellsAbstract && !asksDesktop,
            ScopesSignals = true,
            StartsPrograms = startsPrograms || asksDesktop,
        };
    }

    // dconf(7): the database, and the file by which it says that it has changed.
    private static IEnumerable<SandboxPath> OfDesktop()
    {
        string home = Environment.GetEnvironmentVariable("HOME") ?? "/";
        string settings = Environment.GetEnvironmentVariable("XDG_CONFIG_HOME")
            ?? Path.Combine(home, ".config");
        yield return SandboxPath.ToRead(Path.Combine(settings, "dconf"));
        yield return SandboxPath.ToRead(Path.Combine(settings, "glib-2.0"));
        if (Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is string folder)
        {
            yield return SandboxPath.ToWrite(Path.Combine(folder, "dconf"));
        }
    }

    /// <summary>
    /// This program, which is executed once more, and what loads it: ld.so, by whatever name.
    /// </summary>
    public static IEnumerable<SandboxPath> OwnProgram()
    {
        yield return SandboxPath.ToRun("/proc/self/exe");
        yield return SandboxPath.ToRun("/bin/sh"); // keeps the processes beside the engine
        if (ProgramPath.Find("unshare") is string unshare)
        {
            yield return SandboxPath.ToRun(unshare); // gives them namespaces
        }

        foreach (string folder in PathsIn("LD_LIBRARY_PATH"))
        {
            yield return SandboxPath.ToRead(folder);
        }

        string[] loaders = ["/lib64", "/lib", "/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu"];
        foreach (string folder in loaders.Where(Directory.Exists))
        {
            foreach (string file in Directory.GetFiles(folder, "ld-*"))
            {
                yield return SandboxPath.ToRun(file);
            }
        }
    }

    // What variables lead libraries to.
    public static IEnumerable<SandboxPath> FromEnvironment()
    {
        // HOSTALIASES is of hostname(7), the others are OpenSSL's.
        foreach (string name in (string[])["SSL_CERT_FILE", "SSL_CERT_DIR", "HOSTALIASES"])
        {
            foreach (string path in PathsIn(name))
            {
                yield return SandboxPath.ToRead(path);
            }
        }

        if (EnginePaths.FolderOf("/etc/resolv.conf") is string folder)
        {
            yield return SandboxPath.ToRead(folder);
        }
    }

    private static IEnumerable<string> PathsIn(string variable) =>
        (Environment.GetEnvironmentVariable(variable)?.Split(':') ?? [])
            .Where(Path.IsPathFullyQualified);

    // Root without this capability is an ordinary user to the files of others: asked on a thread
    // that has given it up, before all of them do.
    private static bool NeedsOverride(List<SandboxPath> paths)
    {
        if (CurrentProcess.EffectiveUserId != 0)
        {
            return false;
        }

        const LandlockAccess writes = LandlockAccess.MakeSocket | LandlockAccess.MakeFile;
        bool isNeeded = false;
        Thread thread = new(() =>
        {
            isNeeded = Capabilities.Lower(~OverridesModes) == 0 && paths.Exists(
                path => (path.Access & writes) != 0 && Path.Exists(path.Path)
                    && !Files.MayWrite(path.Path));
        });
        thread.Start();
        thread.Join();
        return isNeeded;
    }
}
