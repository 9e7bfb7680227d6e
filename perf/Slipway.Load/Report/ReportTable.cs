using System.Globalization;
using System.Text;
using Slipway.Load.Measurements;

namespace Slipway.Load.Report;

/// <summary>Everything that was measured, engines side by side, as Markdown.</summary>
internal sealed class ReportTable
{
    private readonly IReadOnlyList<Measurement> _measurements;

    public ReportTable(IReadOnlyList<Measurement> measurements)
    {
        _measurements = measurements;
        Engines = [.. measurements.Select(one => one.Engine).Distinct()];
        Mtus = [.. measurements.Select(one => one.Mtu).Distinct().Order()];
    }

    public IReadOnlyList<string> Engines { get; }

    public IReadOnlyList<int> Mtus { get; }

    /// <summary>Tests that were made at an MTU.</summary>
    public IEnumerable<LoadTest> Tests(int mtu) => LoadTests.All.Where(test =>
        _measurements.Any(one => one.Test == test.Name && one.Mtu == mtu));

    public Cell Cell(string engine, int mtu, LoadTest test) => new(
        test.Metric, _measurements.Where(one =>
            one.Engine == engine && one.Mtu == mtu && one.Test == test.Name));

    public string Write(IEnumerable<string> facts)
    {
        StringBuilder text = new();
        text.AppendLine("# Slipway beside its peers\n");
        text.AppendLine("""
            Written by Slipway.Load; the median of the repetitions, in parentheses the lowest and
            the highest, behind it the engine's processor seconds per GiB, the datagrams lost, or
            the 99th percentile.

            """);
        foreach (string fact in facts.Append(Repetitions()))
        {
            text.AppendLine($"- {fact}");
        }

        foreach (int mtu in Mtus)
        {
            text.AppendLine($"\n## MTU {mtu}\n");
            text.AppendLine($"| | unit | {string.Join(" | ", Engines)} |");
            text.AppendLine($"|---|---{string.Concat(Engines.Select(_ => "|---"))}|");
            foreach (LoadTest test in Tests(mtu))
            {
                Cell[] cells = [.. Engines.Select(engine => Cell(engine, mtu, test))];
                text.AppendLine(
                    $"| {test.Title} (`{test.Name}`) | {cells[0].Unit} "
                    + $"| {string.Join(" | ", cells.Select(cell => cell.ToString()))} |");
            }
        }

        string[] errors = [.. _measurements.Where(one => one.Error is not null)
            .Select(one => $"- {one.Engine}, MTU {one.Mtu}, {one.Test}: "
                + one.Error!.ReplaceLineEndings(" ").Trim())];
        if (errors.Length > 0)
        {
            text.AppendLine("\n## Not measured\n").AppendJoin('\n', errors).AppendLine();
        }

        return text.ToString();
    }

    private string Repetitions()
    {
        int most = _measurements.GroupBy(one => (one.Engine, one.Mtu, one.Test))
            .Select(group => group.Count()).DefaultIfEmpty().Max();
        IEnumerable<double> seconds = _measurements.Select(one => one.Value("seconds"))
            .OfType<double>().Distinct().Order();
        return string.Create(CultureInfo.InvariantCulture,
            $"up to {most} repetitions of {string.Join(" or ", seconds)} s");
    }
}
