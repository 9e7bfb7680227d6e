using Slipway.Load.Peers;
using Slipway.Load.Site;

namespace Slipway.Load.Engines;

/// <summary>`slipway run`, the published binary.</summary>
internal sealed class SlipwayEngine(string binary) : LoadEngine("slipway")
{
    public override string Version => RunningProgram.Run(
        TimeSpan.FromSeconds(10), binary, "version").Trim();

    public override RunningProgram Start(LoadSite site) => site.Host.Start([
        binary, "run", "--link", $"tap:tap0,netns={site.Guest.Path}", "--mtu", $"{site.MtuBytes}",
        .. PublishedTcpPorts.SelectMany(port =>
            new[] { "--publish", $"0.0.0.0:{port}:{port}/tcp" }),
        "--publish", Datagrams,
    ]);

    private static string Datagrams
    {
        get
        {
            int port = LoadSite.GuestPort + PeerPorts.Datagram;
            return $"0.0.0.0:{port}:{port}/udp";
        }
    }
}
