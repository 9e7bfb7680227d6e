using System.Text.RegularExpressions;

namespace Slipway.Tidy.Rules;

/// <summary>Every room has a README of one screen, and the files it names exist.</summary>
internal static partial class Readmes
{
    public const int ScreenLines = 60;

    /// <summary>
    /// READMEs that are there, and no longer than a screen (but for the repository's own).
    /// </summary>
    public static IEnumerable<string> Check(SourceTree tree)
    {
        foreach (string project in tree.ProjectPaths)
        {
            string path = $"{Folder(project)}/README.md";
            if (!tree.Contains(path))
            {
                yield return $"{path}: is missing";
            }
            else if (tree.ReadLines(path).Length is var lines && lines > ScreenLines)
            {
                yield return $"{path}: {lines} lines are more than a screen's {ScreenLines}";
            }
        }
    }

    /// <summary>
    /// Source files that a README names: from the root, from its folder, or in its room.
    /// </summary>
    public static IEnumerable<string> NamedFiles(SourceTree tree) =>
        from path in tree.Paths
        where Path.GetFileName(path) == "README.md"
        from Match match in SourceFile().Matches(tree.Read(path))
        where !Exists(tree, Folder(path), match.Value.TrimStart('.', '/'))
        select $"{path}: names {match.Value}, which does not exist";

    private static bool Exists(SourceTree tree, string folder, string name)
    {
        string prefix = folder.Length == 0 ? "" : folder + "/";
        return tree.Contains(name) || tree.Contains(prefix + name) || tree.Paths.Any(
            path => path.StartsWith(prefix, StringComparison.Ordinal)
                && path.EndsWith("/" + name, StringComparison.Ordinal));
    }

    private static string Folder(string path) =>
        Path.GetDirectoryName(path)?.Replace('\\', '/') ?? "";

    [GeneratedRegex(@"(?<![\w*{},<>./-])[\w./-]*\w\.(?:cs|csproj|props|sh|ps1|sln)\b(?![\w*-])")]
    private static partial Regex SourceFile();
}
