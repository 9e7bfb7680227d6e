using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Slipway.Tidy.Rules;

/// <summary>
/// Commands in a README do what it says. A block marked "sh test" is run from the repository's root
/// and must end well; any other "sh" block must at least be shell, and what it names must exist:
/// paths, and slipway's subcommands and options.
/// </summary>
internal static partial class ReadmeBlocks
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static IEnumerable<ReadmeBlock> Find(SourceTree tree)
    {
        foreach (string path in tree.Paths.Where(path => Path.GetFileName(path) == "README.md"))
        {
            foreach (Match match in Block().Matches(tree.Read(path)))
            {
                int line = tree.Read(path)[..match.Index].Count(letter => letter == '\n') + 1;
                yield return new ReadmeBlock(
                    path, line, match.Groups["mark"].Value == "test", match.Groups["text"].Value);
            }
        }
    }

    /// <summary>
    /// Blocks of shell that call themselves something else and would not be looked at.
    /// </summary>
    public static IEnumerable<string> CheckMarks(SourceTree tree) =>
        from path in tree.Paths
        where Path.GetFileName(path) == "README.md"
        from Match match in OtherShell().Matches(tree.Read(path))
        select $"{path}: a block of commands is marked 'sh' or 'sh test', not '{match.Value[3..]}'";

    /// <summary>What blocks name and does not exist.</summary>
    public static IEnumerable<string> CheckNames(SourceTree tree) =>
        from block in Find(tree)
        from fault in MissingPaths(tree, block.Text).Concat(MissingWords(tree, block.Text))
        select $"{block.Path}:{block.Line}: {fault}";

    /// <summary>Blocks that bash cannot read.</summary>
    public static IEnumerable<string> CheckSyntax(SourceTree tree) =>
        from block in Find(tree)
        let result = Bash(["-n", "-c", block.Text], tree.Directory)
        where result.ExitCode != 0
        select $"{block.Path}:{block.Line}: {result.Output}";

    /// <summary>Blocks marked as tests that fail.</summary>
    public static IEnumerable<string> Run(SourceTree tree) =>
        from block in Find(tree)
        where block.IsTest
        let result = Bash(["-euo", "pipefail", "-c", block.Text], tree.Directory)
        where result.ExitCode != 0
        select $"{block.Path}:{block.Line}: exit status {result.ExitCode}\n{result.Output}";

    private static IEnumerable<string> MissingPaths(SourceTree tree, string text)
    {
        foreach (Match match in RepositoryPath().Matches(text))
        {
            string path = match.Groups["path"].Value.TrimEnd('.', '/');
            bool built = path.Split('/').Any(part => part is "bin" or "obj" or "out");
            if (!built && !tree.Contains(path) && !tree.ContainsFolder(path))
            {
                yield return $"names {path}, which does not exist";
            }
        }
    }

    // A word is known if it is a string in the executable's source: that is where it is parsed.
    private static IEnumerable<string> MissingWords(SourceTree tree, string text)
    {
        string joined = text.Replace("\\\n", " ", StringComparison.Ordinal);
        joined = GuestCommand().Replace(joined, "");
        foreach (Match match in SlipwayCommand().Matches(joined))
        {
            string[] words = match.Groups["words"].Value.Split(' ', '=', '\t');
            foreach (string word in words.Where(word => Word().IsMatch(word)).Prepend(words[0]))
            {
                if (!IsInExecutable(tree, word))
                {
                    yield return $"names '{word}', which slipway does not know";
                }
            }
        }
    }

    private static bool IsInExecutable(SourceTree tree, string word) =>
        tree.CSharpPaths.Any(path => path.StartsWith("engine/Slipway/", StringComparison.Ordinal)
            && tree.Read(path).Contains($"\"{word}\"", StringComparison.Ordinal));

    private static (int ExitCode, string Output) Bash(string[] arguments, string? folder)
    {
        ProcessStartInfo start = new("bash", arguments)
        {
            UseShellExecute = false,
            WorkingDirectory = folder ?? Path.GetTempPath(),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            return (-1, $"does not end within {Patience}");
        }

        return (process.ExitCode, output.Result + error.Result);
    }

    [GeneratedRegex(@"^```sh(?:[ ](?<mark>\w+))?[ ]*\n(?<text>.*?)^```",
        RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(
        @"^```(?:bash|shell|console|zsh|sh[ ]+(?!test[ ]*$).*)", RegexOptions.Multiline)]
    private static partial Regex OtherShell();

    [GeneratedRegex(@"(?<![\w/.$}-])(?:\./)?(?<path>(?:(?:engine|interop|tests|perf|fuzz|\.ci)/"
        + @"[\w./-]+)|build\.ps1|Engine\.sln)")]
    private static partial Regex RepositoryPath();

    // What runs in the guest: behind "--".
    [GeneratedRegex(@"[ ]--[ ].*$", RegexOptions.Multiline)]
    private static partial Regex GuestCommand();

    // The command itself, up to a pipe, a quote or another command.
    [GeneratedRegex(@"(?:^|[\s/])slipway[ ]+(?<words>[a-z][^|;&\n'""#]*)", RegexOptions.Multiline)]
    private static partial Regex SlipwayCommand();

    [GeneratedRegex(@"^--[a-z][a-z-]*$")]
    private static partial Regex Word();
}
