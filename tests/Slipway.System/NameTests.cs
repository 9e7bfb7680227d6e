using System.Globalization;
using System.Text.RegularExpressions;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>DNS on the gateway, asked by dig, with dnsmasq as the host's resolver.</summary>
public sealed class NameTests(Site site, ITestOutputHelper output) : NameTest(site, output)
{
    [SlipwayFact]
    public void BuiltInNames_AskedInAnyCase_AreAnsweredOverUdpAndTcp()
    {
        Guest guest = StartGuest();
        Assert.Equal(Addresses.HostAlias, Short(guest, "host.internal"));
        Assert.Equal(Addresses.HostAlias, Short(guest, "HOST.Docker.Internal"));
        Assert.Equal(Addresses.HostAlias, Short(guest, "host.containers.internal", "+tcp"));
        Assert.Equal(Addresses.HostAlias, Short(guest, "host.lima.internal"));
        Assert.Equal(Addresses.Gateway, Short(guest, "gateway.internal"));
        Assert.Equal(Addresses.Gateway, Short(guest, "gateway.docker.internal", "+tcp"));
    }

    [SlipwayFact]
    public void BuiltInNames_AskedForTypesTheyLack_ExistWithNoData()
    {
        Guest guest = StartGuest(WideMtuBytes, "--ipv6", "off");
        foreach (string type in (string[])["AAAA", "SRV", "TXT", "MX"])
        {
            string answer = Ask(guest, "host.internal", type);
            Assert.Contains("status: NOERROR", answer, StringComparison.Ordinal);
            Assert.Contains("ANSWER: 0", answer, StringComparison.Ordinal);
        }
    }

    [SlipwayFact]
    public void OtherNames_OfEveryType_AreTheHostsOwnAnswers()
    {
        Guest guest = StartGuest();
        Assert.Equal("192.0.2.1", Short(guest, "a.test"));
        Assert.Equal("192.0.2.1", Short(guest, "a.test", "+tcp"));
        Assert.Equal("2001:db8::2", Short(guest, "both.test", "AAAA"));
        Assert.Equal("\"hello\"", Short(guest, "text.test", "TXT"));
        Assert.Equal("1 2 5060 target.test.", Short(guest, "_sip._tcp.test", "SRV"));
        Assert.Equal("10 mx.test.", Short(guest, "mail.test", "MX"));
        Assert.Equal("both.test.", Short(guest, "-x", "192.0.2.2"));
        Assert.Equal("192.0.2.77", Short(guest, "from-hosts-file.test"));
    }

    [SlipwayFact]
    public void MissingNames_AndMissingTypes_AreToldApart()
    {
        Guest guest = StartGuest();
        Assert.Contains("status: NXDOMAIN", Ask(guest, "missing.test"), StringComparison.Ordinal);
        string noData = Ask(guest, "a.test", "AAAA");
        Assert.Contains("status: NOERROR", noData, StringComparison.Ordinal);
        Assert.Contains("ANSWER: 0", noData, StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void LargeAnswer_OverUdp_IsTruncatedToTheClientsSizeAndWholeOverTcp()
    {
        Guest guest = StartGuest();
        foreach (string size in (string[])["+noedns", "+bufsize=1232"])
        {
            string small = Ask(guest, "large.test", "TXT", size, "+ignore");
            Assert.Matches("flags: qr[a-z ]* tc", small);
        }

        foreach (string way in (string[])["+tcp", "+bufsize=4096"])
        {
            string whole = Ask(guest, "large.test", "TXT", way, "+ignore");
            Assert.DoesNotMatch("flags: qr[a-z ]* tc", whole);
            Assert.Equal(12, whole.Split("tttttttt\"").Length - 1);
        }
    }

    [SlipwayFact]
    public void DeadResolver_IsAServerFailure_AndBuiltInNamesAreStillAnsweredAtOnce()
    {
        Guest guest = StartGuest();
        Site.Names.Signal("STOP");
        try
        {
            // More than any pool of resolving threads would take.
            List<RunningProgram> waiting = [.. Enumerable.Range(0, 100).Select(number =>
                Own(guest.Namespace.Start("dig", "+tries=1", "+time=15",
                    $"@{Addresses.Gateway}", $"n{number}.test")))];
            Thread.Sleep(1_000);
            int[] times = [.. Enumerable.Range(0, 5).Select(_ => QueryTimeMs(guest))];
            Note($"built-in names took {string.Join(", ", times)} ms");
            Assert.InRange(times.Order().ElementAt(2), 0, 100);
            string answer = waiting[0].Finish(TimeSpan.FromSeconds(20)).Output;
            Assert.Contains("status: SERVFAIL", answer, StringComparison.Ordinal);
        }
        finally
        {
            Site.Names.Signal("CONT");
        }

        Assert.Equal("192.0.2.1", Short(guest, "a.test"));
    }

    [SlipwayFact]
    public void NameServer_ChangedInResolvConf_IsFollowedWithoutARestart()
    {
        Guest guest = StartGuest();
        Assert.Equal("192.0.2.1", Short(guest, "a.test"));
        using RunningProgram other = Site.Host.Start(
            "dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null",
            "--listen-address=127.0.0.2", "--bind-interfaces", "--pid-file=", "--user=root",
            "--local=/test/", "--host-record=a.test,192.0.2.99");
        Eventually.Holds(TimeSpan.FromSeconds(10), "the other server answers", () =>
            Site.Host.Run("dig", "+short", "+tries=1", "+time=1", "@127.0.0.2", "a.test")
                .Output.Contains("192.0.2.99", StringComparison.Ordinal));
        string path = $"{Site.Host.EtcPath}/resolv.conf";
        try
        {
            File.WriteAllText(path, "nameserver 127.0.0.2\n");
            Eventually.Holds(TimeSpan.FromSeconds(5), "the new server is asked", () =>
                Short(guest, "a.test") == "192.0.2.99");
        }
        finally
        {
            File.WriteAllText(path, "nameserver 127.0.0.1\n");
        }
    }

    [SlipwayFact]
    public void AddedRecord_OnTheCommandLine_IsAnswered()
    {
        Guest guest = StartGuest(WideMtuBytes, "--dns", "api.example=203.0.113.9");
        Assert.Equal("203.0.113.9", Short(guest, "api.example"));
    }

    // As dig itself measures it: its start does not count.
    private static int QueryTimeMs(Guest guest)
    {
        string answer = Ask(guest, "host.internal");
        Assert.Contains(Addresses.HostAlias, answer, StringComparison.Ordinal);
        return int.Parse(
            Regex.Match(answer, "Query time: ([0-9]+) msec").Groups[1].Value,
            CultureInfo.InvariantCulture);
    }
}
