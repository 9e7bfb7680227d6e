using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Slipway.Tidy;

/// <summary>
/// The files that a rule looks at, by their paths from the repository's root with '/' between the
/// parts: those of the repository, or a small bad sample that shows that the rule can fail.
/// </summary>
internal sealed class SourceTree
{
    private static readonly CSharpParseOptions ParseOptions =
        new(LanguageVersion.Preview, DocumentationMode.Parse);

    private static readonly Lazy<SourceTree> LazyRepository = new(OpenRepository);

    private readonly SortedDictionary<string, string> _texts;
    private readonly Dictionary<string, SyntaxNode> _roots = new(StringComparer.Ordinal);

    private SourceTree(string? directory, SortedDictionary<string, string> texts)
    {
        Directory = directory;
        _texts = texts;
    }

    /// <summary>
    /// The repository that the tests were built in, without what .gitignore names.
    /// </summary>
    public static SourceTree Repository => LazyRepository.Value;

    /// <summary>Where the files lie; null for a sample.</summary>
    public string? Directory { get; }

    /// <summary>All text files, in ordinal order.</summary>
    public IEnumerable<string> Paths => _texts.Keys;

    /// <summary>All C# files, in ordinal order.</summary>
    public IEnumerable<string> CSharpPaths =>
        Paths.Where(path => path.EndsWith(".cs", StringComparison.Ordinal));

    /// <summary>All project files, in ordinal order.</summary>
    public IEnumerable<string> ProjectPaths =>
        Paths.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal));

    /// <summary>A tree of files that exist here alone.</summary>
    public static SourceTree Sample(params (string Path, string Text)[] files)
    {
        SortedDictionary<string, string> texts = new(StringComparer.Ordinal);
        foreach ((string path, string text) in files)
        {
            texts.Add(path, text);
        }

        return new SourceTree(null, texts);
    }

    public bool Contains(string path) => _texts.ContainsKey(path);

    /// <summary>True if a file lies somewhere under this folder.</summary>
    public bool ContainsFolder(string path)
    {
        string prefix = path.TrimEnd('/') + "/";
        return Paths.Any(file => file.StartsWith(prefix, StringComparison.Ordinal));
    }

    public string Read(string path) => _texts[path];

    public string[] ReadLines(string path)
    {
        string[] lines = Read(path).ReplaceLineEndings("\n").Split('\n');
        return lines is [.., ""] ? lines[..^1] : lines;
    }

    /// <summary>The syntax of a C# file; parsed once.</summary>
    public SyntaxNode Parse(string path)
    {
        lock (_roots)
        {
            if (!_roots.TryGetValue(path, out SyntaxNode? root))
            {
                root = CSharpSyntaxTree.ParseText(Read(path), ParseOptions, path).GetRoot();
                _roots.Add(path, root);
            }

            return root;
        }
    }

    /// <summary>The place of a node, as compilers write it: path and line.</summary>
    public static string Place(string path, SyntaxNode node) =>
        $"{path}:{node.GetLocation().GetLineSpan().StartLinePosition.Line + 1}";

    private static SourceTree OpenRepository()
    {
        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Engine.sln")))
        {
            root = root.Parent;
        }

        Assert.NotNull(root);
        SortedDictionary<string, string> texts = new(StringComparer.Ordinal);
        Ignored ignored = new(File.ReadAllLines(Path.Combine(root.FullName, ".gitignore")));
        Collect(root, root.FullName, ignored, texts);
        return new SourceTree(root.FullName, texts);
    }

    private static void Collect(
        DirectoryInfo folder, string root, Ignored ignored, SortedDictionary<string, string> texts)
    {
        foreach (FileSystemInfo entry in folder.EnumerateFileSystemInfos())
        {
            if (entry.LinkTarget is not null || ignored.Matches(entry))
            {
                continue;
            }

            if (entry is DirectoryInfo inner)
            {
                Collect(inner, root, ignored, texts);
                continue;
            }

            string text = File.ReadAllText(entry.FullName);
            if (!text.Contains('\0', StringComparison.Ordinal))
            {
                texts.Add(Path.GetRelativePath(root, entry.FullName).Replace('\\', '/'), text);
            }
        }
    }

    /// <summary>
    /// The two kinds of patterns that .gitignore has here: "name/" and "*.ending".
    /// </summary>
    private sealed class Ignored(string[] patterns)
    {
        public bool Matches(FileSystemInfo entry) =>
            entry.Name == ".git" || patterns.Any(pattern => Matches(entry, pattern.Trim()));

        private static bool Matches(FileSystemInfo entry, string pattern) => pattern switch
        {
            "" => false,
            [.. string name, '/'] => entry is DirectoryInfo && entry.Name == name.TrimStart('/'),
            ['*', .. string ending] => entry.Name.EndsWith(ending, StringComparison.Ordinal),
            _ => entry.Name == pattern.TrimStart('/'),
        };
    }
}
