using System.Globalization;
using System.Text;

namespace Slipway.Control;

/// <summary>
/// Metrics in Prometheus's text format, version 0.0.4: a family's two comment lines, then its
/// samples.
/// </summary>
/// <remarks>
/// The format is four rules long; the exporters of OpenTelemetry are not released yet (beta), and
/// what they bring would be a multiple of this.
/// </remarks>
internal sealed class MetricsWriter
{
    /// <summary>What a response with it is.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();
    private string _family = "";

    /// <summary>Begins a family of counters; its name ends with _total.</summary>
    public void Counter(string name, string help) => Begin(name, "counter", help);

    /// <summary>Begins a family of values that go up and down.</summary>
    public void Gauge(string name, string help) => Begin(name, "gauge", help);

    /// <summary>Begins a family of histograms.</summary>
    public void Histogram(string name, string help) => Begin(name, "histogram", help);

    /// <summary>A family of counters with one sample.</summary>
    public void Counter(string name, string help, double value)
    {
        Counter(name, help);
        Sample(value);
    }

    /// <summary>A family with one value.</summary>
    public void Gauge(string name, string help, double value)
    {
        Gauge(name, help);
        Sample(value);
    }

    /// <summary>A sample of the family that was begun.</summary>
    /// <param name="value">The value.</param>
    /// <param name="labels">Each with its value.</param>
    public void Sample(double value, params ReadOnlySpan<(string Name, string Value)> labels) =>
        Sample("", value, labels);

    /// <summary>The same, of a histogram's parts: _bucket, _sum and _count.</summary>
    public void Sample(
        string suffix, double value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        _text.Append(_family).Append(suffix);
        char before = '{';
        foreach ((string name, string text) in labels)
        {
            _text.Append(before).Append(name).Append("=\"").Append(Escape(text)).Append('"');
            before = ',';
        }

        _text.Append(before == ',' ? "} " : " ").Append(Number(value)).Append('\n');
    }

    /// <summary>All that was written.</summary>
    public override string ToString() => _text.ToString();

    /// <summary>A number as Go reads it.</summary>
    public static string Number(double value) => double.IsPositiveInfinity(value) ? "+Inf"
        : value.ToString("R", CultureInfo.InvariantCulture);

    private void Begin(string name, string type, string help)
    {
        _family = name;
        _text.Append("# HELP ").Append(name).Append(' ').Append(help).Append('\n')
            .Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
    }

    private static string Escape(string value) => value
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal);
}
