using System.Globalization;
using Slipway.Load.Measurements;

namespace Slipway.Load.Report;

/// <summary>What an engine showed in a test: the median and the spread.</summary>
internal sealed class Cell
{
    private readonly Metric _metric;
    private readonly Measurement[] _good;
    private readonly Measurement? _failed;

    public Cell(Metric metric, IEnumerable<Measurement> measurements)
    {
        Measurement[] all = [.. measurements];
        _metric = metric;
        _good = [.. all.Where(one => one.Primary(metric) is not null)];
        _failed = all.FirstOrDefault(one => one.Error is not null);
    }

    /// <summary>Null if nothing was measured.</summary>
    public double? Median => MedianOf(one => one.Primary(_metric));

    public string Unit => _metric switch
    {
        Metric.Throughput or Metric.Datagrams => "Gbit/s",
        Metric.Latency => "µs",
        Metric.Rate => "per s",
        _ => "MiB",
    };

    /// <summary>The median alone.</summary>
    public string Short => Median is double median ? Number(median) : "";

    public override string ToString()
    {
        if (Median is null)
        {
            return _failed is null ? "" : "failed";
        }

        double[] all = [.. _good.Select(one => one.Primary(_metric)!.Value).Order()];
        string spread = all.Length < 2 ? "" : $" ({Number(all[0])} to {Number(all[^1])})";
        return Short + spread + Details();
    }

    private string Details() => _metric switch
    {
        Metric.Throughput when MedianOf(one => one.Value("cpuPerGib")) is double cpu =>
            string.Create(CultureInfo.InvariantCulture, $"; {cpu:F2} s/GiB") + BesideLoopback(),
        Metric.Datagrams => string.Create(CultureInfo.InvariantCulture,
            $"; lost {MedianOf(one => one.Value("lossPct")):F1} %"),
        Metric.Latency => $"; p99 {Number(MedianOf(one => one.Value("p99us")) ?? 0)}",
        Metric.Rate when _good.Sum(one => one.Value("errors")) is double errors and > 0 =>
            $"; {errors} errors",
        _ => "",
    };

    // Each repetition beside the loopback of its own moment.
    private string BesideLoopback() =>
        MedianOf(one => one.Value("bps") / one.Value("loopbackBps")) is not double ratio ? ""
        : string.Create(CultureInfo.InvariantCulture,
            $"; {ratio:F2} of loopback's {MedianOf(one => one.Value("loopbackBps")) / 1e9:F1}");

    private string Number(double value) => value.ToString(
        _metric switch
        {
            Metric.Throughput or Metric.Datagrams => value < 10 ? "F2" : "F1",
            Metric.Memory => "F1",
            Metric.Latency => "F0",
            _ => "N0",
        },
        CultureInfo.InvariantCulture);

    private double? MedianOf(Func<Measurement, double?> value)
    {
        double[] values = [.. _good.Select(value).OfType<double>().Order()];
        return values.Length switch
        {
            0 => null,
            var n when n % 2 == 1 => values[n / 2],
            var n => (values[(n / 2) - 1] + values[n / 2]) / 2,
        };
    }
}
