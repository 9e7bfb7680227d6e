using System.Globalization;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>
/// The domains of a VPN's link, told by systemd-resolved over D-Bus. Its stub does not listen, so
/// that nobody else can have answered.
/// </summary>
public sealed class NameResolvedTests(Site site, ITestOutputHelper output) : NameTest(site, output)
{
    private const string Manager = "org.freedesktop.resolve1.Manager";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private string Bus => $"DBUS_SYSTEM_BUS_ADDRESS=unix:path={Folder}/bus";

    [SlipwayFact]
    public void LinkDomains_OfSystemdResolved_AreAskedOfTheLinksServers()
    {
        StartUnbound("127.0.0.31", "www.corp.test. A 10.31.0.1", "www.lab.test. A 10.31.0.2");
        StartUnbound("127.0.0.32", "www.corp.test. A 10.32.0.1");
        using RunningProgram resolved = StartResolved();
        string resolver = $"{Site.Host.EtcPath}/resolv.conf";
        try
        {
            File.WriteAllText(resolver, "nameserver 127.0.0.53\n");
            Guest guest = StartBehindTheBus();
            SetServer(31);
            SetDomains("corp.test");
            Eventually.Holds(Patience, "the link's server is asked", () =>
                Short(guest, "www.corp.test", "+time=2", "+tries=1") == "10.31.0.1");
            Assert.DoesNotContain(
                "10.31", Ask(guest, "www.lab.test", "+tries=1", "+time=1", "+fail"),
                StringComparison.Ordinal);

            // The VPN changes its domains, and its server.
            SetDomains("corp.test", "lab.test");
            Eventually.Holds(Patience, "the other domain is, too", () =>
                Short(guest, "www.lab.test", "+time=2", "+tries=1") == "10.31.0.2");
            SetServer(32);
            Eventually.Holds(Patience, "the other server is asked", () =>
                Short(guest, "www.corp.test", "+time=2", "+tries=1") == "10.32.0.1");
        }
        finally
        {
            File.WriteAllText(resolver, "nameserver 127.0.0.1\n");
        }
    }

    [SlipwayFact]
    public void LinkDomains_WhereTheHostDoesNotResolveByIt_AreNotAsked()
    {
        StartUnbound("127.0.0.31", "a.test. A 10.31.0.1");
        using RunningProgram resolved = StartResolved();
        Guest guest = StartBehindTheBus();
        SetServer(31);
        SetDomains("test");
        Assert.Equal("192.0.2.1", Short(guest, "a.test"));
        Assert.Equal("192.0.2.1", Short(guest, "a.test", "+tcp"));
    }

    private RunningProgram StartResolved()
    {
        string unpacked =
            Path.Combine(Repository.Root, "out/debian/lib/systemd/systemd-resolved");
        string binary = File.Exists(unpacked) ? unpacked : "/lib/systemd/systemd-resolved";
        RunningProgram resolved = Site.Host.Start(
            "bash", Repository.Tool("resolved.sh"), Folder, binary);
        resolved.ReadUntil("ready", TimeSpan.FromSeconds(60));
        return resolved;
    }

    private Guest StartBehindTheBus()
    {
        Guest guest = Own(new Guest());
        Own(new SlipwayEngine(Site, ["env", Bus], [Link(guest), "--mtu", $"{WideMtuBytes}"]));
        return guest;
    }

    private void SetServer(int last) => Call(
        "SetLinkDNS", "ia(iay)", LinkIndex(), "1", "2", "4", "127", "0", "0", $"{last}");

    private void SetDomains(params string[] names) => Call(
        ["SetLinkDomains", "ia(sb)", LinkIndex(), $"{names.Length}",
            .. names.SelectMany(name => (string[])[name, "true"])]);

    private void Call(params IEnumerable<string> arguments) => Site.Host.Run(
        ["env", Bus, "busctl", "--system", "call", "org.freedesktop.resolve1",
            "/org/freedesktop/resolve1", Manager, .. arguments]).OrFail();

    private string LinkIndex() => int.Parse(
        Site.Host.Run("cat", "/sys/class/net/up0/ifindex").OrFail().Output,
        CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);
}
