using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Slipway.Tidy.Rules;

/// <summary>
/// One type a file; names that say what a thing is; a summary on every type that others see. For
/// what ships: the rooms of engine and interop.
/// </summary>
internal static class Types
{
    private static readonly string[] EmptyWords =
        ["Manager", "Helper", "Helpers", "Util", "Utils", "Utility", "Utilities", "Data", "Info"];

    public static IEnumerable<string> OnePerFile(SourceTree tree) =>
        from path in Shipped(tree)
        let types = TopLevelTypes(tree, path).ToArray()
        where types.Length > 1
        select $"{path}: holds {types.Length} types: "
            + string.Join(", ", types.Select(Name));

    public static IEnumerable<string> Names(SourceTree tree) =>
        from path in tree.CSharpPaths
        from type in tree.Parse(path).DescendantNodes().OfType<MemberDeclarationSyntax>()
        where type is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax
        let word = EmptyWords.FirstOrDefault(
            word => Name(type).EndsWith(word, StringComparison.Ordinal))
        where word is not null
        select $"{SourceTree.Place(path, type)}: {Name(type)} says nothing with '{word}'";

    public static IEnumerable<string> Summaries(SourceTree tree) =>
        from path in Shipped(tree)
        from type in TopLevelTypes(tree, path)
        where type.Modifiers.Any(SyntaxKind.PublicKeyword)
            && !type.Modifiers.Any(SyntaxKind.PartialKeyword)
            && !HasDocumentation(type)
        select $"{SourceTree.Place(path, type)}: {Name(type)} is public and has no summary";

    private static IEnumerable<string> Shipped(SourceTree tree) =>
        tree.CSharpPaths.Where(path => path.StartsWith("engine/", StringComparison.Ordinal)
            || path.StartsWith("interop/", StringComparison.Ordinal));

    private static IEnumerable<MemberDeclarationSyntax> TopLevelTypes(
        SourceTree tree, string path) =>
        tree.Parse(path).DescendantNodes(
            node => node is CompilationUnitSyntax or BaseNamespaceDeclarationSyntax)
            .OfType<MemberDeclarationSyntax>()
            .Where(member => member is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax);

    private static string Name(MemberDeclarationSyntax type) => type switch
    {
        BaseTypeDeclarationSyntax declaration => declaration.Identifier.Text,
        DelegateDeclarationSyntax declaration => declaration.Identifier.Text,
        _ => "",
    };

    private static bool HasDocumentation(SyntaxNode type) => type.GetLeadingTrivia()
        .Any(trivia => trivia.GetStructure() is DocumentationCommentTriviaSyntax);
}
