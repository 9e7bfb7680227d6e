using System.Text.Json.Nodes;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>
/// An engine whose memory is bounded, as in a small container. With one worker: another one's rings
/// would be most of it.
/// </summary>
public sealed class MemoryTests(Site site, ITestOutputHelper output) : SystemTest(site, output)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    [SlipwayFact]
    public void Engine_OutOfMemory_RefusesNewConnectionsAndServesOpenOnes()
    {
        const int wanted = 9_000;
        Guest guest = Own(new Guest());
        SlipwayEngine engine = Own(new SlipwayEngine(
            Site, ["env", "DOTNET_GCHeapHardLimit=C00000"], // 12 MiB
            [Link(guest), $"--mtu={WideMtuBytes}"]));
        using RunningProgram open = guest.Starts(
            "keep-open", Addresses.HostAlias, $"{Site.Port + 1}", $"{wanted}");
        JsonObject result = Guest.Parse(open.ReadLine(TimeSpan.FromSeconds(90)));
        int opened = (int)result["open"]!;
        Note($"{opened} of {wanted} open");
        Assert.InRange(opened, 100, wanted - 1);
        Assert.Equal(opened, (int)result["alive"]!);
        Assert.All(
            result["errors"]!.AsArray(), error => Assert.Equal("ECONNREFUSED", (string?)error));
        open.Dispose();
        Eventually.Holds(s_limit, "new connections are possible again", () =>
            (string?)guest.Does("attempt", Addresses.HostAlias, $"{Site.Port}")["error"] == "");
        Assert.Equal(0, engine.Stop().ExitStatus);
    }
}
