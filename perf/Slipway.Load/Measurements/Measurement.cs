using System.Text.Json;

namespace Slipway.Load.Measurements;

/// <summary>One repetition of a test on an engine: its numbers, or why there are none.</summary>
internal sealed record Measurement(
    string Engine, int Mtu, string Test, Dictionary<string, double> Values, string? Error = null)
{
    /// <summary>The number that the test is about; null without one.</summary>
    public double? Primary(Metric metric) => metric switch
    {
        Metric.Throughput or Metric.Datagrams => Value("bps") / 1e9,
        Metric.Latency => Value("p50us"),
        Metric.Rate => Value("rate"),
        _ => Value("mib"),
    };

    public double? Value(string name) =>
        Values.TryGetValue(name, out double value) ? value : null;

    /// <summary>Measurements that were kept, one JSON object a line.</summary>
    public static IEnumerable<Measurement> Read(string path) =>
        File.Exists(path)
            ? File.ReadLines(path).Select(line => JsonSerializer.Deserialize<Measurement>(line)!)
            : [];

    public string ToJson() => JsonSerializer.Serialize(this);
}
