using Slipway.Load.Site;

namespace Slipway.Load.Engines;

/// <summary>
/// Frames copied between two TAPs and nothing else: the ceiling of an engine on TAP. With offloads,
/// a read or write moves a segment of up to 64 KiB whatever the MTU is.
/// </summary>
internal sealed class TapCopyEngine(bool offloads)
    : LoadEngine(offloads ? "tapcopy-tso" : "tapcopy")
{
    public override string Target => "10.88.0.1";

    public override string Forwarded => "10.88.0.2";

    public override string Version => offloads
        ? "our copy loop between two TAPs, virtio-net header and TSO" :
        "our copy loop between two TAPs";

    public override RunningProgram Start(LoadSite site)
    {
        RunningProgram program = site.Host.Start([
            .. LoadProgram.CommandLine, TapCopyCommand.Name, site.Guest.Path,
            offloads ? "tso" : "plain"]);
        program.ReadLine(TimeSpan.FromSeconds(10));
        site.Host.Configure(
            $"link set tap0 mtu {site.MtuBytes} up", $"addr add {Target}/24 dev tap0");
        site.Guest.Configure(
            $"link set tap0 mtu {site.MtuBytes} up", $"addr add {Forwarded}/24 dev tap0",
            $"route add default via {Target}");
        return program;
    }
}
