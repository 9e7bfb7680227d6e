namespace Slipway.Tidy.Rules;

/// <summary>
/// Every project is in Engine.sln: what is not there is neither built nor tested.
/// </summary>
internal static class SolutionMembers
{
    public static IEnumerable<string> Check(SourceTree tree)
    {
        string solution = tree.Read("Engine.sln").Replace('\\', '/');
        return tree.ProjectPaths
            .Where(path => !solution.Contains($"\"{path}\"", StringComparison.Ordinal))
            .Select(path => $"{path}: is not in Engine.sln (dotnet sln add {path})");
    }
}
