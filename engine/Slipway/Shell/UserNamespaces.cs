using System.Globalization;
using Slipway.Linux;

namespace Slipway;

/// <summary>What the host allows of user namespaces, and how to allow more.</summary>
internal static class UserNamespaces
{
    private const int SysAdminCapability = 21;

    /// <summary>
    /// Root with CAP_SYS_ADMIN makes and enters namespaces without a user namespace.
    /// </summary>
    public static bool IsPrivileged { get; } = CurrentProcess.EffectiveUserId == 0 && HasSysAdmin();

    /// <summary>
    /// Why one cannot be made, as far as the kernel's settings tell; null when they allow it.
    /// </summary>
    public static string? Refusal()
    {
        if (!File.Exists("/proc/self/ns/user"))
        {
            return "this kernel has no user namespaces; boot one with CONFIG_USER_NS, or run "
                + "slipway as root";
        }

        if (Setting("/proc/sys/user/max_user_namespaces") == 0)
        {
            return "user namespaces are switched off; allow them with `sysctl -w "
                + "user.max_user_namespaces=15000`";
        }

        if (Setting("/proc/sys/kernel/unprivileged_userns_clone") == 0)
        {
            return "user namespaces are for root only; allow them with `sysctl -w "
                + "kernel.unprivileged_userns_clone=1`";
        }

        return Setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1
            ? "AppArmor keeps capabilities from user namespaces; allow them with "
                + "`sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`, or with a profile "
                + "that has `userns,` for this binary"
            : null;
    }

    private static long? Setting(string path)
    {
        try
        {
            return long.Parse(File.ReadAllText(path).Trim(), CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (
            e is IOException or UnauthorizedAccessException or FormatException)
        {
            return null;
        }
    }

    private static bool HasSysAdmin()
    {
        const string Key = "CapEff:\t";
        foreach (string line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith(Key, StringComparison.Ordinal))
            {
                ulong set = ulong.Parse(
                    line.AsSpan(Key.Length), NumberStyles.AllowHexSpecifier,
                    CultureInfo.InvariantCulture);
                return ((set >> SysAdminCapability) & 1) != 0;
            }
        }

        return false;
    }
}
