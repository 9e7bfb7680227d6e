using System.Text.Json.Nodes;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>
/// What the namespace tests show, with a real guest kernel behind `-netdev stream`.
/// </summary>
[Collection(SiteCollection.Name)]
public sealed class QemuTests(Site site, QemuMachine machine, ITestOutputHelper output)
    : IClassFixture<QemuMachine>
{
    private const int TransferBytes = 64 << 20;
    private const int OpenConnections = 5_000;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private readonly Lazy<QemuGuest> booted = new(() => machine.Guest);

    private QemuGuest Guest => booted.Value;

    [SlipwayFact]
    public void Guest_AtBoot_HasALeaseFromAStockClient()
    {
        output.WriteLine(Guest.Greeting);
        string log = Guest.Run(Limit, "cat", "/tmp/dhcp").OrFail().Output;
        Assert.Contains($"lease of {Addresses.FirstGuest} obtained from {Addresses.Gateway}", log,
            StringComparison.Ordinal);
        string addresses = Guest.Run(Limit, "ip", "addr", "show", "eth0").OrFail().Output;
        Assert.Contains("mtu 1500", addresses, StringComparison.Ordinal);
        string names = Guest.Run(Limit, "cat", "/etc/resolv.conf").OrFail().Output;
        Assert.Contains(Addresses.Gateway, names, StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void Ping_OfGatewayHostAndBeyond_IsAnswered()
    {
        foreach (string address in (string[])
            [Addresses.Gateway, Addresses.HostAlias, Site.Outside, Site.Beyond])
        {
            Guest.Run(Limit, "ping", "-n", "-c2", "-i0.2", "-W3", address).OrFail();
        }
    }

    [SlipwayFact]
    public void Ipv6_OfTheGuestsOwnKernel_ReachesGatewayHostAndBeyond()
    {
        Eventually.Holds(TimeSpan.FromSeconds(30), "the guest has an address", () =>
            Guest.Run(Limit, "ip", "-6", "addr", "show", "eth0", "scope", "global")
                .Output is string addresses
            && addresses.Contains(Addresses.Prefix6, StringComparison.Ordinal)
            && !addresses.Contains("tentative", StringComparison.Ordinal));
        foreach (string address in (string[])
            [Addresses.Gateway6, Addresses.HostAlias6, Site.Outside6, Site.Beyond6])
        {
            Guest.Run(Limit, "ping6", "-c2", "-W3", address).OrFail();
        }

        string page = Guest.Run(Limit, "curl", "-gsS", "--max-time", "20",
            $"http://[{Addresses.HostAlias6}]:{Site.Port}/").OrFail().Output;
        Assert.Contains("hello from the host", page, StringComparison.Ordinal);
        JsonObject result =
            Guest.Does(Limit, "down", Addresses.HostAlias6, $"{Site.Port}", $"{TransferBytes}");
        Assert.Equal((string?)result["sent"], (string?)result["got"]);
    }

    [SlipwayTheory]
    [InlineData("")]
    [InlineData("-I")]
    public void Traceroute_ToAnotherMachine_ShowsGatewayAndEveryHop(string method)
    {
        string[] flags = method.Length == 0 ? [] : [method];
        string trace = Guest.Run(Limit,
            ["traceroute", "-n", .. flags, "-q1", "-w3", "-m6", Site.Beyond]).OrFail().Output;
        output.WriteLine(trace);
        Assert.Matches(
            $@"1 +{Addresses.Gateway} [^\n]*\n 2 +{Site.OutsideRouter} [^\n]*\n 3 +{Site.Beyond} ",
            trace);
    }

    [SlipwayFact]
    public void Names_AskedByDig_AreAnsweredOverUdpAndTcpAlsoWhenLarge()
    {
        Assert.Equal(Addresses.HostAlias, Dig("host.internal"));
        Assert.Equal(Addresses.HostAlias, Dig("host.docker.internal", "+tcp"));
        Assert.Equal("192.0.2.1", Dig("a.test"));
        Assert.Equal("2001:db8::2", Dig("both.test", "AAAA"));
        Assert.Equal(12, Dig("large.test", "TXT").Split("tttttttt\"").Length - 1);
    }

    [SlipwayFact]
    public void Curl_ToAHostServiceByItsName_GetsThePage()
    {
        string page = Guest.Run(Limit, "curl", "-sS", "--max-time", "20",
            $"http://host.internal:{Site.Port}/").OrFail().Output;
        Assert.Contains("hello from the host", page, StringComparison.Ordinal);
    }

    [SlipwayTheory]
    [InlineData("up")]
    [InlineData("down")]
    [InlineData("guest-ends-first")]
    [InlineData("host-ends-first")]
    public void Transfer_Of64Mebibytes_ArrivesWhole(string what)
    {
        int bytes = what.EndsWith("first", StringComparison.Ordinal) ? 4 << 20 : TransferBytes;
        JsonObject result =
            Guest.Does(Limit, what, Addresses.HostAlias, $"{Site.Port}", $"{bytes}");
        output.WriteLine($"{what}: {result["ms"]} ms");
        Assert.Equal((string?)result["sent"], (string?)result["got"]);
    }

    [SlipwayFact]
    public void Connect_ToAClosedPort_IsRefusedAtOnce()
    {
        JsonObject result = Guest.Does(Limit, "attempt", Addresses.HostAlias, "9");
        Assert.Equal("ECONNREFUSED", (string?)result["error"]);
        Assert.InRange((double)result["ms"]!, 0, 100);
    }

    [SlipwayFact]
    public void Connect_While200BlackHoledOnesArePending_IsNotHeldUp()
    {
        JsonObject result = Guest.Does(Limit, "black-holed",
            Addresses.HostAlias, $"{Site.Port}", Site.BlackHole, "200");
        output.WriteLine($"{result["median_ms"]} ms, at worst {result["worst_ms"]} ms");
        Assert.InRange((double)result["median_ms"]!, 0, 100);
    }

    [SlipwayFact]
    public void GuestReader_StopsAndResumes_GetsEveryByte()
    {
        JsonObject result = Guest.Does(
            Limit, "down", Addresses.HostAlias, $"{Site.Port}", $"{32 << 20}", "10");
        Assert.Equal((string?)result["sent"], (string?)result["got"]);
    }

    [SlipwayFact]
    public void Connections_ManyOpenAtOnce_AllEcho()
    {
        JsonObject result = Guest.Does(
            Limit, "many", Addresses.HostAlias, $"{Site.Port + 1}", $"{OpenConnections}");
        Assert.Equal(OpenConnections, (int)result["again"]!);
    }

    [SlipwayFact]
    public void Datagrams_OfEverySize_AreEchoed()
    {
        JsonObject result = Guest.Does(Limit, "datagram-echo", Addresses.HostAlias,
            $"{Site.Port}", "0", "1", "1472", "1473", "9000", "65507");
        Assert.Equal("[]", result["lost"]!.ToJsonString());
    }

    [SlipwayFact]
    public void PublishedPorts_UsedFromTheHost_ReachTheGuest()
    {
        Guest.Start("sleep 300 | python3 /tools/serve.py 0.0.0.0 7000");
        ProgramResult? page = null;
        Eventually.Holds(TimeSpan.FromSeconds(30), "the guest's server answers", () =>
        {
            page = site.Host.Run("curl", "-sS", "--max-time", "5",
                $"http://127.0.0.1:{QemuMachine.PublishedPort}/");
            return page.ExitStatus == 0;
        });
        Assert.Contains("hello", page!.Output, StringComparison.Ordinal);
        ProgramResult echo = site.Host.Run(TimeSpan.FromSeconds(30),
            "python3", Repository.Tool("guest.py"), "datagram-echo", "127.0.0.1",
            QemuMachine.PublishedPort, "1", "1472", "9000").OrFail();
        Assert.Contains("\"lost\": []", echo.Output, StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void Guest_OnADatagramSocket_GoesOnlineToo()
    {
        string folder = Directory.CreateTempSubdirectory("slipway-dgram-").FullName;
        try
        {
            using SlipwayEngine engine =
                new(site, $"--link=dgram:{folder}/engine", "--mtu=1500");
            using QemuGuest other = new(site.Host,
                $"dgram,id=n0,local.type=unix,local.path={folder}/qemu," +
                $"remote.type=unix,remote.path={folder}/engine");
            JsonObject result = other.Does(
                Limit, "up", Addresses.HostAlias, $"{Site.Port}", $"{4 << 20}");
            Assert.Equal((string?)result["sent"], (string?)result["got"]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private string Dig(params string[] question) => Guest.Run(Limit,
        ["dig", "+short", "+tries=2", "+time=5", $"@{Addresses.Gateway}", .. question])
        .OrFail().Output.Trim();
}
