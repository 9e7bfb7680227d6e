using Slipway.Load.Peers;
using Slipway.Load.Site;

namespace Slipway.Load.Engines;

/// <summary>`slipway run`, the published binary.</summary>
/// <param name="path">The binary; null for one of the source as it is now.</param>
/// <param name="isIPv6">The traffic is IPv6 ("slipway6").</param>
internal sealed class SlipwayEngine(string? path, bool isIPv6 = false)
    : LoadEngine(isIPv6 ? "slipway6" : "slipway")
{
    private const string GuestAddress6 = "fd5a:94ef:e40c::2";
    private const int Flows = 110_000;
    private readonly string _binary = path is null ? Publish() : Path.GetFullPath(path);

    public override string Version => RunningProgram.Run(
        TimeSpan.FromSeconds(10), _binary, "version").Trim();

    // The driver of the tests over vhost-user speaks IPv4.
    public override bool SpeaksVhostUser => !isIPv6;

    public override string Target => isIPv6 ? LoadSite.Service6 : LoadSite.Service;

    public override string Forwarded => Target;

    public override RunningProgram Start(LoadSite site) => site.Host.Start([
        _binary, "run", "--link", $"tap:tap0,netns={site.Guest.Path}",
        "--link", $"vhost-user:{site.VhostSocket}", "--mtu", $"{site.MtuBytes}",
        .. PublishedTcpPorts.SelectMany(port =>
            new[] { "--publish", $"{Published(port)}/tcp" }),
        "--publish", $"{Published(LoadSite.GuestPort + PeerPorts.Datagram)}/udp",
        "--ipv6", isIPv6 ? "on" : "auto", .. MoreFlows(site),
    ]);

    public override void Publish(LoadSite site)
    {
        if (isIPv6)
        {
            site.Guest.Configure($"addr add {GuestAddress6}/64 dev tap0 nodad");
        }
    }

    private string Published(int port) => isIPv6
        ? $"[::]:{port}:[{GuestAddress6}]:{port}" : $"0.0.0.0:{port}:{port}";

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
}
