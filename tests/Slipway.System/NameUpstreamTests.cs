using System.Globalization;
using System.Text.RegularExpressions;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>
/// Servers upstream that know parts of the world, and such that drop, delay and lie.
/// </summary>
public sealed class NameUpstreamTests(Site site, ITestOutputHelper output) : NameTest(site, output)
{
    [SlipwayFact]
    public void SplitZones_OnTwoServers_AreEachAskedOfTheirs()
    {
        StartUnbound("127.0.0.11", "www.corp.test. A 10.1.0.1", "www.lab.test. A 10.9.9.9");
        StartUnbound("127.0.0.12", "www.lab.test. A 10.2.0.1", "www.corp.test. A 10.9.9.9");
        Guest guest = StartConfigured(
            """
            "dns": { "domains": { "corp.test": ["127.0.0.11"], "lab.test": ["127.0.0.12"] } }
            """);
        Assert.Equal("10.1.0.1", Short(guest, "www.corp.test"));
        Assert.Equal("10.2.0.1", Short(guest, "WWW.Lab.test", "+tcp"));
        Assert.Equal("192.0.2.1", Short(guest, "a.test"));
        Assert.Contains("NXDOMAIN", Ask(guest, "none.corp.test"), StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void Server_ThatDropsDelaysAndLies_CostsNoAnswer()
    {
        Guest guest = StartBehindALiar();
        Assert.Equal("192.0.2.1", Short(guest, "slow-1.test"));
        Assert.Equal("192.0.2.1", Short(guest, "LIE-1.test"));
        Assert.Equal("192.0.2.1", Short(guest, "Fold-1.test"));
        Assert.Equal("192.0.2.1", Short(guest, "Fold-2.test"));
        Assert.Equal("192.0.2.1", Short(guest, "drop-1.test", "+time=9"));
    }

    [SlipwayFact]
    public void CutAnswer_IsFetchedOverTcp()
    {
        Guest guest = StartBehindALiar();
        string whole = Ask(guest, "cut-1.test", "+bufsize=4096", "+ignore");
        Assert.Contains("ANSWER: 100", whole, StringComparison.Ordinal);
        Assert.Matches("flags: qr[a-z ]* tc", Ask(guest, "cut-1.test", "+noedns", "+ignore"));
        Assert.Contains("ANSWER: 100", Ask(guest, "cut-1.test"), StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void UnknownType_AndWhatEdnsSays_PassIntact()
    {
        Guest guest = StartBehindALiar();

        // What dig sends behind the question: OPT, its size 1400, DO, NSID and an option 65001.
        string answer = Ask(
            guest, "raw-1.test", "TYPE65280", "+dnssec", "+nsid", "+nocookie", "+bufsize=1400",
            "+ednsopt=65001:deadbeef");
        Assert.Matches(
            @"TYPE65280\s+\\# 23 0000290578000080\s*00000C00030000FDE90004DEADBEEF", answer);
        Assert.Matches(
            @"TYPE65280\s+\\# 11 00002904D0000000\s*000000", Ask(
                guest, "raw-2.test", "TYPE65280", "+nocookie", "+bufsize=1232"));
    }

    [SlipwayFact]
    public void OwnRecords_OfEveryType_AreAnsweredToDig()
    {
        Guest guest = StartConfigured(
            """
            "dns": {
              "records": {
                "own.example": { "address": ["203.0.113.1", "2001:db8::1"], "txt": ["a b"],
                  "mx": [{ "preference": 5, "exchange": "mx.example" }] },
                "_x._tcp.example": { "srv": [{ "port": 99, "target": "own.example" }] },
                "alias.example": { "cname": "own.example" },
                "outside.example": { "cname": "a.test" },
                "9.113.0.203.in-addr.arpa": { "ptr": "nine.example" }
              },
              "zones": { "apps.example": {
                "records": { "@": "203.0.113.2" }, "patterns": { "^db[0-9]+$": "203.0.113.3" } } }
            }
            """);
        Assert.Equal("203.0.113.1", Short(guest, "own.example"));
        Assert.Equal("2001:db8::1", Short(guest, "own.example", "AAAA"));
        Assert.Equal("\"a b\"", Short(guest, "own.example", "TXT"));
        Assert.Equal("5 mx.example.", Short(guest, "own.example", "MX"));
        Assert.Equal("0 0 99 own.example.", Short(guest, "_x._tcp.example", "SRV"));
        Assert.Equal("nine.example.", Short(guest, "-x", "203.0.113.9"));
        Assert.Equal("own.example.\n203.0.113.1", Short(guest, "alias.example"));
        Assert.Equal("a.test.\n192.0.2.1", Short(guest, "outside.example"));
        Assert.Equal("203.0.113.2", Short(guest, "apps.example"));
        Assert.Equal("203.0.113.3", Short(guest, "DB42.apps.example"));
        string missing = Ask(guest, "missing.apps.example");
        Assert.Contains("status: NXDOMAIN", missing, StringComparison.Ordinal);
        Assert.Matches(@"apps\.example\.\s+10\s+IN\s+SOA", missing);
        Assert.Contains(
            "status: NOERROR", Ask(guest, "db1.apps.example", "AAAA"), StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void Flood_OfQueries_IsAnsweredUpToTheBoundAndCostsAnotherGuestNothing()
    {
        const int bytesPerSecond = 65_536;
        File.WriteAllText(
            Path.Combine(Folder, "limit.json"),
            $$"""{ "dns": { "bytesPerSecond": {{bytesPerSecond}} } }""");
        File.WriteAllText(Path.Combine(Folder, "questions"), "host.internal A\n");
        Guest greedy = Own(new Guest());
        Guest other = Own(new Guest());
        StartEngine([
            Link(greedy), Link(other), "--config", Path.Combine(Folder, "limit.json")]);
        using RunningProgram load = greedy.Namespace.Start(
            "dnsperf", "-s", Addresses.Gateway, "-d", Path.Combine(Folder, "questions"), "-l", "4",
            "-q", "100", "-t", "1");
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(Addresses.HostAlias, Short(other, "host.internal", "+tries=1"));
        }

        string report = load.Finish(TimeSpan.FromSeconds(40)).OrFail().Output;
        Note(report);
        double completed = Number(report, @"Queries completed:\s+([0-9]+)");
        double bytes = completed * Number(report, @"response ([0-9]+)");

        // What it may have at once comes on top.
        double allowed =
            bytesPerSecond * (Number(report, @"Run time \(s\):\s+([0-9.]+)") + 1.5);
        Assert.InRange(bytes, bytesPerSecond / 2, allowed);
        Assert.True(Number(report, @"Queries lost:\s+([0-9]+)") > 0, report);
    }

    private static double Number(string report, string pattern) => double.Parse(
        Regex.Match(report, pattern).Groups[1].Value, CultureInfo.InvariantCulture);

    private Guest StartBehindALiar()
    {
        RunningProgram liar = Own(Site.Host.Start(
            "python3", Repository.Tool("lying_dns.py"), "127.0.0.13"));
        liar.ReadUntil("ready", TimeSpan.FromSeconds(20));
        return StartConfigured("\"dns\": { \"servers\": [\"127.0.0.13\"] }");
    }
}
