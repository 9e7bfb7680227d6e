using System.Collections;

namespace Slipway;

/// <summary>
/// The variables of the processes beside the engine: what the host's resolver reads, and the
/// bounds of their runtime. None that may hold a password, as http_proxy does.
/// </summary>
internal static class ResolverEnvironment
{
    // glibc (resolver(3), ld.so(8), tzset(3)), and modules of nsswitch.conf.
    private static readonly string[] s_names =
    [
        "HOSTALIASES", "LOCALDOMAIN", "RES_OPTIONS", "TZ", "TZDIR", "LANG",
        "DBUS_SYSTEM_BUS_ADDRESS", "LD_LIBRARY_PATH", "LD_PRELOAD",
    ];

    private static readonly string[] s_beginnings =
        ["RESOLV_", "NSS_", "SYSTEMD_", "LC_", "DOTNET_"];

    // Small heaps that give back, no socket for tools, few arenas of malloc: hexadecimal.
    private static readonly string[] s_runtime =
    [
        "DOTNET_GCHeapHardLimit=6000000", "DOTNET_GCgen0size=100000", "DOTNET_EnableDiagnostics=0",
        "MALLOC_ARENA_MAX=2",
    ];

    /// <summary>As NAME=VALUE each.</summary>
    public static IEnumerable<string> Own()
    {
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            string name = (string)variable.Key;
            if (Array.IndexOf(s_names, name) >= 0 || Array.Exists(
                s_beginnings, one => name.StartsWith(one, StringComparison.Ordinal)))
            {
                bool isOurs = Array.Exists(
                    s_runtime, one => one.StartsWith(name + "=", StringComparison.Ordinal));
                if (!isOurs)
                {
                    yield return $"{name}={variable.Value}";
                }
            }
        }

        foreach (string variable in s_runtime)
        {
            yield return variable;
        }
    }
}
