using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>
/// A guest that sends what no kernel sends: it is dropped and counted, and nobody is harmed.
/// </summary>
public sealed class HostileTests(Site site, ITestOutputHelper output) : SystemTest(site, output)
{
    private const int MutationCount = 20_000;

    private const long GrowthKib = 16 * 1024;

    [SlipwayTheory]
    [InlineData(1)]
    [InlineData(2)]
    public void Frames_MalformedTruncatedAndLying_AreCountedAndHarmNobody(int seed)
    {
        Guest guest = StartGuest();
        guest.Run("ping", "-n", "-c1", "-W2", Addresses.Gateway).OrFail();
        using RunningProgram open = guest.Starts(
            "keep-open", Addresses.HostAlias, $"{Site.Port + 1}", "3");
        Guest.Parse(open.ReadLine(TimeSpan.FromSeconds(20)));
        long before = Engine!.ResidentKib;

        ProgramResult result = guest.Run(TimeSpan.FromSeconds(60),
            "python3", Repository.Tool("hostile.py"), Guest.Interface, Addresses.GatewayMac,
            Addresses.FirstGuest, Addresses.Gateway, Addresses.HostAlias,
            seed.ToString(CultureInfo.InvariantCulture),
            MutationCount.ToString(CultureInfo.InvariantCulture)).OrFail();
        JsonObject sent = Guest.Parse(result.Output);

        string counted = Engine.Report();
        Note($"{sent.ToJsonString()}; {counted}");
        foreach (string reason in (string[])[
            "EtherType", "SpoofedMac", "SpoofedAddress", "Unroutable", "Protocol", "BadFragment",
            "MalformedTruncated", "MalformedVersion", "MalformedHeaderLength",
            "MalformedTotalLength", "MalformedChecksum", "MalformedOption", "MalformedField"])
        {
            Assert.Matches($" {reason} [1-9]", counted);
        }

        // Most have come, however busy the machine: the engine has seen what this test is about.
        long seen = long.Parse(
            Regex.Match(counted, "frames ([0-9]+) in").Groups[1].Value,
            CultureInfo.InvariantCulture);
        Assert.InRange(seen, (long)sent["sent"]! * 3 / 4, long.MaxValue);

        Assert.InRange(Engine.ResidentKib - before, -GrowthKib, GrowthKib);
        open.WriteLine("");
        Assert.Equal(3, (int)Guest.Parse(open.ReadLine(TimeSpan.FromSeconds(20)))["alive"]!);
        guest.Run("ping", "-n", "-c2", "-i0.2", "-W2", Addresses.Gateway).OrFail();
        guest.Run("curl", "-sS", "--max-time", "5",
            $"http://{Addresses.HostAlias}:{Site.Port}/").OrFail();
        guest.Run("dig", "+tries=2", "+time=2", $"@{Addresses.Gateway}", "host.internal").OrFail();
    }
}
