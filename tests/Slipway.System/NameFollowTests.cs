using System.Globalization;
using System.Text.RegularExpressions;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>The host's servers and its network change while a guest asks.</summary>
public sealed class NameFollowTests(Site site, ITestOutputHelper output) : NameTest(site, output)
{
    [SlipwayFact]
    public void ResolvConf_SwappedUnderLoadAndTheOldServerGone_LosesNoQuery()
    {
        string[] records =
            [.. Enumerable.Range(0, 200).Select(i => $"n{i}.test. A 192.0.2.{i}")];
        RunningProgram[] servers =
            [StartUnbound("127.0.0.21", records), StartUnbound("127.0.0.22", records)];
        string resolver = $"{Site.Host.EtcPath}/resolv.conf";
        string questions = Path.Combine(Folder, "questions");
        File.WriteAllLines(questions, Enumerable.Range(0, 200).Select(i => $"n{i}.test A"));
        try
        {
            File.WriteAllText(resolver, "nameserver 127.0.0.21\n");
            Guest guest = StartConfigured("\"dns\": { \"cache\": 0 }");
            using RunningProgram load = guest.Namespace.Start(
                "dnsperf", "-s", Addresses.Gateway, "-d", questions, "-l", "12", "-q", "20",
                "-Q", "400", "-t", "5");
            for (int swap = 0; swap < 4; swap++)
            {
                int next = (swap + 1) % 2;
                Thread.Sleep(2_000);
                File.WriteAllText(resolver, $"nameserver 127.0.0.2{next + 1}\n");
                servers[1 - next].Signal("STOP"); // what waits there waits for ever
                Thread.Sleep(1_000);
                servers[1 - next].Signal("CONT");
            }

            string report = load.Finish(TimeSpan.FromSeconds(40)).OrFail().Output;
            Note(report);
            Assert.Equal(0, Number(report, "Queries lost:"));
            int completed = Number(report, "Queries completed:");
            Assert.True(completed > 1_000, report);
            Assert.Matches($@"Response codes:\s+NOERROR {completed} \(100", report);
        }
        finally
        {
            Array.ForEach(servers, server => server.Signal("CONT"));
            File.WriteAllText(resolver, "nameserver 127.0.0.1\n");
        }
    }

    [SlipwayFact]
    public void Address_ChangedWhileAQueryWaits_IsAskedAgainFromTheNewOne()
    {
        using RunningProgram names = Site.OutsideNamespace.Start(
            "dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null",
            $"--listen-address={Site.Outside}", "--bind-interfaces", "--pid-file=", "--user=root",
            "--local=/test/", "--host-record=a.test,192.0.2.1");
        Guest guest = StartConfigured($"\"dns\": {{ \"servers\": [\"{Site.Outside}\"] }}");
        Eventually.Holds(TimeSpan.FromSeconds(20), "the server answers", () =>
            Short(guest, "a.test") == "192.0.2.1");
        names.Signal("STOP");
        try
        {
            // Without news the server would be asked again after 5 s; dig waits for 4.
            using RunningProgram waiting = guest.Namespace.Start(
                "dig", "+short", "+tries=1", "+time=4", $"@{Addresses.Gateway}", "b.a.test",
                "MX");
            Thread.Sleep(300);
            Site.Host.Configure(
                "addr del 10.99.0.2/24 dev up0", "addr add 10.99.0.3/24 dev up0",
                "route add default via 10.99.0.1");
            names.Signal("CONT");
            TimeSpan taken = waiting.Finish(TimeSpan.FromSeconds(30)).OrFail().Took;
            Note($"answered {taken.TotalMilliseconds:F0} ms after it was asked");
            Eventually.Holds(TimeSpan.FromSeconds(20), "the server is asked from there", () =>
                Short(guest, "a.test", "+time=1") == "192.0.2.1");
        }
        finally
        {
            names.Signal("CONT");
            Site.Host.Configure(
                "addr flush dev up0 scope global to 10.99.0.3/24", "addr add 10.99.0.2/24 dev up0",
                "route replace default via 10.99.0.1");
        }
    }

    private static int Number(string report, string title) => int.Parse(
        Regex.Match(report, Regex.Escape(title) + @"\s+([0-9]+)").Groups[1].Value,
        CultureInfo.InvariantCulture);
}
