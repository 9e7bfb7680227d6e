namespace Slipway.SystemTests.Harness;

/// <summary>
/// The control: a veth pair in the TAP's place, and the host namespace's kernel as the engine.
/// </summary>
public sealed class KernelRouter : IDisposable
{
    private readonly NetworkNamespace host;

    public KernelRouter(Site site, Guest guest, int mtuBytes)
    {
        host = site.Host;
        NetworkNamespace.Ip("link", "add", Guest.Interface, "netns", guest.Namespace.Name,
            "type", "veth", "peer", "name", "gateway0", "netns", host.Name);
        // Frames as they would be on a wire: without checksums left to be filled in by a device,
        // and one by one.
        guest.Run("ethtool", "-K", Guest.Interface, "tx", "off", "gro", "off").OrFail();
        host.Run("ethtool", "-K", "gateway0", "tx", "off", "gro", "off", "tso", "off", "gso", "off")
            .OrFail();
        host.Set("net.ipv4.ip_forward", "1");
        host.Set("net.ipv4.icmp_ratelimit", "0");
        host.Configure(
            $"link set gateway0 address {Addresses.GatewayMac} mtu {mtuBytes} up",
            $"addr add {Addresses.Gateway}/24 dev gateway0");
        guest.Namespace.Configure(
            $"link set {Guest.Interface} mtu {mtuBytes} up",
            $"addr add {Addresses.FirstGuest}/24 dev {Guest.Interface}",
            $"route add default via {Addresses.Gateway}");
    }

    public void Dispose() => host.Configure("link del gateway0");
}
