using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>
/// DHCP as stock clients speak it, over a TAP that the engine does not configure.
/// </summary>
public sealed class LeaseTests(Site site, ITestOutputHelper output) : SystemTest(site, output)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly string folder = Directory.CreateTempSubdirectory("slipway-lease-").FullName;

    [SlipwayFact]
    public void Dhclient_OnAnUnconfiguredLink_GetsAddressRouteNamesAndMtu()
    {
        Guest guest = StartUnconfigured();
        AskWithDhclient(guest, "first");
        AssertConfigured(guest, Addresses.FirstGuest);
        string lease = File.ReadAllText($"{folder}/first.leases");
        Note(lease);
        Assert.Contains($"option domain-name-servers {Addresses.Gateway};", lease,
            StringComparison.Ordinal);
        Assert.Contains($"option dhcp-server-identifier {Addresses.Gateway};", lease,
            StringComparison.Ordinal);
        Assert.Contains("option interface-mtu 1500;", lease, StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void Udhcpc_OnAnUnconfiguredLink_GetsAddressAndRoute()
    {
        Guest guest = StartUnconfigured();
        AskWithUdhcpc(guest).OrFail();
        AssertConfigured(guest, Addresses.FirstGuest);
    }

    [SlipwayFact]
    public void Lease_AfterTheEngineStartsAgain_IsTheSame()
    {
        string configuration = $"{folder}/slipway.json";
        File.WriteAllText(configuration,
            $$"""{ "dhcp": { "leaseFile": "{{folder}}/leases" } }""");
        Guest guest = StartUnconfigured("--config", configuration);
        // Another client has the first address, so that the same one again is no accident.
        ChangeMac(guest, "02:00:00:00:00:99");
        AskWithUdhcpc(guest).OrFail();
        AssertConfigured(guest, Addresses.FirstGuest);
        ChangeMac(guest, "02:00:00:00:00:01");
        AskWithUdhcpc(guest).OrFail();
        AssertConfigured(guest, "192.168.127.3");

        Engine!.Stop();
        StartEngine(Link(guest, ",configure=no"), "--mtu=1500", "--config", configuration);
        ChangeMac(guest, "02:00:00:00:00:01");
        AskWithUdhcpc(guest).OrFail();
        AssertConfigured(guest, "192.168.127.3");
    }

    [SlipwayFact]
    public void Lease_WhoseFileFindsTheDiskFull_IsGivenAndServed()
    {
        Guest guest = Own(new Guest());
        string small = Directory.CreateDirectory($"{folder}/small").FullName;
        string configuration = $"{folder}/slipway.json";
        File.WriteAllText(configuration, $$"""{ "dhcp": { "leaseFile": "{{small}}/leases" } }""");
        SlipwayEngine engine = Own(new SlipwayEngine(
            Site,
            ["unshare", "-m", "sh", "-c", $"mount -t tmpfs -o size=4k small {small}; "
                + $"head -c 4096 /dev/zero >{small}/fill; exec \"$@\"", "sh"],
            [Link(guest, ",configure=no"), "--mtu=1500", "--config", configuration]));
        guest.Namespace.Configure($"link set {Guest.Interface} up");
        AskWithUdhcpc(guest).OrFail();
        Eventually.Holds(Limit, "it is said", () => engine.Log.Contains(
            "leases will not survive a restart", StringComparison.Ordinal));
        AssertConfigured(guest, Addresses.FirstGuest);
        AskWithUdhcpc(guest).OrFail();
        Assert.Equal(0, engine.Stop().ExitStatus);
    }

    [SlipwayFact]
    public void ClientName_OnceLeased_IsAName()
    {
        Guest guest = StartUnconfigured();
        AskWithUdhcpc(guest, "-x", "hostname:webserver").OrFail();
        ProgramResult answer = guest.Run("dig", "+short", "+tries=1", $"@{Addresses.Gateway}",
            "webserver.internal").OrFail();
        Assert.Equal(Addresses.FirstGuest, answer.Output.Trim());
    }

    [SlipwayFact]
    public void SearchList_OfTheHostChanged_IsWhatTheNextLeaseTells()
    {
        string resolver = $"{Site.Host.EtcPath}/resolv.conf";
        Guest guest = StartUnconfigured();
        try
        {
            string[] lists = ["corp.example", "vpn.example lab.example", ""];
            foreach (string list in lists)
            {
                File.WriteAllText(resolver, $"nameserver 127.0.0.1\nsearch {list}\n");
                Eventually.Holds(Limit, $"the list is '{list}'", () =>
                    AskWithUdhcpc(guest, "-O", "search").OrFail().Output.Contains(
                        $"domain internal, search {$"internal {list}".Trim()};",
                        StringComparison.Ordinal));
            }
        }
        finally
        {
            File.WriteAllText(resolver, "nameserver 127.0.0.1\n");
        }
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Directory.Delete(folder, recursive: true);
    }

    private Guest StartUnconfigured(params IEnumerable<string> arguments)
    {
        Guest guest = Own(new Guest());
        StartEngine([Link(guest, ",configure=no"), "--mtu=1500", .. arguments]);
        guest.Namespace.Configure($"link set {Guest.Interface} up");
        return guest;
    }

    private static void ChangeMac(Guest guest, string mac) => guest.Namespace.Configure(
        $"link set {Guest.Interface} down",
        $"link set {Guest.Interface} address {mac}",
        $"addr flush dev {Guest.Interface}",
        $"link set {Guest.Interface} up");

    private void AskWithDhclient(Guest guest, string name)
    {
        File.WriteAllText($"{folder}/dhclient.conf",
            "request subnet-mask, routers, domain-name-servers, interface-mtu, " +
            "domain-name, classless-static-routes;");
        guest.Run(Limit, "dhclient", "-4", "-1", "-v", "-cf", $"{folder}/dhclient.conf",
            "-lf", $"{folder}/{name}.leases", "-pf", $"{folder}/{name}.pid",
            "-sf", Repository.Tool("configure.sh"), Guest.Interface).OrFail();
    }

    private static ProgramResult AskWithUdhcpc(Guest guest, params IEnumerable<string> more) =>
        guest.Run(Limit, ["udhcpc", "-i", Guest.Interface, "-f", "-q", "-n", "-t5", "-T1",
            "-O", "mtu", "-s", Repository.Tool("configure.sh"), .. more]);

    private static void AssertConfigured(Guest guest, string address)
    {
        string addresses = guest.Run("ip", "-4", "addr", "show", Guest.Interface).Output;
        Assert.Contains($"inet {address}/24", addresses, StringComparison.Ordinal);
        Assert.Contains("mtu 1500", addresses, StringComparison.Ordinal);
        string routes = guest.Run("ip", "route").Output;
        Assert.Contains($"default via {Addresses.Gateway}", routes, StringComparison.Ordinal);
        guest.Run("ping", "-n", "-c1", "-W2", Site.Outside).OrFail();
    }
}
