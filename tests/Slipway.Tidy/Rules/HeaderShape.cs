using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Slipway.Tidy.Rules;

/// <summary>
/// A header of Wire is a readonly ref struct that only TryParse can make, in five paragraphs:
/// diagram, offsets, accessors, TryParse, Write.
/// </summary>
internal static class HeaderShape
{
    public static IEnumerable<string> Check(SourceTree tree) =>
        from path in tree.CSharpPaths
        where path.StartsWith("engine/Slipway.Wire/", StringComparison.Ordinal)
        from type in tree.Parse(path).DescendantNodes().OfType<StructDeclarationSyntax>()
        where type.Modifiers.Any(SyntaxKind.RefKeyword) && Position(type, "TryParse") >= 0
        from fault in Faults(type)
        select $"{SourceTree.Place(path, type)}: {type.Identifier.Text} {fault}";

    private static IEnumerable<string> Faults(StructDeclarationSyntax type)
    {
        if (!type.Modifiers.Any(SyntaxKind.ReadOnlyKeyword))
        {
            yield return "is not readonly";
        }

        if (!type.GetLeadingTrivia().ToFullString().Contains("<code>", StringComparison.Ordinal))
        {
            yield return "has no diagram";
        }

        if (type.ParameterList is not null || type.Members.OfType<ConstructorDeclarationSyntax>()
            .Any(constructor => !constructor.Modifiers.Any(SyntaxKind.PrivateKeyword)))
        {
            yield return "can be made without TryParse";
        }

        int offsets = type.Members.IndexOf(member => member is FieldDeclarationSyntax field
            && field.Modifiers.Any(SyntaxKind.ConstKeyword));
        int accessors = type.Members.IndexOf(member => member is PropertyDeclarationSyntax);
        int write = Position(type, "Write");
        if (offsets > accessors || accessors > Position(type, "TryParse")
            || (write >= 0 && write < Position(type, "TryParse")))
        {
            yield return "is not in the order offsets, accessors, TryParse, Write";
        }
    }

    private static int Position(StructDeclarationSyntax type, string method) =>
        type.Members.IndexOf(member => member is MethodDeclarationSyntax declaration
            && declaration.Identifier.Text == method);
}
