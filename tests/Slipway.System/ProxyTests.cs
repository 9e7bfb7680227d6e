using System.Globalization;
using System.Text.Json.Nodes;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>
/// The proxy on the gateway, used by stock programs; nginx outside is the server, tinyproxy on the
/// host an upstream.
/// </summary>
public sealed class ProxyTests(Site site, ITestOutputHelper output) : SystemTest(site, output)
{
    private const string Proxy = $"http://{Addresses.Gateway}:3128";
    private const string Socks = $"{Addresses.Gateway}:1080";
    private const int UpstreamPort = 8_888;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [SlipwayFact]
    public void HttpProxy_UsedByCurlAndWget_GivesPagesAndTunnels()
    {
        using WebServer web = new(Site.OutsideNamespace);
        Guest guest = StartGuest();
        Assert.Equal(Digest(web), Fetch(guest, "http", web, "-x", Proxy));
        Assert.Equal(Digest(web), Fetch(guest, "http", web, "-p", "-x", Proxy));
        Assert.Equal(Digest(web), Fetch(guest, "https", web, "-x", Proxy));
        ProgramResult both = guest.Run(
            "curl", "-sSf", "-m", "20", "-x", Proxy, $"http://{Site.Outside}:{Site.Port}/",
            "--next", "-sSf", "-m", "20", "-p", "-x", Proxy,
            $"http://{Site.Outside}:{Site.Port}/");
        Assert.Equal(3, both.OrFail().Output.Split("hello from the host").Length);
        ProgramResult page = guest.Run(
            "env", $"http_proxy={Proxy}", "wget", "-q", "-O-", "--tries=1", "--timeout=20",
            $"http://{WebServer.Name}/hello");
        Assert.Equal("hello from nginx", page.OrFail().Output.Trim());
        ProgramResult itself = guest.Run("curl", "-sS", "-m", "10", $"{Proxy}/");
        Assert.Contains("http_proxy", itself.OrFail().Output, StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void Socks_UsedByCurl_TakesNamesAndAddressesOfBothFamilies()
    {
        using WebServer web = new(Site.OutsideNamespace);
        Guest guest = StartGuest();
        foreach (string scheme in (string[])["http", "https"])
        {
            Assert.Equal(
                Digest(web), Fetch(guest, scheme, web, "-x", $"socks5h://{Socks}"));
        }

        foreach (string url in (string[])[
            $"http://{Site.Outside}:7000/", $"http://[{Site.Outside6}]:7000/",
            $"http://{Addresses.HostAlias}:7000/"])
        {
            ProgramResult page = guest.Run(
                "curl", "-sS", "-g", "-m", "20", "-x", $"socks5://{Socks}", url).OrFail();
            Assert.Contains("hello from the host", page.Output, StringComparison.Ordinal);
        }
    }

    [SlipwayTheory]
    [InlineData($"PROXY:{Addresses.Gateway}:{Site.Outside}:7000,proxyport=3128")]
    [InlineData($"PROXY:{Addresses.Gateway}:{Addresses.HostAlias}:7000,proxyport=3128")]
    public void Tunnel_UsedBySocat_CarriesBothWaysAndHalfCloses(string way)
    {
        Guest guest = StartGuest();
        using RunningProgram relay = guest.Namespace.Start(
            "socat", "-t", "60", "TCP-LISTEN:9000,reuseaddr,fork", way);
        Eventually.Holds(Patience, "socat listens", () => guest.Run("ss", "-Hltn").Output
            .Contains(":9000", StringComparison.Ordinal));
        foreach (string what in (string[])["up", "down", "guest-ends-first", "host-ends-first"])
        {
            JsonObject result = guest.Does(what, "127.0.0.1", "9000", $"{8 << 20}");
            Assert.Equal((string?)result["sent"], (string?)result["got"]);
        }
    }

    [SlipwayFact]
    public void Interception_WithAnUpstream_SendsNamesToItUnknownToTheGuest()
    {
        using WebServer web = new(Site.OutsideNamespace);
        using RunningProgram upstream = StartTinyproxy(out string log);
        Guest guest = StartGuest(1500, "--proxy", $"http://127.0.0.1:{UpstreamPort}");
        string[] known =
        [
            "--resolve", $"{WebServer.Name}:80:{Site.Outside}",
            "--resolve", $"{WebServer.Name}:443:{Site.Outside}",
        ];
        Assert.Equal(Digest(web), Fetch(guest, "http", web, known));
        Assert.Equal(Digest(web), Fetch(guest, "https", web, known));
        guest.Run("curl", "-sSk", "-m", "20", $"https://{Site.Outside}/hello").OrFail();
        ProgramResult tls = guest.Run(
            "sh", "-c", $"echo | openssl s_client -connect {Site.Outside}:443 "
                + $"-servername {WebServer.Name} -CAfile {web.AuthorityPath} -verify_return_error");
        Assert.Contains("Verify return code: 0", tls.OrFail().Output, StringComparison.Ordinal);

        // Other ports and the host alias go their own way.
        guest.Run("curl", "-sSf", "-m", "20", $"http://{Site.Outside}:7000/").OrFail();
        Eventually.Holds(Patience, "tinyproxy has told", () => File.ReadAllText(log)
            .Contains($"CONNECT {Site.Outside}:443", StringComparison.Ordinal));
        string said = File.ReadAllText(log);
        Assert.Contains($"GET http://{WebServer.Name}/blob", said, StringComparison.Ordinal);
        Assert.Contains($"CONNECT {WebServer.Name}:443", said, StringComparison.Ordinal);
        Assert.DoesNotContain(":7000", said, StringComparison.Ordinal);
        Assert.Equal(Digest(web), Fetch(guest, "https", web, "-x", Proxy));
    }

    [SlipwayFact]
    public void Interception_WhoseUpstreamIsGone_IsARefusedConnect()
    {
        Guest guest = StartGuest(1500, "--proxy", $"http://127.0.0.1:{UpstreamPort + 1}");
        foreach (string scheme in (string[])["http", "https"])
        {
            ProgramResult page = guest.Run(
                "curl", "-sSk", "-m", "30", $"{scheme}://{Site.Outside}/");
            Assert.Equal(7, page.ExitStatus); // it could not connect
        }

        JsonObject told = guest.Does("attempt", Site.Outside, "443");
        Assert.Equal("ECONNREFUSED", (string?)told["error"]);
    }

    [SlipwayFact]
    public void SlowHeads_OfOneGuest_DoNotKeepAnotherOut()
    {
        Guest[] guests = [Own(new Guest()), Own(new Guest())];
        StartEngine(guests.Select(guest => Link(guest)));
        using RunningProgram slow = guests[0].Namespace.Start(
            "python3", Repository.Tool("proxies.py"), "slow", Addresses.Gateway, "3128", "200");
        slow.ReadUntil("ready", Patience);
        foreach (string option in (string[])["-x", "-px"])
        {
            ProgramResult page = guests[1].Run(
                "curl", "-sSf", "-m", "9", option, Proxy, $"http://{Site.Outside}:7000/").OrFail();
            Assert.Contains("hello from the host", page.Output, StringComparison.Ordinal);
        }
    }

    [SlipwayFact]
    public void Tunnels_OneAfterAnother_LeaveNoDescriptorBehind()
    {
        Guest guest = StartGuest();
        Tunnel(guest, 20);
        int before = Engine!.DescriptorCount;
        Tunnel(guest, 1_000);
        Eventually.Holds(Patience, "the descriptors are as before", () =>
            Engine.DescriptorCount <= before + 3);
    }

    [SlipwayFact]
    public void Tunnel_BesideADirectConnection_IsAsFast()
    {
        const long bytes = 1L << 30;
        using WebServer web = new(Site.OutsideNamespace);
        web.AddLarge(bytes);
        Guest guest = StartGuest(1500);
        ProgramResult result = guest.Run(
            TimeSpan.FromMinutes(5), "python3", Repository.Tool("proxies.py"), "race",
            Addresses.Gateway, "3128", $"{Site.Outside}:80", $"{bytes}", "5").OrFail();
        JsonObject times = Guest.Parse(result.Output);
        double direct = Median(times["direct"]!);
        double connect = Median(times["connect"]!);
        Note(string.Create(
            CultureInfo.InvariantCulture,
            $"1 GiB: direct {direct:F2} s, CONNECT {connect:F2} s, {connect / direct:F3}"));
        Note($"{times}");
        Assert.InRange(connect / direct, 0, 2); // told, and not judged: the machine may be busy
    }

    private static double Median(JsonNode times) =>
        times.AsArray().Select(time => (double)time!).Order().ElementAt(2);

    private static void Tunnel(Guest guest, int count) => guest.Run(
        TimeSpan.FromMinutes(2), "python3", Repository.Tool("proxies.py"), "tunnels",
        Addresses.Gateway, "3128", $"{Site.Outside}:7000", $"{count}").OrFail();

    private static string Fetch(
        Guest guest, string scheme, WebServer web, params IEnumerable<string> options)
    {
        ProgramResult result = guest.Run(
            Patience,
            ["sh", "-c", "curl -sSf -m 50 \"$@\" | sha256sum", "sh", .. options,
                "--cacert", web.AuthorityPath, $"{scheme}://{WebServer.Name}/blob"]);
        Assert.True(result.Errors.Trim().Length == 0, $"{result}");
        return result.OrFail().Output.Split(' ')[0];
    }

    private static string Digest(WebServer web) => RunningProgram.Run(
        Patience, "sha256sum", web.BlobPath).OrFail().Output.Split(' ')[0];

    private RunningProgram StartTinyproxy(out string log)
    {
        string folder = Directory.CreateTempSubdirectory("slipway-upstream-").FullName;
        string path = $"{folder}/log";
        File.WriteAllText($"{folder}/conf", $"""
            Port {UpstreamPort}
            Listen 127.0.0.1
            LogFile "{path}"
            LogLevel Info
            Timeout 60
            DisableViaHeader Yes
            """ + "\n");
        RunningProgram upstream = Site.Host.Start("tinyproxy", "-d", "-c", $"{folder}/conf");
        Eventually.Holds(Patience, "tinyproxy listens", () => Site.Host.Run("ss", "-Hltn").Output
            .Contains($":{UpstreamPort}", StringComparison.Ordinal));
        log = path;
        return upstream;
    }
}
