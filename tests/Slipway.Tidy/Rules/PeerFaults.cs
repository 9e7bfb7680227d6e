using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Slipway.Tidy.Rules;

/// <summary>
/// tests/PeerFaults.md names a test for each fault of a peer: the tests are there, and each number
/// that stands beside a test has its row.
/// </summary>
internal static partial class PeerFaults
{
    public const string Table = "tests/PeerFaults.md";

    public static IEnumerable<string> Check(SourceTree tree)
    {
        string[] rows = [
            .. tree.ReadLines(Table).Where(line => line.StartsWith("| ", StringComparison.Ordinal))
                .Skip(1)];
        HashSet<string> tests = [.. Tests(tree)];
        foreach (string row in rows)
        {
            string[] cells = row.Split('|', StringSplitOptions.TrimEntries);
            string fault = cells[1];
            string[] named = [.. Named().Matches(cells[^2]).Select(match => match.Groups[1].Value)];
            if (named.Length == 0
                && !cells[^2].StartsWith("no counterpart: ", StringComparison.Ordinal))
            {
                yield return $"{Table}: {fault} has neither a test nor a reason why not";
            }

            foreach (string test in named.Where(test => !tests.Contains(test)))
            {
                yield return $"{Table}: {fault} names {test}, which does not exist";
            }
        }

        string numbers = string.Join('\n', rows.Select(row => row.Split('|')[1]));
        foreach ((string path, string number) in Numbers(tree))
        {
            if (!numbers.Contains(number, StringComparison.Ordinal))
            {
                yield return $"{path}: {number} has no row in {Table}";
            }
        }
    }

    private static IEnumerable<string> Tests(SourceTree tree) =>
        from path in TestPaths(tree)
        from method in tree.Parse(path).DescendantNodes().OfType<MethodDeclarationSyntax>()
        where method.AttributeLists.SelectMany(list => list.Attributes).Any(IsTest)
        let type = method.Ancestors().OfType<TypeDeclarationSyntax>().First()
        select $"{type.Identifier.Text}.{method.Identifier.Text}";

    private static bool IsTest(AttributeSyntax attribute) =>
        attribute.Name.ToString() is string name
        && (name.EndsWith("Fact", StringComparison.Ordinal)
            || name.EndsWith("Theory", StringComparison.Ordinal));

    private static IEnumerable<(string Path, string Number)> Numbers(SourceTree tree) =>
        from path in TestPaths(tree)
        from Match match in Cve().Matches(tree.Read(path))
        select (path, match.Value);

    // Not this room, whose samples are bad on purpose.
    private static IEnumerable<string> TestPaths(SourceTree tree) =>
        tree.CSharpPaths.Where(path => path.StartsWith("tests/", StringComparison.Ordinal)
            && !path.StartsWith("tests/Slipway.Tidy/", StringComparison.Ordinal));

    [GeneratedRegex(@"`(\w+\.\w+)`")]
    private static partial Regex Named();

    [GeneratedRegex(@"CVE-\d{4}-\d+")]
    private static partial Regex Cve();
}
