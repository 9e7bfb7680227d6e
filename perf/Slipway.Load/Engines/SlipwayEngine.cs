using Slipway.Linux;
using Slipway.Load.Peers;
using Slipway.Load.Site;

namespace Slipway.Load.Engines;

/// <summary>`slipway run`, the published binary.</summary>
internal sealed class SlipwayEngine(string binary) : LoadEngine("slipway")
{
    private const int Flows = 110_000;

    public override string Version => RunningProgram.Run(
        TimeSpan.FromSeconds(10), binary, "version").Trim();

    public override bool SpeaksVhostUser => true;

    public override RunningProgram Start(LoadSite site) => site.Host.Start([
        binary, "run", "--link", $"tap:tap0,netns={site.Guest.Path}",
        "--link", $"vhost-user:{site.VhostSocket}", "--mtu", $"{site.MtuBytes}",
        .. PublishedTcpPorts.SelectMany(port =>
            new[] { "--publish", $"0.0.0.0:{port}:{port}/tcp" }),
        "--publish", Datagrams, .. MoreFlows(site),
    ]);

    // 16,384 TCP flows are the default; more only where descriptors allow more.
    private static string[] MoreFlows(LoadSite site)
    {
        (_, ulong hard) = CurrentProcess.DescriptorLimit;
        if (hard < 2 * Flows)
        {
            return [];
        }

        string path = Path.Combine(site.Directory, "slipway.json");
        File.WriteAllText(path, $$"""{ "limits": { "tcpFlows": {{Flows}} } }""");
        return ["--config", path];
    }

    private static string Datagrams
    {
        get
        {
            int port = LoadSite.GuestPort + PeerPorts.Datagram;
            return $"0.0.0.0:{port}:{port}/udp";
        }
    }
}
