using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Slipway.Tidy.Rules;

/// <summary>
/// Functions fit a screen, files a few screens, lines the width of two side by side. What does not
/// stands in the ratchet, with its size; see <see cref="Ratchet"/>.
/// </summary>
internal static class Sizes
{
    public const int FunctionLines = 70;
    public const int FileLines = 400;
    public const int Columns = 100;

    private static readonly HashSet<string> Extensions =
        new(StringComparer.Ordinal) { ".cs", ".c", ".h", ".sh", ".ps1", ".py", ".js" };

    /// <summary>Everything over a limit, with its size.</summary>
    public static IEnumerable<Oversize> Measure(SourceTree tree)
    {
        foreach (string path in tree.Paths.Where(IsProgram))
        {
            string[] lines = tree.ReadLines(path);
            if (lines.Length > FileLines)
            {
                yield return new Oversize("file", path, lines.Length);
            }

            int[] wide = [.. lines.Index().Where(line => line.Item.Length > Columns)
                .Select(line => line.Index + 1)];
            if (wide.Length > 0)
            {
                string place = $" (lines {string.Join(", ", wide)})";
                yield return new Oversize("columns", path, wide.Length, place);
            }

            if (path.EndsWith(".cs", StringComparison.Ordinal))
            {
                foreach (Oversize function in MeasureFunctions(tree, path))
                {
                    yield return function;
                }
            }
        }
    }

    /// <summary>
    /// What is over a limit and not in the ratchet, or is there with another size.
    /// </summary>
    public static IEnumerable<string> Check(SourceTree tree, Ratchet ratchet) =>
        ratchet.Compare(Measure(tree));

    // Overloads share a name: the longest counts. Local functions and lambdas are part of the
    // function that they stand in.
    private static IEnumerable<Oversize> MeasureFunctions(SourceTree tree, string path) =>
        tree.Parse(path).DescendantNodes()
            .Where(node => node is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax
                or PropertyDeclarationSyntax { ExpressionBody: not null })
            .Select(node => (Name: Name(node), Lines: Lines(node)))
            .Where(function => function.Lines > FunctionLines)
            .GroupBy(function => function.Name, StringComparer.Ordinal)
            .Select(group => new Oversize(
                "function", $"{path}:{group.Key}", group.Max(function => function.Lines)));

    private static int Lines(SyntaxNode node)
    {
        FileLinePositionSpan span = node.GetLocation().GetLineSpan();
        return span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
    }

    private static string Name(SyntaxNode node) => node switch
    {
        MethodDeclarationSyntax method => method.Identifier.Text,
        PropertyDeclarationSyntax property => property.Identifier.Text,
        ConstructorDeclarationSyntax constructor => constructor.Identifier.Text,
        AccessorDeclarationSyntax { Parent.Parent: PropertyDeclarationSyntax property } =>
            property.Identifier.Text,
        _ => node.Kind().ToString(),
    };

    private static bool IsProgram(string path) =>
        Extensions.Contains(Path.GetExtension(path)) || path == ".ci/run";
}
