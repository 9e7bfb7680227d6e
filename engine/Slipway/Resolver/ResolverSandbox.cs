using Slipway.Services;

namespace Slipway;

/// <summary>
/// The files of the processes beside the engine. Nothing is written, and nothing is theirs that is
/// not the engine's too, in whose rules they are already.
/// </summary>
internal static class ResolverSandbox
{
    // Libraries, and what the runtime reads of itself and of the machine as it starts. Later a
    // script's process opens nothing at all: its filter of calls refuses that.
    private static readonly string[] s_toStart =
    [
        "/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib", "/nix/store", "/gnu/store",
        "/run/current-system", "/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/ld.so.conf",
        "/etc/ld.so.conf.d", "/etc/localtime", "/usr/share/zoneinfo", "/proc", "/sys/fs/cgroup",
        "/sys/devices/system", "/sys/kernel/mm",
    ];

    // And what modules of nsswitch.conf read; their sockets are connected to, not opened.
    private static readonly string[] s_toResolve =
    [
        "/etc", "/usr/share", "/run/systemd/resolve", "/run/NetworkManager", "/run/resolvconf",
        "/run/connman", "/run/netconfig", "/run/nscd", "/var/cache/nscd", "/var/db/nscd",
        "/var/lib/sss/mc", "/var/lib/misc", "/var/lib/dbus/machine-id",
    ];

    private static readonly string[] s_devices = ["/dev/urandom", "/dev/random", "/dev/zero"];

    public static SandboxProfile ProfileOf(ResolverRole role)
    {
        bool isNames = role == ResolverRole.Names;
        List<SandboxPath> paths = [.. s_toStart.Select(SandboxPath.ToRead)];
        paths.AddRange(s_devices.Select(SandboxPath.ToRead));
        paths.Add(SandboxPath.ToOpen("/dev/null")); // in the place of standard streams
        paths.AddRange(EngineSandbox.OwnProgram());
        if (isNames)
        {
            paths.AddRange(s_toResolve.Select(SandboxPath.ToRead));
            paths.AddRange(EngineSandbox.FromEnvironment());
        }

        return new SandboxProfile
        {
            Paths = paths,
            BindsTcp = false,

            // D-Bus may be at such a socket, and a module may ask by it.
            ScopesAbstractSockets = !isNames
                || Environment.GetEnvironmentVariable("DBUS_SYSTEM_BUS_ADDRESS") is null,
        };
    }
}
