using System.Globalization;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>
/// A few seconds of what tests/hostile.sh does at length: scans and floods by stock programs, after
/// which the engine serves, and has kept neither memory nor descriptors.
/// </summary>
public sealed class HostileToolTests(Site site, ITestOutputHelper output)
    : SystemTest(site, output)
{
    private const long GrowthKib = 16 * 1024;

    private static readonly string s_edges =
        Path.Combine(Repository.Root, "tests", "checks", "edges.py");

    [SlipwayTheory]
    [InlineData("nmap -n -Pn -sS -T5 -p 1-8000")]
    [InlineData("nmap -n -Pn -sS -f -T5 --top-ports 200")]
    [InlineData("hping3 -q -S -p ++7000 -i u20 -c 20000")]
    public void Engine_AfterAScanOrAFloodByAStockProgram_ServesAndHasKeptNothing(string command) =>
        Survives(guest => guest.Run(
            TimeSpan.FromSeconds(60), [.. command.Split(' '), Addresses.HostAlias]));

    [SlipwayTheory]
    [InlineData("zero_window", 0)]
    [InlineData("reset_in_window", 0)]
    [InlineData("urgent", 0)]
    [InlineData("tiny_mss", 0)]
    [InlineData("syn_resets", 50)]
    [InlineData("holes", 10_000)]
    [InlineData("fragments", 10_000)]
    [InlineData("arp", 10_000)]
    public void Engine_AtAnEdgeByScapy_BehavesServesAndHasKeptNothing(string edge, int count) =>
        Survives(guest => guest.Run(TimeSpan.FromSeconds(60),
            "/usr/bin/python3", s_edges, edge, Guest.Interface, Addresses.FirstGuest,
            Addresses.GatewayMac, Addresses.HostAlias, $"{Site.Port + 1}",
            count.ToString(CultureInfo.InvariantCulture)).OrFail());

    private void Survives(Func<Guest, ProgramResult> attack)
    {
        Guest guest = StartGuest();
        IsServed(guest);
        SlipwayEngine engine = Engine!;
        long before = engine.ResidentKib;
        int descriptors = engine.DescriptorCount;

        Note(attack(guest).Output.TrimEnd().Split('\n')[^1]);

        IsServed(guest);
        Eventually.Holds(TimeSpan.FromSeconds(60), "the memory is back",
            () => engine.ResidentKib - before <= GrowthKib);
        // A few are opened once and kept.
        Eventually.Holds(TimeSpan.FromSeconds(60), "the descriptors are back",
            () => engine.DescriptorCount <= descriptors + 4);
    }

    private static void IsServed(Guest guest) => guest.Run(
        "curl", "-sS", "--max-time", "5", $"http://{Addresses.HostAlias}:{Site.Port}/").OrFail();
}
