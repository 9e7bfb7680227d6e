using System.Text.Json.Nodes;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>
/// Neighbor discovery as stock programs and the guest's kernel see it, and a host that loses its
/// IPv6 route under load.
/// </summary>
public sealed class NeighborDiscoveryTests(Site site, ITestOutputHelper output)
    : SystemTest(site, output)
{
    private const string GatewayLinkLocal = "fe80::5894:efff:fee4:cdd";
    private const int TransferBytes = 128 << 20;

    [SlipwayFact]
    public void Rdisc6_IsToldPrefixMtuNamesAndRouter()
    {
        Guest guest = StartGuest(1500);
        string told = guest.Run("rdisc6", "-1", "-r", "3", Guest.Interface).OrFail().Output;
        Note(told);
        foreach (string line in (string[])[
            "Router lifetime +: +1800 ", "Source link-layer address: 5A:94:EF:E4:0C:DD",
            "MTU +: +1500 bytes \\(valid\\)", "Prefix +: fd5a:94ef:e40c::/64",
            "On-link +: +Yes", "Autonomous address conf.: +Yes",
            $"Recursive DNS server +: {Addresses.Gateway6}", "DNS search list +: internal",
            $"from {GatewayLinkLocal}"])
        {
            Assert.Matches(line, told);
        }
    }

    [SlipwayFact]
    public void Addresses_OfTheEngine_AreAtTheGatewaysMacAndNobodyElses()
    {
        string[] addresses = [Addresses.Gateway6, Addresses.HostAlias6, GatewayLinkLocal];
        Guest guest = StartBareGuests(1)[0];
        guest.AwaitIpv6();
        foreach (string address in addresses)
        {
            string mac = guest.Run("ndisc6", "-1", "-q", "-r", "3", address, Guest.Interface)
                .OrFail().Output.Trim();
            Assert.Equal(Addresses.GatewayMac, mac, ignoreCase: true);
        }

        guest.Namespace.Configure(
            addresses.Select(address => $"addr add {address}/64 dev {Guest.Interface}"));
        Eventually.Holds(
            TimeSpan.FromSeconds(10), "the guest finds the addresses taken",
            () => guest.Run("ip", "-6", "addr", "show", "dev", Guest.Interface, "dadfailed")
                .Output is string taken
                && addresses.All(address =>
                    taken.Contains($"inet6 {address}/64", StringComparison.Ordinal)));
    }

    /// <summary>
    /// The receiver reads nothing at first, so that the transfer is not over when the route goes.
    /// </summary>
    [SlipwayTheory]
    [InlineData("up", "stall 2")]
    [InlineData("down", "2")]
    public void Transfer_WhileTheHostsRouteGoesAndComes_IsWhole(string direction, string stall)
    {
        Guest guest = StartGuest(1500);
        guest.AwaitIpv6();
        using RunningProgram transfer = guest.Starts(
            direction, Site.Outside6, $"{Site.Port}", $"{TransferBytes}", stall);
        Eventually.Holds(
            TimeSpan.FromSeconds(10), "the transfer has begun",
            () => guest.Run("ss", "-6tnH", "state", "established").Output
                .Contains($"[{Site.Outside6}]:{Site.Port}", StringComparison.Ordinal));
        Site.Host.Configure($"-6 route del {Site.DefaultRoute6}");
        try
        {
            Eventually.Holds(
                TimeSpan.FromSeconds(5), "the guest's default route goes",
                () => !guest.HasIpv6DefaultRoute);
            Assert.False(transfer.HasExited);
        }
        finally
        {
            Site.Host.Configure($"-6 route add {Site.DefaultRoute6}");
        }

        Eventually.Holds(
            TimeSpan.FromSeconds(5), "the guest's default route comes",
            () => guest.HasIpv6DefaultRoute);
        JsonObject result = Guest.Parse(transfer.ReadLine(TimeSpan.FromSeconds(30)));
        Assert.Equal((string?)result["sent"], (string?)result["got"]);
        Note($"{direction}: {result["ms"]} ms");
    }
}
