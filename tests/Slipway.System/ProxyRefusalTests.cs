using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>
/// Where guests may not go by the proxy: names that a name server answers with an address of the
/// host's own, as in DNS rebinding.
/// </summary>
public sealed class ProxyRefusalTests(Site site, ITestOutputHelper output)
    : SystemTest(site, output)
{
    private const string Proxy = $"http://{Addresses.Gateway}:3128";
    private const string Server = "127.0.0.3";

    [SlipwayTheory]
    [InlineData("127.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("0.0.0.0")]
    public void Name_ThatLeadsToTheHostItself_IsRefusedAndLogged(string address)
    {
        using RunningProgram names = Site.Host.Start(
            "dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null",
            $"--listen-address={Server}", "--bind-interfaces", "--pid-file=", "--user=root",
            "--local=/test/", $"--host-record=evil.rebind.test,{address}");
        Eventually.Holds(TimeSpan.FromSeconds(30), "the name server answers", () =>
            Site.Host.Run("dig", "+short", "+tries=1", "+time=1", $"@{Server}", "evil.rebind.test")
                .Output.Contains(address, StringComparison.Ordinal));
        string configuration = Path.GetTempFileName();
        File.WriteAllText(
            configuration, $$"""{ "dns": { "domains": { "rebind.test": ["{{Server}}"] } } }""");
        try
        {
            Guest guest = StartGuest(1500, "--config", configuration);
            string url = $"http://evil.rebind.test:{Site.Port}/";
            string status = guest.Run(
                "curl", "-sS", "-m", "30", "-o", "/dev/null", "-w", "%{http_code}", "-x", Proxy,
                url).Output;
            Assert.Equal("403", status);
            string tunnel = guest.Run(
                "curl", "-sS", "-m", "30", "-o", "/dev/null", "-w", "%{http_connect}", "-px", Proxy,
                url).Output;
            Assert.Equal("403", tunnel);
            ProgramResult socks = guest.Run(
                "curl", "-sS", "-m", "30", "-x", $"socks5h://{Addresses.Gateway}:1080", url);
            Assert.Equal(97, socks.ExitStatus); // the SOCKS handshake failed
            Assert.Contains("(2)", socks.Errors, StringComparison.Ordinal);
            Assert.Equal(3, Engine!.Log.Split('\n').Count(
                line => line.Contains("evil.rebind.test", StringComparison.Ordinal)));
        }
        finally
        {
            File.Delete(configuration);
        }
    }
}
