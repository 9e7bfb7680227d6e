using System.Text.RegularExpressions;

namespace Slipway.Tidy.Rules;

/// <summary>
/// Nothing of the machine that a file was written on: no absolute path into somebody's folders, and
/// no URL but of the hosts that documentation and examples name. No marks of unfinished work.
/// </summary>
internal static partial class ForbiddenText
{
    // Joined here, so that this file does not name them.
    private static readonly string[] MachineFolders = ["work", "root", "farm", "home"];

    private static readonly string[] Marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"];

    private static readonly string[] Hosts =
    [
        "github.com", "rfc-editor.org", "ietf.org", "iana.org", "kernel.org", "man7.org",
        "microsoft.com", "aka.ms", "dot.net", "debian.org", "docs.oasis-open.org", "xunit.net",
        "example", "example.com", "example.net", "example.org", "invalid", "test", "internal",
        "localhost", "json-schema.org", "w3.org",
    ];

    public static IEnumerable<string> Check(SourceTree tree)
    {
        foreach (string path in tree.Paths)
        {
            string[] lines = tree.ReadLines(path);
            for (int i = 0; i < lines.Length; i++)
            {
                foreach (string fault in Faults(lines[i]))
                {
                    yield return $"{path}:{i + 1}: {fault}";
                }
            }
        }
    }

    private static IEnumerable<string> Faults(string line)
    {
        foreach (Match match in AbsolutePath().Matches(line))
        {
            if (MachineFolders.Contains(match.Groups["folder"].Value))
            {
                yield return $"names a folder of one machine, '{match.Value}'";
            }
        }

        foreach (Match match in Url().Matches(line))
        {
            string host = match.Groups["host"].Value;
            if (!IsAddressOrVariable(host) && !Hosts.Any(known => IsOf(host, known)))
            {
                yield return $"names a host that ForbiddenText does not know, '{host}'";
            }
        }

        foreach (Match match in Word().Matches(line))
        {
            if (Marks.Contains(match.Value))
            {
                yield return $"unfinished work, '{match.Value}'";
            }
        }
    }

    private static bool IsOf(string host, string known) =>
        host.Equals(known, StringComparison.OrdinalIgnoreCase)
        || host.EndsWith("." + known, StringComparison.OrdinalIgnoreCase);

    private static bool IsAddressOrVariable(string host) =>
        host.Length == 0 || host[0] is '$' or '{' or '[' or '<' || char.IsAsciiDigit(host[0])
        || host.All(letter => char.IsAsciiLetterUpper(letter) || letter == '_');

    [GeneratedRegex(@"(?<![\w.)\]}$-])/(?<folder>\w+)/\w+")]
    private static partial Regex AbsolutePath();

    [GeneratedRegex(@"\b(?:https?|ftp|git|ssh)://(?<host>[^\s/:""'`)>,;]*)")]
    private static partial Regex Url();

    [GeneratedRegex(@"\b[A-Z]{3,}\b")]
    private static partial Regex Word();
}
