using Slipway.Load.Site;

namespace Slipway.Load.Engines;

/// <summary>A veth pair: the kernel alone, which no engine in user mode reaches.</summary>
internal sealed class VethEngine() : LoadEngine("veth")
{
    public override string Target => "10.88.0.1";

    public override string Forwarded => "10.88.0.2";

    public override string Version => "the kernel alone, two namespaces joined by a veth pair";

    public override RunningProgram? Start(LoadSite site)
    {
        NetworkNamespace.Ip("link", "add", "tap0", "netns", site.Guest.Name, "type", "veth",
            "peer", "name", "veth0", "netns", site.Host.Name);
        site.Host.Configure(
            $"link set veth0 mtu {site.MtuBytes} up", $"addr add {Target}/24 dev veth0");
        site.Guest.Configure(
            $"link set tap0 mtu {site.MtuBytes} up", $"addr add {Forwarded}/24 dev tap0",
            $"route add default via {Target}");
        return null;
    }
}
