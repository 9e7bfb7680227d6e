using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Slipway.Tidy.Rules;

/// <summary>
/// Pointers live in the interop rooms, in Links' shared-memory folders, in that of the guest which
/// measures them and where they are fuzzed; elsewhere spans do. Wire may name hot loops that need
/// them; so far none does.
/// </summary>
internal static class UnsafePlaces
{
    private static readonly string[] Allowed =
    [
        "interop/Slipway.Linux/", "interop/Slipway.Abi/",
        "engine/Slipway.Links/Virtqueue/", "engine/Slipway.Links/VhostUser/",
        "engine/Slipway.Links/Ring/", "engine/Slipway.Links/Embedded/",
        "perf/Slipway.Load/Virtio/", "fuzz/Slipway.Fuzz/Coverage/", "fuzz/Slipway.Fuzz/Rings/",
    ];

    public static IEnumerable<string> Check(SourceTree tree) =>
        from path in tree.CSharpPaths
        where !Allowed.Any(place => path.StartsWith(place, StringComparison.Ordinal))
        from token in tree.Parse(path).DescendantTokens()
        where token.IsKind(SyntaxKind.UnsafeKeyword)
        select $"{SourceTree.Place(path, token.Parent!)}: unsafe code does not belong here";
}
