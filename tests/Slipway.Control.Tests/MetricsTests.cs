using System.Globalization;

namespace Slipway.Control.Tests;

/// <summary>What Prometheus is told; that its own tool accepts it is tested elsewhere.</summary>
public sealed class MetricsTests : IDisposable
{
    private const StringComparison Ordinal = StringComparison.Ordinal;
    private readonly RunningEngine _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task Metrics_OfAnEngine_HaveTheFormatsTypeAndEachFamilyOnce()
    {
        using HttpClient http = SocketHttp.Open(_engine.Listen().Path);
        using HttpResponseMessage response = await http.GetAsync("metrics");
        Assert.Equal(
            "text/plain; version=0.0.4; charset=utf-8",
            $"{response.Content.Headers.ContentType}");
        string[] lines = (await response.Content.ReadAsStringAsync()).TrimEnd('\n').Split('\n');
        string[] families = [.. lines.Where(line => line.StartsWith("# TYPE", Ordinal))];
        Assert.Equal(families.Length, families.Distinct().Count());
        string[] samples = [.. lines.Where(line => line[0] != '#')];
        Assert.Equal(samples.Length, samples.Select(Key).Distinct().Count());
        Assert.All(samples, sample => Assert.True(double.IsFinite(Value(sample)), sample));
        Assert.Contains("slipway_frames_total{direction=\"to_guest\"} 0", samples);
        Assert.Contains("slipway_dropped_packets_total{reason=\"link_full\"} 0", samples);
        Assert.Contains("slipway_build_info{version=\"1.2.3\"} 1", samples);
        Assert.True(Value(samples.Single(one => Key(one) == "process_open_fds")) > 3);
        Assert.True(
            Value(samples.Single(one => Key(one) == "process_resident_memory_bytes")) > 1e6);
    }

    [Fact]
    public async Task Turns_OfAnEngineThatIsAskedTwice_AreInTheHistogram()
    {
        using HttpClient http = SocketHttp.Open(_engine.Listen().Path);
        using ControlClient client = ControlClient.Open(_engine.Path("c.sock"));
        double turns = 0;
        for (int i = 0; turns < 3; i++)
        {
            Assert.True(i < 1_000, "turns are measured");
            await client.PublishAsync("0:80", CancellationToken.None); // a turn at the least
            string[] lines = (await http.GetStringAsync("metrics")).Split('\n');
            string[] buckets = [.. lines.Where(
                line => line.StartsWith("slipway_turn_duration_seconds_bucket", Ordinal))];
            Assert.Equal(12, buckets.Length);
            Assert.Equal(buckets.Select(Value).Order(), buckets.Select(Value));
            Assert.EndsWith("le=\"+Inf\"}", Key(buckets[^1]), Ordinal);
            turns = Value(lines.Single(
                line => Key(line) == "slipway_turn_duration_seconds_count{worker=\"0\"}"));
            Assert.Equal(turns, Value(buckets[^1]));
        }
    }

    private static string Key(string sample) =>
        sample[..Math.Max(0, sample.LastIndexOf(' '))];

    private static double Value(string sample) => double.Parse(
        sample[(sample.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
}
