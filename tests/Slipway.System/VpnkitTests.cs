using System.Text.Json.Nodes;
using Slipway.SystemTests.Harness;

namespace Slipway.SystemTests;

/// <summary>Guests that speak vpnkit's Ethernet protocol, with the kernel of a namespace.</summary>
[Collection(SiteCollection.Name)]
public sealed class VpnkitTests : IDisposable
{
    private const int TransferBytes = 16 << 20;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly Site site;
    private readonly NetworkNamespace guest = new("vpnkit");
    private readonly string folder = Directory.CreateTempSubdirectory("slipway-vpnkit-").FullName;

    public VpnkitTests(Site site)
    {
        this.site = site;
        guest.Configure("link set lo up");
    }

    public void Dispose()
    {
        guest.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [SlipwayFact]
    public void Guest_WithAPreferredAddress_HasItAndTransfersWholeBothWays()
    {
        string path = $"{folder}/vm.sock";
        using SlipwayEngine engine = new(site, $"--link=vpnkit:{path}");
        string? firstMac = null;
        for (int boot = 0; boot < 2; boot++)
        {
            using RunningProgram tap = guest.Start(
                "python3", Repository.Tool("frames_tap.py"), "vpnkit", path, "192.168.127.77");
            string mac = tap.ReadLine(Limit);
            Assert.StartsWith("ready ", mac, StringComparison.Ordinal);
            Assert.Equal(firstMac ??= mac, mac);
            guest.Run(
                Limit, "udhcpc", "-i", "tap0", "-f", "-q", "-n", "-t", "10", "-T", "1", "-s",
                Repository.Tool("configure.sh")).OrFail();
            string addresses = guest.Run("ip", "-4", "addr", "show", "tap0").OrFail().Output;
            Assert.Contains("192.168.127.77/24", addresses, StringComparison.Ordinal);
            foreach (string direction in (string[])["down", "up"])
            {
                JsonObject result = Guest.Parse(guest.Run(
                    Limit, "python3", Repository.Tool("guest.py"), direction,
                    Addresses.HostAlias, $"{Site.Port}", $"{TransferBytes}").OrFail().Output);
                Assert.Equal((string?)result["sent"], (string?)result["got"]);
            }
        }
    }
}
