using Slipway.Load.Peers;
using Slipway.Load.Site;

namespace Slipway.Load.Engines;

/// <summary>`slipway run`, the published binary.</summary>
/// <param name="path">The binary; null for one of the source as it is now.</param>
internal sealed class SlipwayEngine(string? path) : LoadEngine("slipway")
{
    private const int Flows = 110_000;
    private readonly string _binary = path is null ? Publish() : Path.GetFullPath(path);

    public override string Version => RunningProgram.Run(
        TimeSpan.FromSeconds(10), _binary, "version").Trim();

    public override bool SpeaksVhostUser => true;

    public override RunningProgram Start(LoadSite site) => site.Host.Start([
        _binary, "run", "--link", $"tap:tap0,netns={site.Guest.Path}",
        "--link", $"vhost-user:{site.VhostSocket}", "--mtu", $"{site.MtuBytes}",
        .. PublishedTcpPorts.SelectMany(port =>
            new[] { "--publish", $"0.0.0.0:{port}:{port}/tcp" }),
        "--publish", Datagrams, .. MoreFlows(site),
    ]);

    // What the source says now, not what was built some time ago.
    private static string Publish()
    {
        string root = LoadProgram.RepositoryRoot;
        RunningProgram.Run(
            TimeSpan.FromMinutes(10), Path.Combine(root, "engine/build/slipway.sh"), "version");
        return Path.Combine(root, "out", "slipway");
    }

    // 16,384 TCP flows are the default; with more, descriptors are the bound.
    private static string[] MoreFlows(LoadSite site)
    {
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
