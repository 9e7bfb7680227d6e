using System.Globalization;
using Slipway.Engine;

namespace Slipway;

/// <summary>Ports that only the privileged may bind, and the ways to have them.</summary>
internal static partial class HostChecks
{
    private const int CapabilityNetBindService = 10;

    private static Finding LowPorts()
    {
        const string Check = "low ports";
        string start = Read("/proc/sys/net/ipv4/ip_unprivileged_port_start") ?? "1024";
        if (start == "0" || HasBindCapability())
        {
            return new Finding(Check, Verdict.Ok, "every port can be published");
        }

        const string Helper = EngineConfiguration.DefaultHelperPath;
        return File.Exists(Helper)
            ? new Finding(
                Check, Verdict.Ok,
                $"ports below {start} are bound by `slipway helper` at {Helper}, as it allows")
            : new Finding(
                Check, Verdict.Warn, $"ports below {start} cannot be published",
                "publish a higher port; or as root one of: sysctl -w "
                    + "net.ipv4.ip_unprivileged_port_start=80 (for everybody), setcap "
                    + "cap_net_bind_service=ep on the slipway binary (for who may run it), or "
                    + "slipway-helper.socket and `slipway helper --allow 80,443 --user NAME` (for "
                    + "that user and those ports)");
    }

    // CapEff in /proc/self/status (proc(5)).
    private static bool HasBindCapability()
    {
        const string Field = "CapEff:";
        foreach (string line in (Read("/proc/self/status") ?? "").Split('\n'))
        {
            if (line.StartsWith(Field, StringComparison.Ordinal))
            {
                return ulong.TryParse(
                    line.AsSpan(Field.Length).Trim(), NumberStyles.HexNumber,
                    CultureInfo.InvariantCulture, out ulong effective)
                    && (effective >> CapabilityNetBindService & 1) != 0;
            }
        }

        return false;
    }
}
