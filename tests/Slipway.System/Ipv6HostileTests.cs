using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>
/// The attacks of thc-ipv6 by one guest: the engine lives, serves it and another guest afterwards,
/// and its memory is bounded.
/// </summary>
public sealed class Ipv6HostileTests(Site site, ITestOutputHelper output)
    : SystemTest(site, output)
{
    // A flood of SYNs is the dearest: each makes a flow until the host has refused it.
    private const long GrowthKib = 48 * 1024;

    // Each case waits for an answer, busily, that may not come.
    private const string EveryCase =
        "seq $0 | xargs -P 3 -I% timeout -s KILL 0.3 $* % >/dev/null 2>&1 || true";

    private static readonly string[] Floods =
    [
        "flood_router26 tap0", "flood_router26 -F tap0", "flood_rs6 -s tap0",
        $"flood_solicitate6 tap0 {Addresses.Gateway6}",
        $"flood_solicitate6 -k tap0 ff02::1 {Addresses.Gateway6}", "flood_advertise6 tap0",
        "flood_mld26 tap0", "flood_redir6 -F tap0", $"flood_unreach6 tap0 {Addresses.HostAlias6}",
        "flood_dhcpc6 -N tap0", $"ndpexhaust26 -r tap0 {Addresses.Prefix6}:/64",
        $"thcsyn6 -r tap0 {Addresses.HostAlias6} 7000", $"thcsyn6 tap0 {Addresses.HostAlias6} x",
        $"smurf6 tap0 {Addresses.Gateway6}",
    ];

    private static readonly string[] Malformed =
    [
        $"fuzz_ip6 -a -IFSDHRJ tap0 {Addresses.HostAlias6}", "fuzz_dhcps6 -m tap0",
        $"randicmp6 -p tap0 {Addresses.HostAlias6}",
        $"sendpees6 tap0 1024 fe80:: {Addresses.Gateway6}",
        $"toobig6 tap0 {Addresses.HostAlias6} {Addresses.Gateway6} 1280",
        $"firewall6 tap0 {Addresses.HostAlias6} 7000",
    ];

    private static readonly (string Tool, int Cases)[] CaseTools =
    [
        ("atk6-implementation6 -p", 57), ("atk6-fragmentation6 -p", 33), ("atk6-denial6", 7),
        ("atk6-exploit6", 4),
    ];

    [SlipwayFact]
    public void Floods_ByOneGuest_HarmNobody()
    {
        AssertHarmless(attacker =>
        {
            foreach (string[] words in Floods.Select(line => line.Split(' ')))
            {
                attacker.Attack(words[0], words[1..]);
            }
        });
        string counted = Engine!.Report();
        Note(counted);
        foreach (string reason in (string[])["RouterGuard", "SpoofedMac", "SpoofedAddress"])
        {
            Assert.Matches($" {reason} [1-9]", counted);
        }
    }

    [SlipwayFact]
    public void Packets_MalformedAndFragmented_HarmNobody()
    {
        AssertHarmless(attacker =>
        {
            foreach (string[] words in Malformed.Select(line => line.Split(' ')))
            {
                attacker.Attack(words[0], words[1..]);
            }

            foreach ((string tool, int cases) in CaseTools)
            {
                attacker.Run(TimeSpan.FromSeconds(30), "sh", "-c", EveryCase, $"{cases}",
                    $"{tool} {Guest.Interface} {Addresses.HostAlias6}").OrFail();
            }
        });
        string counted = Engine!.Report();
        Note(counted);
        foreach (string reason in (string[])["BadFragment", "MalformedOption", "MalformedVersion"])
        {
            Assert.Matches($" {reason} [1-9]", counted);
        }
    }

    private void AssertHarmless(Action<Guest> attack)
    {
        Guest[] guests = StartBareGuests(2);
        AssertServed(guests);
        long before = Engine!.ResidentKib;
        attack(guests[0]);
        Assert.True(Engine.IsAlive, Engine.Log);
        Note($"resident memory {before} KiB, afterwards {Engine.ResidentKib} KiB");
        Assert.InRange(Engine.ResidentKib - before, long.MinValue, GrowthKib);
        AssertServed(guests);
    }

    private static void AssertServed(IEnumerable<Guest> guests) => Assert.All(guests, guest =>
    {
        guest.AwaitIpv6();
        guest.Run("ping", "-6", "-n", "-c1", "-W5", Addresses.Gateway6).OrFail();
        guest.Run("curl", "-sS", "--max-time", "9",
            $"http://[{Addresses.HostAlias6}]:{Site.Port}/").OrFail();
    });
}
