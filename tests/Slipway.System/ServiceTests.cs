using System.Text.Json.Nodes;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>Services at addresses and names, and intercepted traffic.</summary>
public sealed class ServiceTests(Site site, ITestOutputHelper output) : SystemTest(site, output)
{
    private const string Name = "registry.internal";
    private const string Virtual = "192.168.127.250";
    private const string Virtual6 = "fd5a:94ef:e40c::fa";
    private const int ManyConnections = 10_000;

    private readonly string _directory =
        Directory.CreateTempSubdirectory("slipway-services-").FullName;

    private string Socket => Path.Combine(_directory, "registry.sock");

    [SlipwayFact]
    public void UnixSocket_FoundByName_CarriesEveryByteAndEitherEnd()
    {
        using RunningProgram server = ServeSocket();
        Guest guest = StartWith(
            $$"""[{ "name": "{{Name}}", "port": 5000, "target": "unix:{{Socket}}" }]""");

        Assert.Contains("hello", Page(guest, $"{Named(guest)}:5000"), StringComparison.Ordinal);
        foreach (string what in (string[])["up", "down", "guest-ends-first", "host-ends-first"])
        {
            JsonObject result = guest.Does(what, Named(guest), "5000", $"{64 << 20}");
            Assert.Equal((string?)result["sent"], (string?)result["got"]);
        }
    }

    [SlipwayFact]
    public void UnixSocket_WhoseServerGoesAndComesBack_IsRefusedMeanwhile()
    {
        Guest guest = StartWith(
            $$"""[{ "address": "{{Virtual}}", "port": 5000, "target": "unix:{{Socket}}" }]""");

        Refused(guest, Virtual, 5000); // nothing there yet
        using (RunningProgram server = ServeSocket())
        {
            Page(guest, $"{Virtual}:5000");
        }

        Assert.True(File.Exists(Socket)); // and nobody listens
        Refused(guest, Virtual, 5000);
        using RunningProgram again = ServeSocket();
        Page(guest, $"{Virtual}:5000");
    }

    [SlipwayFact]
    public void UnixSocket_ThatMayNotBeUsed_IsRefusedAndTheLogSaysWhyOnce()
    {
        using RunningProgram server = ServeSocket();
        RunningProgram.Run(TimeSpan.FromSeconds(5), "chown", "65534", Socket).OrFail();
        File.SetUnixFileMode(Socket, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Guest guest = Own(new Guest());

        // Root without the capability that lets it pass over permissions.
        SlipwayEngine engine = Own(new SlipwayEngine(
            Site, ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"],
            [
                Link(guest), "--config", Configure(
                    $$"""
                    [{ "address": "{{Virtual}}", "port": 5000, "target": "unix:{{Socket}}" }]
                    """),
            ]));
        for (int i = 0; i < 3; i++)
        {
            Refused(guest, Virtual, 5000);
        }

        Assert.Equal(2, engine.Log.Split($"unix:{Socket}: this user may not").Length);
    }

    [SlipwayFact]
    public void UnixSocket_With10000ConnectionsAtOnce_EchoesOnAll()
    {
        using RunningProgram server = ServeSocket();
        Guest guest = StartWith(
            $$"""[{ "address": "{{Virtual}}", "port": 5000, "target": "unix:{{Socket}}.many" }]""");
        using RunningProgram many = guest.Starts("many", Virtual, "5000", $"{ManyConnections}");
        JsonObject result = Guest.Parse(many.ReadLine(TimeSpan.FromSeconds(180)));
        Note($"{result.ToJsonString()}; {Engine!.ResidentKib} KiB");
        Assert.Equal(ManyConnections, (int?)result["open"]);
        Assert.Equal(ManyConnections, (int?)result["echoed"]);
        Assert.Equal(ManyConnections, (int?)result["again"]);
    }

    [SlipwayFact]
    public void VirtualAddress_BesideItsService_AnswersPingsAndRefusesTheRest()
    {
        Guest guest = StartWith($$"""
            [
              { "address": "{{Virtual}}", "port": 80, "target": "tcp:127.0.0.1:{{Site.Port}}" },
              { "address": "{{Virtual}}", "port": 7000, "target": "udp:127.0.0.1:{{Site.Port}}" },
              { "address": "203.0.113.9", "port": 80, "target": "tcp:[::1]:{{Site.Port}}" }
            ]
            """);
        foreach (string address in (string[])[Virtual, "203.0.113.9"])
        {
            Assert.Contains("hello", Page(guest, address), StringComparison.Ordinal);
            guest.Run("ping", "-n", "-c2", "-i0.2", "-W2", address).OrFail();
            Refused(guest, address, 81);
        }

        JsonObject echo = guest.Does("datagram-echo", Virtual, "7000", "1", "1472", "9000");
        Assert.Equal("[]", echo["lost"]!.ToJsonString());
        JsonObject error = guest.Does("datagram-error", Virtual, "7001");
        Assert.Contains("ECONNREFUSED", error.ToJsonString(), StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void VirtualAddress_OfIPv6_IsServedPingedAndRefusedBeside()
    {
        using RunningProgram server = ServeSocket();
        string path = Configure($$"""
            [{ "name": "{{Name}}", "address": "{{Virtual6}}", "port": 80,
               "target": "unix:{{Socket}}" }]
            """);
        Guest guest = StartGuest(1500, "--config", path, "--ipv6", "on");
        guest.AwaitIpv6();
        Assert.Contains("hello", Page(guest, $"[{Virtual6}]"), StringComparison.Ordinal);
        guest.Run("ping", "-n", "-c2", "-i0.2", "-W2", Virtual6).OrFail();
        Refused(guest, Virtual6, 81);
        Assert.Equal(Virtual6, Dig(guest, Name, "AAAA"));
    }

    [SlipwayFact]
    public void VirtualAddress_ThatAGuestClaims_StaysTheServices()
    {
        Guest first = Own(new Guest());
        Guest second = Own(new Guest());
        StartEngine(Link(first), Link(second), "--mtu", "1500", "--config", Configure($$"""
            [{ "address": "{{Virtual}}", "port": 80, "target": "tcp:127.0.0.1:{{Site.Port}}" }]
            """));
        Page(first, Virtual);
        second.Namespace.Configure($"addr add {Virtual}/24 dev {Guest.Interface}");
        second.Does("spoof-gateway", Guest.Interface, Virtual, Addresses.GatewayMac);
        string neighbour = first.Run("ip", "neigh", "show", Virtual).Output;
        Assert.Contains(Addresses.GatewayMac, neighbour, StringComparison.Ordinal);
        first.Run("ip", "neigh", "flush", "all").OrFail();
        Assert.Contains("hello", Page(first, Virtual), StringComparison.Ordinal);
        Assert.Matches(" SpoofedAddress [1-9]", Engine!.Report());
    }

    [SlipwayFact]
    public void InterceptedTraffic_GoesToTheHostAndTheRestItsOwnWay()
    {
        Guest guest = StartGuest(1500, "--config", Configure(
            "[]",
            $$"""
            [{ "destination": "10.98.0.0/16", "ports": "80-90",
               "target": "tcp:127.0.0.1:{{Site.Port}}" }]
            """));
        Assert.Contains("hello", Page(guest, $"{Site.Outside}:85"), StringComparison.Ordinal);
        Assert.Contains("hello", Page(guest, $"{Site.BlackHole}:80"), StringComparison.Ordinal);
        Page(guest, $"{Site.Outside}:{Site.Port}");
        Refused(guest, Site.Outside, 91);
    }

    [SlipwayFact]
    public void PortOfTheGateway_LeadsToTheHost()
    {
        Guest guest = StartWith($$"""
            [{ "address": "gateway", "port": 8080, "target": "tcp:127.0.0.1:{{Site.Port}}" }]
            """);
        Assert.Contains(
            "hello", Page(guest, $"{Addresses.Gateway}:8080"), StringComparison.Ordinal);
        Refused(guest, Addresses.Gateway, 8081);
        Assert.Equal(Addresses.Gateway, Dig(guest, "gateway.internal", "A"));
    }

    [SlipwayFact]
    public void TargetWithAName_IsLookedUpForEachConnectionAndHoldsUpNobody()
    {
        Guest guest = StartWith($$"""
            [
              { "name": "a.services", "port": 80, "target": "tcp:localhost:{{Site.Port}}" },
              { "name": "a.services", "port": 81, "target": "tcp:missing.test:80" },
              { "name": "a.services", "port": 82, "target": "tcp:slow.test:80" },
              { "name": "a.services", "port": 7000, "target": "udp:localhost:{{Site.Port}}" }
            ]
            """);
        string address = Dig(guest, "a.services", "A");
        Assert.Equal("192.168.127.253", address);
        Assert.Contains("hello", Page(guest, address), StringComparison.Ordinal);
        Assert.Equal(
            "EHOSTUNREACH", (string?)guest.Does("attempt", address, "81")["error"]);
        JsonObject echo = guest.Does("datagram-echo", address, "7000", "1", "1472");
        Assert.Equal("[]", echo["lost"]!.ToJsonString());
        Site.Names.Signal("STOP");
        try
        {
            using RunningProgram waits = guest.Starts("attempt", address, "82", "2");
            Page(guest, address);
            Page(guest, $"{Addresses.HostAlias}:{Site.Port}");
            Guest.Parse(waits.ReadLine(TimeSpan.FromSeconds(20)));
        }
        finally
        {
            Site.Names.Signal("CONT");
        }
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Directory.Delete(_directory, recursive: true);
    }

    private Guest StartWith(string services) =>
        StartGuest(WideMtuBytes, "--config", Configure(services));

    private string Configure(string services, string intercept = "[]")
    {
        string path = Path.Combine(_directory, "slipway.json");
        File.WriteAllText(path, $$"""{ "services": {{services}}, "intercept": {{intercept}} }""");
        return path;
    }

    private RunningProgram ServeSocket()
    {
        RunningProgram server =
            new("python3", Repository.Tool("serve.py"), $"unix:{Socket}");
        server.ReadUntil("ready", TimeSpan.FromSeconds(20));
        return server;
    }

    private static string Named(Guest guest) => Dig(guest, Name, "A");

    private static string Dig(Guest guest, string name, string type) => guest.Run(
        "dig", "+short", "+tries=2", "+time=2", $"@{Addresses.Gateway}", name, type)
        .OrFail().Output.Trim();

    private static void Refused(Guest guest, string address, int port) => Assert.Equal(
        "ECONNREFUSED", (string?)guest.Does("attempt", address, $"{port}")["error"]);

    private static string Page(Guest guest, string authority) => guest.Run(
        "curl", "-sSg", "--max-time", "8", $"http://{authority}/").OrFail().Output;
}
