using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>ping, traceroute and tracepath as any Linux has them.</summary>
public sealed class PingTests(Site site, ITestOutputHelper output) : SystemTest(site, output)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(40);

    [SystemTheory]
    [InlineData(Addresses.Gateway, 56)]
    [InlineData(Addresses.HostAlias, 56)]
    [InlineData(Site.Outside, 56)]
    [InlineData(Site.Beyond, 56)]
    [InlineData(Addresses.Gateway, 0)]
    [InlineData(Addresses.Gateway, 9000)]
    [InlineData(Site.Outside, 9000)]
    public void Ping_OfGatewayHostAndBeyond_IsAnsweredEveryTime(string address, int sizeBytes)
    {
        Guest guest = StartGuest();
        ProgramResult ping =
            guest.Run("ping", "-n", "-c3", "-i0.2", "-W2", $"-s{sizeBytes}", "-Mdont", address)
                .OrFail();
        Assert.Contains("3 received", ping.Output, StringComparison.Ordinal);
    }

    [SystemFact]
    public void Ping_OfAnUnreachableAddress_SaysSo()
    {
        Guest guest = StartGuest();
        ProgramResult ping = guest.Run("ping", "-n", "-c2", "-W2", Site.Unreachable);
        Assert.Equal(1, ping.ExitStatus);
        Assert.Contains("Destination Host Unreachable", ping.Output, StringComparison.Ordinal);
    }

    [SystemFact]
    public void Ping_OfABlackHole_HearsNothing()
    {
        Guest guest = StartGuest();
        ProgramResult ping = guest.Run("ping", "-n", "-c2", "-W1", Site.BlackHole);
        Assert.Equal(1, ping.ExitStatus);
        Assert.Contains("0 received", ping.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Unreachable", ping.Output, StringComparison.Ordinal);
    }

    [SystemTheory]
    [InlineData("-U")]
    [InlineData("-I")]
    public void Traceroute_ToAnotherMachine_ShowsGatewayAndEveryHop(string method)
    {
        Guest guest = StartGuest();
        // -U is UDP to port 53, one port for all probes; without it each probe has its own.
        string[] flags = method == "-U" ? [] : [method];
        ProgramResult trace = guest.Run(Limit,
            ["traceroute", "-n", .. flags, "-q2", "-w2", "-m6", Site.Beyond]).OrFail();
        Note(trace.Output);
        string[] hops = [.. trace.Output.Split('\n').Skip(1).Select(line =>
            line.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(1) ?? "")];
        Assert.Equal([Addresses.Gateway, Site.OutsideRouter, Site.Beyond], hops.Take(3));
    }

    [SystemFact]
    public void Tracepath_ToAnotherMachine_FindsThePathsMtu()
    {
        Guest guest = StartGuest();
        ProgramResult trace =
            guest.Run(Limit, "tracepath", "-n", "-m6", Site.Beyond).OrFail();
        Note(trace.Output);
        Assert.Contains($"pmtu {Site.BeyondMtuBytes}", trace.Output, StringComparison.Ordinal);
        Assert.Contains(Site.OutsideRouter, trace.Output, StringComparison.Ordinal);
        Assert.Contains("reached", trace.Output, StringComparison.Ordinal);
    }
}
