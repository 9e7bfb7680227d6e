using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>Metrics of an engine that carries something, as Prometheus's own tool reads
/// them.</summary>
public sealed class MetricsTests : SystemTest
{
    private readonly string _control = Path.Combine(
        Path.GetTempPath(), $"slipway-{Environment.ProcessId}-{Guid.NewGuid():N}.sock");

    public MetricsTests(Site site, ITestOutputHelper output)
        : base(site, output)
    {
    }

    [SlipwayFact]
    public void Metrics_OfAnEngineWithTraffic_CountItAndPleasePromtool()
    {
        Guest guest = StartGuest(WideMtuBytes, "--control", $"unix:{_control}");
        Scrape(); // begins to measure turns
        guest.Run("curl", "-sS", $"http://{Site.Outside}:{Site.Port}/").OrFail();
        string metrics = Scrape();
        Assert.Contains("slipway_flows_opened_total{protocol=\"tcp\"} 1\n", metrics,
            StringComparison.Ordinal);
        Assert.DoesNotContain("slipway_frame_bytes_total{direction=\"from_guest\"} 0\n", metrics,
            StringComparison.Ordinal);
        Assert.DoesNotContain("slipway_turn_duration_seconds_count{worker=\"0\"} 0\n", metrics,
            StringComparison.Ordinal);
        ProgramResult judged = Site.Host.Run("sh", "-c",
            $"curl -sS --unix-socket {_control} http://localhost/metrics"
            + " | promtool check metrics 2>&1");
        Assert.Equal((0, ""), (judged.ExitStatus, judged.Output));
    }

    private string Scrape() => Site.Host.Run(
        "curl", "-sS", "--fail", "--unix-socket", _control, "http://localhost/metrics")
        .OrFail().Output + "\n";
}
