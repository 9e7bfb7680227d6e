using System.Globalization;
using System.Security;
using System.Text;
using Slipway.Load.Measurements;

namespace Slipway.Load.Report;

/// <summary>
/// A table as an SVG picture: a panel for each test and MTU, a bar for each engine, on the scale of
/// the panel's longest.
/// </summary>
internal sealed class BarPlot(ReportTable table)
{
    private const int Columns = 2;
    private const int PanelWidth = 470;
    private const int BarHeight = 14;
    private const int RowHeight = 18;
    private const int NameWidth = 92;
    private const int BarWidth = 290;
    private const int TitleHeight = 26;
    private const int Margin = 14;

    private readonly StringBuilder _svg = new();

    public string Write()
    {
        (int Mtu, LoadTest Test)[] panels = [.. table.Mtus
            .SelectMany(mtu => table.Tests(mtu).Select(test => (mtu, test)))
            .Where(panel => table.Engines.Any(engine =>
                table.Cell(engine, panel.mtu, panel.test).Median is not null))];
        int panelHeight = TitleHeight + (RowHeight * table.Engines.Count) + Margin;
        int rows = (panels.Length + Columns - 1) / Columns;
        int width = (Columns * PanelWidth) + Margin;
        int height = (rows * panelHeight) + Margin;
        _svg.AppendLine("<svg xmlns=\"http://www.w3.org/2000/svg\" font-family=\"sans-serif\" "
            + $"font-size=\"12\" width=\"{width}\" height=\"{height}\" "
            + $"viewBox=\"0 0 {width} {height}\">");
        _svg.AppendLine("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>");
        for (int i = 0; i < panels.Length; i++)
        {
            int left = Margin + (i % Columns * PanelWidth);
            int top = Margin + (i / Columns * panelHeight);
            WritePanel(panels[i].Test, panels[i].Mtu, left, top);
        }

        return _svg.AppendLine("</svg>").ToString();
    }

    private void WritePanel(LoadTest test, int mtu, int left, int top)
    {
        Cell[] cells = [.. table.Engines.Select(engine => table.Cell(engine, mtu, test))];
        double longest = cells.Max(cell => cell.Median ?? 0);
        string sense = test.Metric is Metric.Latency or Metric.Memory ? "less is better"
            : "more is better";
        WriteText(left, top + 12, "font-weight=\"bold\"", $"{test.Title}, MTU {mtu}");
        WriteText(left + NameWidth, top + 24, "font-size=\"9\" fill=\"#666\"",
            $"{cells[0].Unit}, {sense}");
        for (int i = 0; i < cells.Length; i++)
        {
            int y = top + TitleHeight + (i * RowHeight);
            string engine = table.Engines[i];
            WriteText(left, y + BarHeight - 3, "", engine);
            double length = longest > 0 ? BarWidth * (cells[i].Median ?? 0) / longest : 0;
            string colour = engine == "slipway" ? "#1f6feb" : "#9aa4b2";
            _svg.AppendLine(string.Create(CultureInfo.InvariantCulture,
                $"<rect x=\"{left + NameWidth}\" y=\"{y}\" width=\"{length:F1}\" "
                + $"height=\"{BarHeight}\" fill=\"{colour}\"/>"));
            WriteText(left + NameWidth + (int)length + 4, y + BarHeight - 3, "fill=\"#333\"",
                cells[i].Median is null ? "not measured" : cells[i].Short);
        }
    }

    private void WriteText(int x, int y, string style, string text) => _svg.AppendLine(
        $"<text x=\"{x}\" y=\"{y}\" {style}>{SecurityElement.Escape(text)}</text>");
}
