using System.Text.Json.Nodes;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>A running engine, asked and told things by commands.</summary>
public sealed class ControlTests : SystemTest
{
    private readonly string _control = Path.Combine(
        Path.GetTempPath(), $"slipway-{Environment.ProcessId}-{Guid.NewGuid():N}.sock");

    public ControlTests(Site site, ITestOutputHelper output)
        : base(site, output)
    {
    }

    [SlipwayFact]
    public void Port_PublishedWhileTheEngineRuns_ReachesTheGuestUntilItIsUnpublished()
    {
        Guest guest = StartGuest(WideMtuBytes, "--control", $"unix:{_control}");
        using RunningProgram services = Site.StartServices(guest.Namespace, "0.0.0.0", 7000);
        JsonNode port = JsonNode.Parse(Ask("publish", "0:7000", "--json").OrFail().Output)![0]!;
        string host = (string)port["host"]!;
        Assert.Equal("192.168.127.2:7000", (string?)port["guest"]);
        string page = Fetch(host).OrFail().Output;
        Assert.Contains("hello from the host", page, StringComparison.Ordinal);
        Assert.Contains(host, Ask("ports").OrFail().Output, StringComparison.Ordinal);

        ProgramResult taken = Ask("publish", $"{host.Split(':')[1]}:7001");
        Assert.Equal(1, taken.ExitStatus);
        Assert.Contains($"TCP port {host.Split(':')[1]}", taken.Errors, StringComparison.Ordinal);
        Ask("unpublish", host).OrFail();
        Assert.NotEqual(0, Fetch(host).ExitStatus);
        Assert.DoesNotContain(host, Ask("ports").OrFail().Output, StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void Tables_WhileAGuestTalks_NameItsConnections()
    {
        Guest guest = StartGuest(WideMtuBytes, "--control", $"unix:{_control}");
        string remote = $"{Site.Outside}:{Site.Port}";
        using RunningProgram talk = guest.Namespace.Start(
            "socat", "-u", "TCP:" + remote + ",readbytes=1", "STDOUT");
        Eventually.Holds(TimeSpan.FromSeconds(10), "the connection is listed", () =>
            Ask("flows").OrFail().Output.Contains(remote, StringComparison.Ordinal));
        JsonNode counted = JsonNode.Parse(Ask("stats", "--json").OrFail().Output)!["counted"]!;
        Assert.True((long)counted["tcpFlowsOpened"]! >= 1);
    }

    [SlipwayFact]
    public void Port_OfTheLoopback_IsForTheCommandsThatHaveTheToken()
    {
        string place = $"tcp:127.0.0.1:9099,token={_control}.token";
        StartGuest(WideMtuBytes, "--control", place);
        string[] command = [Repository.Binary, "stats", "--control"];
        try
        {
            Site.Host.Run([.. command, place]).OrFail();
            Assert.Equal(
                "401", Site.Host.Run(
                    "curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}",
                    "http://127.0.0.1:9099/v1/stats").OrFail().Output);
            File.WriteAllText($"{_control}.token", "another token's letters".Replace(' ', '-'));
            ProgramResult refused = Site.Host.Run([.. command, place]);
            Assert.Equal(1, refused.ExitStatus);
            Assert.Contains("token is missing or wrong", refused.Errors, StringComparison.Ordinal);
            Site.Host.Run("chown", "65534", $"{_control}.token").OrFail();
            ProgramResult planted = Site.Host.Run([.. command, place]);
            Assert.Equal(1, planted.ExitStatus);
            Assert.Contains("another user's", planted.Errors, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete($"{_control}.token");
        }
    }

    [SlipwayFact]
    public void Socket_OfAnEngineThatEnds_GoesWithItAndThatIsSaid()
    {
        StartGuest(WideMtuBytes, "--control", $"unix:{_control}");
        Ask("leases").OrFail();
        Engine!.Stop();
        Assert.False(File.Exists(_control));
        ProgramResult none = Ask("leases");
        Assert.Equal(1, none.ExitStatus);
        Assert.Contains("slipway run", none.Errors, StringComparison.Ordinal);
    }

    private ProgramResult Ask(string command, params string[] arguments) => Site.Host.Run(
        [Repository.Binary, command, .. arguments, "--control", $"unix:{_control}"]);

    private ProgramResult Fetch(string host) =>
        Site.Host.Run("curl", "-sS", "--max-time", "5", $"http://{host}/");
}
