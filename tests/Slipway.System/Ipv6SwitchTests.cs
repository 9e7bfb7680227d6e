using System.Text.Json.Nodes;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>
/// Several guests of one engine in IPv6: they reach each other, and none can pass itself off as
/// the router or as another guest.
/// </summary>
public sealed class Ipv6SwitchTests(Site site, ITestOutputHelper output) : SystemTest(site, output)
{
    private const string GatewayLinkLocal = "fe80::5894:efff:fee4:cdd";
    private const string FalsePrefix = "2001:db8:bad:";

    // Plain, and behind the headers that are to hide an advertisement from a guard (RFC 7113).
    private static readonly string[] Evasions = ["", "H", "1", "111", "D", "O", "o", "F"];

    [SlipwayFact]
    public void TwoGuests_OnOneSwitch_ReachEachOther()
    {
        const int bytes = 32 << 20;
        Guest[] guests = StartBareGuests(2);
        string address = guests[1].AwaitIpv6();
        guests[0].AwaitIpv6();
        Ping(guests[0], address);
        Ping(guests[0], $"{guests[1].FindIpv6Address("link")}%{Guest.Interface}");
        Ping(guests[1], guests[0].FindIpv6Address("global")!);
        using RunningProgram services =
            Site.StartServices(guests[1].Namespace, address, Site.Port);
        JsonObject result = guests[0].Does("up", address, $"{Site.Port}", $"{bytes}");
        Assert.Equal((string?)result["sent"], (string?)result["got"]);
    }

    [SlipwayFact]
    public void Guest_ThatAdvertisesItselfAsRouter_IsNotBelieved()
    {
        Guest[] guests = StartBareGuests(2);
        Guest victim = guests[0];
        string address = victim.AwaitIpv6();
        guests[1].AwaitIpv6();
        Ping(guests[1], address);
        foreach (string evasion in Evasions)
        {
            string[] evade = evasion.Length == 0 ? [] : ["-E", evasion];
            guests[1].Attack("fake_router26",
                [.. evade, "-n", "1", "-A", $"{FalsePrefix}:/64",
                "-R", $"{FalsePrefix}:/48", "-D", $"{FalsePrefix}:1", Guest.Interface]);
        }

        // The router that the gateway is no longer, and a better way to it.
        guests[1].Attack("kill_router6", Guest.Interface, GatewayLinkLocal);
        guests[1].Attack("redir6", Guest.Interface, address, Site.Outside6, GatewayLinkLocal,
            guests[1].FindIpv6Address("link")!);

        // What the switch had passed on stood before this.
        Ping(guests[1], address);
        string state = victim.Run("ip", "-6", "route", "show", "table", "all").OrFail().Output
            + victim.Run("ip", "-6", "addr", "show", "dev", Guest.Interface).OrFail().Output;
        Assert.DoesNotContain(FalsePrefix, state, StringComparison.Ordinal);
        Assert.Contains($"default via {GatewayLinkLocal}", state, StringComparison.Ordinal);
        Assert.DoesNotContain(
            $"via {guests[1].FindIpv6Address("link")}", state, StringComparison.Ordinal);
        // The engine has seen them.
        Assert.Matches(" RouterGuard ([4-9]|[1-9][0-9])", Engine!.Report());
        Ping(victim, Site.Outside6);
    }

    [SlipwayFact]
    public void Guest_ThatAdvertisesAnothersAddress_DoesNotStealIt()
    {
        Guest[] guests = StartBareGuests(3);
        (Guest victim, Guest thief, Guest witness) = (guests[0], guests[1], guests[2]);
        string address = victim.AwaitIpv6();
        thief.AwaitIpv6();
        witness.AwaitIpv6();
        Ping(victim, Addresses.Gateway6);
        Ping(witness, address);
        using RunningProgram parasite =
            thief.Namespace.Start("atk6-parasite6", "-l", "-R", Guest.Interface);
        foreach (string taken in (string[])
            [address, Addresses.Gateway6, Addresses.HostAlias6, GatewayLinkLocal])
        {
            thief.Attack("fake_advertise6", "-n", "2", "-w", "0", Guest.Interface, taken);
            thief.Attack("fake_advertise6", "-F", "-n", "1", Guest.Interface, taken);
            thief.Attack("fake_solicitate6", Guest.Interface, taken);
        }

        Ping(thief, witness.FindIpv6Address("global")!);
        // Both what it knows and what it asks for anew, which the thief hears and answers, too.
        AssertNobodyIsStolen();
        witness.Namespace.Configure($"neigh flush dev {Guest.Interface}");
        AssertNobodyIsStolen();
        Assert.Matches(" SpoofedAddress [1-9]", Engine!.Report());

        void AssertNobodyIsStolen()
        {
            Ping(witness, address);
            Ping(witness, Addresses.Gateway6);
            Ping(victim, Site.Outside6);
            string neighbors = witness.Run("ip", "-6", "neigh").OrFail().Output;
            Assert.Contains($"{address} dev {Guest.Interface} lladdr {MacOf(victim)}", neighbors,
                StringComparison.Ordinal);
            Assert.Contains(
                $"{Addresses.Gateway6} dev {Guest.Interface} lladdr {Addresses.GatewayMac}",
                neighbors, StringComparison.Ordinal);
        }
    }

    private static string MacOf(Guest guest) =>
        guest.Run("cat", $"/sys/class/net/{Guest.Interface}/address").OrFail().Output.Trim();

    private static void Ping(Guest guest, string address) =>
        guest.Run("ping", "-6", "-n", "-c1", "-W5", address).OrFail();
}
