using Slipway.Load.Peers;
using Slipway.Load.Site;

namespace Slipway.Load.Engines;

/// <summary>
/// pasta(1) of passt: in the foreground, as root, IPv4 alone, on the guest's existing namespace.
/// </summary>
internal sealed class PastaEngine() : LoadEngine("pasta")
{
    // It refuses to start where SIGPIPE is ignored, which the runtime does and children inherit.
    private static readonly string[] Pasta = ["env", "--default-signal=PIPE", "pasta"];

    public override string Version => FirstLine("passt", [.. Pasta, "--version"]);

    public override RunningProgram Start(LoadSite site) => site.Host.Start([
        .. Pasta, "--foreground", "--ipv4-only", "--runas", "0", "--config-net", "--netns-only",
        "--netns", site.Guest.Path, "--ns-ifname", "tap0", "--mtu", $"{site.MtuBytes}",
        "--tcp-ports", string.Join(',', PublishedTcpPorts),
        "--udp-ports", $"{LoadSite.GuestPort + PeerPorts.Datagram}",
        "--tcp-ns", "none", "--udp-ns", "none"]);
}
