using System.Xml.Linq;

namespace Slipway.Tidy.Rules;

/// <summary>
/// References point one way: Wire, Stack, then Links, Host and Services (which do not know each
/// other), Engine, and on top Control, the executable and the C ABI. All but Wire and Stack may use
/// Slipway.Linux.
/// </summary>
internal static class ReferenceArrows
{
    private static readonly string[] UpToStack = ["Slipway.Wire", "Slipway.Stack", "Slipway.Linux"];

    private static readonly string[] UpToEngine =
        [.. UpToStack, "Slipway.Links", "Slipway.Host", "Slipway.Services", "Slipway.Engine"];

    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Slipway.Linux"] = [],
        ["Slipway.Wire"] = [],
        ["Slipway.Stack"] = ["Slipway.Wire"],
        ["Slipway.Links"] = UpToStack,
        ["Slipway.Host"] = UpToStack,
        ["Slipway.Services"] = UpToStack,
        ["Slipway.Engine"] = UpToEngine,
        ["Slipway.Control"] = UpToEngine,
        ["Slipway"] = [.. UpToEngine, "Slipway.Control"],
        ["Slipway.Abi"] = UpToEngine,
    };

    public static IEnumerable<string> Check(SourceTree tree)
    {
        foreach (string path in tree.ProjectPaths)
        {
            string name = Path.GetFileNameWithoutExtension(path);
            bool ships = path.StartsWith("engine/", StringComparison.Ordinal)
                || path.StartsWith("interop/", StringComparison.Ordinal);
            if (ships && !Allowed.ContainsKey(name))
            {
                yield return $"{path}: the design names no room {name}";
                continue;
            }

            foreach (string target in References(tree.Read(path)))
            {
                bool good = ships ? Allowed[name].Contains(target)
                    : Allowed.ContainsKey(target) || target == "Slipway.Testing";
                if (!good)
                {
                    yield return $"{path}: {name} may not refer to {target}";
                }
            }
        }
    }

    private static IEnumerable<string> References(string project) =>
        XDocument.Parse(project).Descendants("ProjectReference")
            .Select(reference => (string?)reference.Attribute("Include") ?? "")
            .Select(include => Path.GetFileNameWithoutExtension(include.Replace('\\', '/')));
}
