using System.Globalization;
using System.Text;

namespace Slipway.Fuzz;

/// <summary>
/// What share of the branches of its parsers a target reaches with all inputs that there are.
/// </summary>
internal sealed class CoverageReport(BranchCount branches, IReadOnlyList<string> corpora)
{
    /// <summary>A type of which less is reached is named, in percent.</summary>
    private const int Little = 70;

    private readonly StringBuilder _table = new();
    private readonly StringBuilder _wanting = new();

    /// <summary>Executes a target with its inputs, and adds its line.</summary>
    public void Add(FuzzTarget target)
    {
        branches.Clear();
        int inputs = 0;
        foreach (byte[] input in Inputs(target))
        {
            target.Body(input);
            inputs++;
        }

        HashSet<string> known = [.. branches.Types];
        List<(string Type, int Taken, int All)> types = [];
        foreach (string type in ParserAims.Items.Where(aim => aim.Target == target.Name)
            .SelectMany(aim => aim.Types))
        {
            // One without a method of its own has none.
            (int taken, int all) = known.Contains(type) ? branches.Of(type) : (0, 0);
            types.Add((type, taken, all));
        }

        int reached = types.Sum(type => type.Taken), sum = types.Sum(type => type.All);
        _table.AppendLine(
            CultureInfo.InvariantCulture,
            $"| {target.Name} | {inputs:N0} | {reached:N0} of {sum:N0} "
                + $"| {Percent(reached, sum)} % |");
        foreach ((string type, int taken, int all) in types)
        {
            if (Percent(taken, all) < Little)
            {
                _wanting.AppendLine(
                    CultureInfo.InvariantCulture,
                    $"| {target.Name} | {type} | {taken:N0} of {all:N0} "
                        + $"| {Percent(taken, all)} % |");
            }
        }
    }

    public override string ToString() =>
        "| Target | Inputs | Branches of its parsers | |\n|---|---|---|---|\n" + _table
            + $"\nTypes of which less than {Little} % is reached:\n\n"
            + "| Target | Type | Branches | |\n|---|---|---|---|\n" + _wanting;

    private static int Percent(int part, int all) => all == 0 ? 100 : 100 * part / all;

    private IEnumerable<byte[]> Inputs(FuzzTarget target) =>
        corpora.Select(folder => Path.Combine(folder, target.Name)).Where(Directory.Exists)
            .SelectMany(Directory.GetFiles).Order(StringComparer.Ordinal)
            .Select(File.ReadAllBytes).Prepend([]).Concat(target.Seeds);
}
