using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>
/// The host loses one of two ways out: connections by it end, all others go on, and new ones take
/// the way that is left.
/// </summary>
public sealed class UplinkTests(Site site, ITestOutputHelper output) : SystemTest(site, output)
{
    // A second cable to the same neighbour.
    private const string Second = "10.89.0.1";
    private const string OwnOfSecond = "10.89.0.2/24";

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    [SlipwayFact]
    public void Address_OfOneUplinkRemoved_EndsItsConnectionsAtOnceAndNoOthers()
    {
        NetworkNamespace.Ip("link", "add", "up1", "netns", Site.Host.Name, "type", "veth",
            "peer", "name", "down1", "netns", Site.OutsideNamespace.Name);
        try
        {
            Site.OutsideNamespace.Configure(
                $"addr add {Second}/24 dev down1", "link set down1 up");
            Site.Host.Configure($"addr add {OwnOfSecond} dev up1", "link set up1 up");
            using RunningProgram services =
                Site.StartServices(Site.OutsideNamespace, Second, Site.Port);
            Guest guest = StartGuest();
            using RunningProgram lost = Open(guest, "await-end", Second, $"{Site.Port + 1}");
            using RunningProgram kept = Open(
                guest, "keep-open", Site.Outside, $"{Site.Port + 1}", "2");

            // A VPN that comes up takes no address away, and neither does one that comes back.
            Site.Host.Configure(
                "link add vpn0 type veth peer name vpn1", "link set vpn1 up", "link set vpn0 up",
                "addr add 10.88.0.1/24 dev vpn0",
                "route add 0.0.0.0/1 dev vpn0", "route del 0.0.0.0/1 dev vpn0", "link del vpn0",
                $"addr del {OwnOfSecond} dev up1", $"addr add {OwnOfSecond} dev up1");
            Thread.Sleep(1_000);
            Assert.Contains("stranded 0", Engine!.Report(), StringComparison.Ordinal);

            Site.Host.Configure($"addr del {OwnOfSecond} dev up1");
            Assert.Equal("ECONNRESET", (string?)Guest.Parse(lost.ReadLine(s_limit))["end"]);
            kept.WriteLine("");
            Assert.Equal(2, (int)Guest.Parse(kept.ReadLine(s_limit))["alive"]!);
            foreach (string address in (string[])[Second, Site.Outside])
            {
                Assert.Equal("", (string?)guest.Does("attempt", address, $"{Site.Port}")["error"]);
            }

            Assert.Contains("stranded 1", Engine.Report(), StringComparison.Ordinal);
        }
        finally
        {
            Site.Host.Configure("link del up1");
        }
    }

    private static RunningProgram Open(Guest guest, string what, params string[] arguments)
    {
        RunningProgram program = guest.Starts(what, arguments);
        Guest.Parse(program.ReadLine(s_limit));
        return program;
    }
}
