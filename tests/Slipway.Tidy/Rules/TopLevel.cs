namespace Slipway.Tidy.Rules;

/// <summary>The top level is fixed: five folders, three files, a licence, and dot-files.</summary>
internal static class TopLevel
{
    private static readonly HashSet<string> Folders =
        new(StringComparer.Ordinal) { "engine", "interop", "tests", "perf", "fuzz" };

    private static readonly HashSet<string> Files =
        new(StringComparer.Ordinal) { "Engine.sln", "README.md", "build.ps1", "LICENSE" };

    public static IEnumerable<string> Check(SourceTree tree)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (string path in tree.Paths)
        {
            int slash = path.IndexOf('/', StringComparison.Ordinal);
            string entry = slash < 0 ? path : path[..slash];
            bool named = entry.StartsWith('.') || (slash < 0 ? Files : Folders).Contains(entry);
            if (!named && seen.Add(entry))
            {
                yield return $"{entry}: the design names no such entry at the top level";
            }
        }
    }
}
