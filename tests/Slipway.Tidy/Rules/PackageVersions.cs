using System.Xml.Linq;

namespace Slipway.Tidy.Rules;

/// <summary>
/// Versions are written once: of packages in Slipway.Packages.props, of the framework and the
/// language in Slipway.Common.props.
/// </summary>
internal static class PackageVersions
{
    private const string Packages = "engine/build/Slipway.Packages.props";
    private const string Common = "engine/build/Slipway.Common.props";

    private static readonly string[] CommonProperties =
        ["TargetFramework", "LangVersion", "Version"];

    public static IEnumerable<string> Check(SourceTree tree)
    {
        foreach (string path in tree.Paths.Where(IsProject))
        {
            XDocument project = XDocument.Parse(tree.Read(path));
            foreach (XElement reference in project.Descendants("PackageReference"))
            {
                if (reference.Attribute("Version") is not null
                    || reference.Attribute("VersionOverride") is not null
                    || reference.Elements("Version").Any())
                {
                    yield return Misplaced(path, reference);
                }
            }

            foreach (XElement version in project.Descendants("PackageVersion"))
            {
                if (path != Packages)
                {
                    yield return Misplaced(path, version);
                }
            }

            foreach (string property in CommonProperties)
            {
                if (path != Common && project.Descendants("PropertyGroup").Elements(property).Any())
                {
                    yield return $"{path}: sets {property}, which {Common} does";
                }
            }
        }
    }

    private static bool IsProject(string path) =>
        Path.GetExtension(path) is ".csproj" or ".props" or ".targets";

    private static string Misplaced(string path, XElement item)
    {
        string? name = (string?)item.Attribute("Include") ?? (string?)item.Attribute("Update");
        return $"{path}: {name} has its version here, not in {Packages}";
    }
}
