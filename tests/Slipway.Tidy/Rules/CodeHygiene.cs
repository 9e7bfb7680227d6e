using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Slipway.Tidy.Rules;

/// <summary>No catch that swallows, no test that is skipped.</summary>
internal static class CodeHygiene
{
    public static IEnumerable<string> EmptyCatches(SourceTree tree) =>
        from path in tree.CSharpPaths
        from clause in tree.Parse(path).DescendantNodes().OfType<CatchClauseSyntax>()
        where clause.Block.Statements.Count == 0
        select $"{SourceTree.Place(path, clause)}: an empty catch hides what went wrong";

    public static IEnumerable<string> SkippedTests(SourceTree tree) =>
        from path in tree.CSharpPaths
        from argument in tree.Parse(path).DescendantNodes().OfType<AttributeArgumentSyntax>()
        where argument.NameEquals?.Name.Identifier.Text == "Skip"
        select $"{SourceTree.Place(path, argument)}: a skipped test proves nothing";

    /// <summary>
    /// Tests are named Subject_Situation_Outcome; the situation may be part of the subject.
    /// </summary>
    public static IEnumerable<string> TestNames(SourceTree tree) =>
        from path in tree.CSharpPaths
        from method in tree.Parse(path).DescendantNodes().OfType<MethodDeclarationSyntax>()
        where method.AttributeLists.SelectMany(list => list.Attributes).Any(IsTest)
        where !IsTestName(method.Identifier.Text)
        select $"{SourceTree.Place(path, method)}: {method.Identifier.Text} is not "
            + "Subject_Situation_Outcome";

    private static bool IsTest(AttributeSyntax attribute) =>
        attribute.Name.ToString().EndsWith("Fact", StringComparison.Ordinal)
        || attribute.Name.ToString().EndsWith("Theory", StringComparison.Ordinal);

    private static bool IsTestName(string name)
    {
        string[] parts = name.Split('_');
        return parts.Length >= 2
            && parts.All(part => part.Length > 0 && !char.IsAsciiLetterLower(part[0]));
    }
}
