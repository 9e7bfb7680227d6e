using System.Text.Json.Nodes;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>
/// UDP by SOCKS5: a guest's program speaks it to the gateway, dnsmasq on the host and servers
/// outside answer.
/// </summary>
public sealed class SocksDatagramTests(Site site, ITestOutputHelper output)
    : SystemTest(site, output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [SlipwayFact]
    public void Associate_ToNamesAndAddressesOfBothFamilies_IsAnswered()
    {
        Guest guest = StartGuest(1500);
        JsonObject result = Associate(
            guest, "host.internal:53", $"{Addresses.HostAlias}:53", $"{Site.Outside}:{Site.Port}",
            $"[{Site.Outside6}]:{Site.Port}", $"127.0.0.1:53");
        Assert.Equal(Addresses.Gateway, (string?)result["relay"]![0]);
        JsonNode answers = result["answers"]!;
        foreach (string host in (string[])["host.internal", Addresses.HostAlias])
        {
            Assert.Equal(
                $"192.0.2.1 from {Addresses.HostAlias} 53", (string?)answers[$"{host}:53"]);
        }

        // More than the MTU, in both directions.
        foreach (string host in (string[])[Site.Outside, $"[{Site.Outside6}]"])
        {
            Assert.Equal(
                $"2560 from {host.Trim('[', ']')} {Site.Port}",
                (string?)answers[$"{host}:{Site.Port}"]);
        }

        Assert.Equal("nothing", (string?)answers["127.0.0.1:53"]);
        Assert.True((bool)result["gone"]!, "the port is closed when the connection has ended");
        Assert.Contains("127.0.0.1:53 are dropped", Engine!.Log, StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void Associate_WithoutTheHostAlias_DoesNotReachTheHost()
    {
        Guest guest = StartGuest(1500, "--no-host-alias");
        JsonNode answers = Associate(
            guest, $"{Addresses.HostAlias}:53", $"{Site.Outside}:{Site.Port}")["answers"]!;
        Assert.Equal("nothing", (string?)answers[$"{Addresses.HostAlias}:53"]);
        Assert.NotEqual("nothing", (string?)answers[$"{Site.Outside}:{Site.Port}"]);
    }

    [SlipwayFact]
    public void Associate_WithAnUpstreamAlone_IsRefused()
    {
        Guest guest = StartGuest(1500, "--proxy", "http://127.0.0.1:9");
        Assert.Equal(7, (int?)Associate(guest, $"{Site.Outside}:{Site.Port}")["reply"]);
    }

    private static JsonObject Associate(Guest guest, params IEnumerable<string> targets) =>
        Guest.Parse(guest.Run(
            Patience, ["python3", Repository.Tool("proxies.py"), "datagrams", Addresses.Gateway,
                "1080", .. targets]).OrFail().Output);
}
