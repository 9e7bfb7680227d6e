using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>
/// DHCPv6 as a stock client speaks it, over a TAP that the engine does not configure.
/// </summary>
public sealed class Dhcp6Tests(Site site, ITestOutputHelper output) : SystemTest(site, output)
{
    private const string Mac = "02:00:00:00:00:01";
    private const string OwnAddress = $"{Addresses.Prefix6}:77";
    private const string Names = $"names {Addresses.Gateway6}, domains internal.";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly string folder = Directory.CreateTempSubdirectory("slipway-dhcp6-").FullName;

    [SlipwayFact]
    public void Dhclient_OnAnUnconfiguredLink_GetsAddressAndNames()
    {
        Guest guest = StartUnconfigured();
        string told = Ask(guest, "first");
        Assert.Contains(Names, told, StringComparison.Ordinal);
        Assert.StartsWith($"{Addresses.Prefix6}:1:", AddressOf(guest), StringComparison.Ordinal);
        guest.Run("ping", "-6", "-n", "-c1", "-W5", "-I", AddressOf(guest), Addresses.Gateway6)
            .OrFail();
        guest.Run("ping", "-6", "-n", "-c1", "-W5", "-I", AddressOf(guest), Site.Outside6)
            .OrFail();
    }

    [SlipwayFact]
    public void Dhclient_ThatWantsNoAddress_IsToldNames()
    {
        Guest guest = StartUnconfigured();
        Assert.Contains(Names, Ask(guest, "stateless", "-S"), StringComparison.Ordinal);
        Assert.Equal("", AddressOf(guest));
    }

    [SlipwayFact]
    public void StaticLease_OfAMac_IsGivenToItAndNamed()
    {
        Guest guest = StartUnconfigured("--config", Configure($$"""
            "leases": [{ "mac": "{{Mac}}", "address": "{{OwnAddress}}", "name": "mine" }]
            """));
        Ask(guest, "static");
        Assert.Equal(OwnAddress, AddressOf(guest));
        Assert.Equal(OwnAddress, Dig(guest, "mine.internal", "AAAA"));
        Assert.Equal("mine.internal.", Dig(guest, "-x", OwnAddress));
    }

    [SlipwayFact]
    public void Lease_AfterTheEngineStartsAgain_IsTheSameAndHasItsName()
    {
        string configuration = Configure($$"""
            "leaseFile": "{{folder}}/leases"
            """);
        Guest guest = StartUnconfigured("--config", configuration);
        Ask(guest, "before");
        string address = AddressOf(guest);
        Assert.Equal(address, Dig(guest, "webserver.internal", "AAAA"));

        Engine!.Stop();
        StartEngine(Link(guest, ",configure=no"), "--mtu=1500", "--config", configuration);
        TakeUp(guest);
        Assert.Equal(address, Dig(guest, "webserver.internal", "AAAA"));
        Assert.Equal("webserver.internal.", Dig(guest, "-x", address));
        // A client that has forgotten everything but its MAC.
        Ask(guest, "after");
        Assert.Equal(address, AddressOf(guest));
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Directory.Delete(folder, recursive: true);
    }

    private string Configure(string dhcp)
    {
        string path = $"{folder}/slipway.json";
        File.WriteAllText(path, $$"""{ "ipv6": { "dhcp": { {{dhcp}} } } }""");
        return path;
    }

    private Guest StartUnconfigured(params IEnumerable<string> arguments)
    {
        Guest guest = Own(new Guest());
        StartEngine([Link(guest, ",configure=no"), "--mtu=1500", .. arguments]);
        TakeUp(guest);
        return guest;
    }

    // The client needs a link-local address that is no longer in doubt; nobody else has it here.
    private static void TakeUp(Guest guest)
    {
        guest.Namespace.Set($"net.ipv6.conf.{Guest.Interface}.accept_dad", "0");
        guest.Namespace.Configure(
            $"link set {Guest.Interface} address {Mac}", $"link set {Guest.Interface} up");
        Eventually.Holds(
            TimeSpan.FromSeconds(5), "the guest has a link-local address",
            () => guest.FindIpv6Address("link") is not null);
    }

    private string Ask(Guest guest, string name, params IEnumerable<string> more)
    {
        File.WriteAllText($"{folder}/dhclient.conf",
            "also request dhcp6.name-servers, dhcp6.domain-search;" +
            "send fqdn.fqdn \"webserver\"; send fqdn.encoded on; send fqdn.server-update on;");
        string told = guest.Run(Limit,
            ["dhclient", "-6", "-1", "-v", "-D", "LL", "-cf", $"{folder}/dhclient.conf",
            "-lf", $"{folder}/{name}.leases", "-pf", $"{folder}/{name}.pid",
            "-sf", Repository.Tool("configure.sh"), .. more, Guest.Interface]).OrFail().Output;
        Note(told);
        return told;
    }

    // What SLAAC gives has 64 bits of prefix.
    private static string AddressOf(Guest guest) =>
        guest.Run("sh", "-c",
            $"ip -6 -o addr show dev {Guest.Interface} | sed -n 's|.*inet6 \\(.*\\)/128.*|\\1|p'")
            .OrFail().Output.Trim();

    private static string Dig(Guest guest, params IEnumerable<string> question) => guest.Run(
        ["dig", "+short", "+tries=2", "+time=5", $"@{Addresses.Gateway6}", .. question])
        .OrFail().Output.Trim();
}
