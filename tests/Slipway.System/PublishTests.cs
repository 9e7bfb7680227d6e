using System.Text.Json.Nodes;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>Ports of the host that lead to a guest's.</summary>
public sealed class PublishTests(Site site, ITestOutputHelper output) : SystemTest(site, output)
{
    [SlipwayFact]
    public void PublishedTcpPort_UsedFromTheHost_ReachesTheGuestInBothDirections()
    {
        Guest guest = StartGuest(WideMtuBytes, "--publish", "127.0.0.1:8000:7000/tcp");
        using RunningProgram services = Site.StartServices(guest.Namespace, "0.0.0.0", 7000);
        foreach (string direction in (string[])["up", "down"])
        {
            JsonObject result = FromHost(direction, "127.0.0.1", "8000", $"{64 << 20}");
            Assert.Equal((string?)result["sent"], (string?)result["got"]);
        }

        foreach (string way in (string[])["guest-ends-first", "host-ends-first"])
        {
            JsonObject result = FromHost(way, "127.0.0.1", "8000", $"{1 << 20}");
            Assert.Equal((string?)result["sent"], (string?)result["got"]);
        }
    }

    [SlipwayFact]
    public void PublishedTcpPort_ThatNobodyServesInTheGuest_IsClosedToTheClient()
    {
        StartGuest(WideMtuBytes, "--publish", "127.0.0.1:8000:7000");
        // The host's kernel has accepted by the time the guest refuses: the client is told then.
        JsonObject result = FromHost("down", "127.0.0.1", "8000", "10");
        Assert.DoesNotContain("10 ", (string?)result["got"] ?? "", StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void PublishedUdpPort_UsedByTwoClients_AnswersEachItsOwn()
    {
        Guest guest = StartGuest(1500, "--publish", "127.0.0.1:8000:7000/udp");
        using RunningProgram services = Site.StartServices(guest.Namespace, "0.0.0.0", 7000);
        string[] question =
            ["python3", Repository.Tool("guest.py"), "datagram-echo", "127.0.0.1", "8000"];
        using RunningProgram first = Site.Host.Start([.. question, "1", "1472", "9000"]);
        using RunningProgram second = Site.Host.Start([.. question, "0", "1473", "60000"]);
        foreach (RunningProgram client in (RunningProgram[])[first, second])
        {
            JsonObject result = Guest.Parse(client.ReadLine(TimeSpan.FromSeconds(30)));
            Assert.Equal("[]", result["lost"]!.ToJsonString());
        }
    }

    [SlipwayFact]
    public void PublishedUdpPort_OfAllAddresses_AnswersFromTheOneThatWasAskedAndShowsTheClient()
    {
        const string Second = "10.99.0.77";
        const string Second6 = "2001:db8:99::77";
        Guest guest = StartGuest(
            1500, "--publish", "0.0.0.0:8000:7001/udp,client-address=client",
            "--publish", "[::]:8000:7001/udp", "--publish", "0.0.0.0:8001:7001/udp");
        using RunningProgram server = guest.Namespace.Start(
            "socat", "-T2", "UDP-RECVFROM:7001,fork",
            "SYSTEM:head -c1 >/dev/null; echo $SOCAT_PEERADDR");
        string link = Site.Host.Run(
            "sh", "-c", "ip -o route get 10.99.0.1 | sed 's/.*dev //;s/ .*//'")
            .OrFail().Output.Trim();
        string[] second = ["ip", "addr", "add", Second + "/32", "dev", link];
        string[] second6 = ["ip", "addr", "add", Second6 + "/128", "dev", link, "nodad"];
        Site.Host.Run(second).OrFail();
        Site.Host.Run(second6).OrFail();
        try
        {
            // A connected socket takes answers from the address that it has asked alone.
            string Ask(string place)
            {
                string said = "";
                Eventually.Holds(TimeSpan.FromSeconds(30), "an answer by " + place, () =>
                {
                    said = Site.OutsideNamespace.Run(
                        "sh", "-c", $"echo -n x | socat -t2 - {place}").OrFail().Output.Trim();
                    return said.Length > 0;
                });
                return said;
            }

            Assert.Equal(Site.OutsideRouter, Ask($"UDP4:{Second}:8000"));
            Assert.Equal(Site.OutsideRouter, Ask("UDP4:10.99.0.2:8000"));
            Assert.Equal(Addresses.Gateway, Ask($"UDP4:{Second}:8001"));
            Assert.Equal(Addresses.Gateway, Ask($"UDP6:[{Second6}]:8000"));
        }
        finally
        {
            second[2] = second6[2] = "del";
            Site.Host.Run(second);
            Site.Host.Run(second6[..^1]);
        }
    }

    [SlipwayFact]
    public void PublishedPort_ForAllAddresses_IsReachedFromAnotherMachine()
    {
        Guest guest = StartGuest(WideMtuBytes, "--publish", "0.0.0.0:8001:7000");
        using RunningProgram services = Site.StartServices(guest.Namespace, "0.0.0.0", 7000);
        ProgramResult page = Site.OutsideNamespace.Run(
            "curl", "-sS", "--max-time", "5", "http://10.99.0.2:8001/").OrFail();
        Assert.Contains("hello from the host", page.Output, StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void PublishedPort_AlreadyTaken_IsNamedAndNothingIsStarted()
    {
        Guest guest = Own(new Guest());
        ProgramResult result = Site.Host.Run(Repository.Binary, "run", Link(guest),
            "--publish", $"127.0.0.1:{Site.Port}:80");
        Note(result.Errors);
        Assert.Equal(2, result.ExitStatus);
        Assert.Contains("publish", result.Errors, StringComparison.Ordinal);
        Assert.Contains($"127.0.0.1:{Site.Port}", result.Errors, StringComparison.Ordinal);
        ProgramResult link = guest.Run("ip", "link", "show", Guest.Interface);
        Assert.NotEqual(0, link.ExitStatus);
    }

    private JsonObject FromHost(string what, params string[] arguments)
    {
        ProgramResult result = Site.Host.Run(TimeSpan.FromSeconds(60),
            ["python3", Repository.Tool("guest.py"), what, .. arguments]);
        return JsonNode.Parse(result.OrFail().Output)!.AsObject();
    }
}
