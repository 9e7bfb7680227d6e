using Spectre.Console;

namespace Slipway;

/// <summary>Rows under headings, for people; as wide as it must be where nobody looks.</summary>
internal sealed class Listing
{
    private const int UnboundedWidth = 10_000;
    private readonly Table _table = new() { Border = TableBorder.None };

    public Listing(params ReadOnlySpan<string> headings)
    {
        foreach (string heading in headings)
        {
            _table.AddColumn(new TableColumn(new Text(heading)) { NoWrap = true });
        }
    }

    /// <summary>A row; what a guest said of itself is no markup.</summary>
    public void Add(params ReadOnlySpan<string> cells)
    {
        List<Text> row = [];
        foreach (string cell in cells)
        {
            row.Add(new Text(cell));
        }

        _table.AddRow(row);
    }

    /// <summary>The table itself.</summary>
    public Table Table => _table;

    public void Print()
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings());
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = UnboundedWidth;
        }

        console.Write(_table);
    }
}
