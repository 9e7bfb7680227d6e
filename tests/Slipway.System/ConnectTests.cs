using System.Text.Json.Nodes;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>The guest hears what the host heard, and no sooner; nobody waits for another.</summary>
public sealed class ConnectTests(Site site, ITestOutputHelper output) : SystemTest(site, output)
{
    private const int OpenConnections = 5_000;
    private const int BlackHoledConnects = 200;

    [SystemFact]
    public void Connect_ToAClosedPort_IsRefusedWithin100Ms()
    {
        Guest guest = StartGuest();
        foreach (string address in (string[])[Addresses.HostAlias, Site.Outside])
        {
            JsonObject result = guest.Does("attempt", address, "9");
            Assert.Equal("ECONNREFUSED", (string?)result["error"]);
            Note($"{address}: refused after {result["ms"]} ms");
            Assert.InRange((double)result["ms"]!, 0, 100);
        }
    }

    [SystemFact]
    public void Connect_ToAnUnreachableAddress_SaysSo()
    {
        Guest guest = StartGuest();
        JsonObject result = guest.Does("attempt", Site.Unreachable, "80");
        Assert.Equal("EHOSTUNREACH", (string?)result["error"]);
        Assert.InRange((double)result["ms"]!, 0, 1_000);
    }

    [SystemFact]
    public void Connect_ToABlackHole_HearsNothing()
    {
        Guest guest = StartGuest();
        JsonObject result = guest.Does("attempt", Site.BlackHole, "80", "3");
        Assert.Equal("ETIMEDOUT", (string?)result["error"]);
    }

    [SystemFact]
    public void Connect_While200BlackHoledOnesArePending_IsNotHeldUp()
    {
        Guest guest = StartGuest();
        JsonObject result = guest.Does("black-holed", Addresses.HostAlias, $"{Site.Port}",
            Site.BlackHole, $"{BlackHoledConnects}");
        Note($"a good connect takes {result["median_ms"]} ms, at worst {result["worst_ms"]} ms");
        Assert.Equal(0, (int?)result["failed"]);
        Assert.InRange((double)result["median_ms"]!, 0, 100);
        Assert.InRange((double)result["worst_ms"]!, 0, 1_000);
    }

    [SystemFact]
    public void Connections_5000OpenAtOnce_AllEcho()
    {
        Guest guest = StartGuest();
        long before = Engine?.ResidentKib ?? 0;
        using RunningProgram many = guest.Starts(
            "many", Addresses.HostAlias, $"{Site.Port + 1}", $"{OpenConnections}");
        JsonObject result = Guest.Parse(many.ReadLine(TimeSpan.FromSeconds(90)));
        Assert.Equal(OpenConnections, (int?)result["open"]);
        Assert.Equal(OpenConnections, (int?)result["echoed"]);
        Assert.Equal(OpenConnections, (int?)result["again"]);
        if (Engine is not null)
        {
            Note($"{OpenConnections} connections: {Engine.DescriptorCount} descriptors, " +
                $"{Engine.ResidentKib - before} KiB more, {result["ms"]} ms");
            AssertIdle(Engine);
        }
    }

    [SlipwayFact]
    public void Connect_ToEveryGatewayPort_FindsNoWayToControlTheEngine()
    {
        Guest guest = StartGuest();
        // The names that peers' management interfaces answered to (cves.md).
        foreach (string port in (string[])["443", "2375", "2376", "8080", "7777"])
        {
            JsonObject result = guest.Does("attempt", Addresses.Gateway, port);
            Assert.Equal("ECONNREFUSED", (string?)result["error"]);
        }

        // At 80 a guest is told about itself, and finds nothing of the engine's.
        foreach (string path in (string[])
            ["/v1/ports", "/v1/flows", "/v1/config", "/metrics", "/leases", "/stats", "/tunnel"])
        {
            Assert.Equal("404", guest.Run(
                "curl", "-sS", "-m5", "-o", "/dev/null", "-w", "%{http_code}",
                $"http://{Addresses.Gateway}{path}").OrFail().Output);
        }
    }

    private void AssertIdle(SlipwayEngine engine)
    {
        // What the connections left to do (the runtime's collector, late answers) ends by itself.
        long ticks = long.MaxValue;
        for (int i = 0; i < 3 && ticks > 1; i++)
        {
            long before = engine.ProcessorTicks;
            Thread.Sleep(3_000);
            ticks = engine.ProcessorTicks - before;
            Note($"{ticks} ticks of 10 ms in 3 s idle");
        }

        Assert.InRange(ticks, 0, 1);
    }
}
