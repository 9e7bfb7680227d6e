namespace Slipway.Engine;

/// <summary>The key "sandbox" and its option.</summary>
internal static class SandboxResolver
{
    private const int MostPaths = 64;

    public static SandboxConfiguration Resolve(
        SandboxDocument document, CommandLineSettings commandLine)
    {
        (string key, string? text) = commandLine.Sandbox is null
            ? ("sandbox.mode", document.Mode) : ("--sandbox", commandLine.Sandbox);
        SandboxMode mode = text switch
        {
            null or "auto" => SandboxMode.Auto,
            "on" => SandboxMode.On,
            "off" => SandboxMode.Off,
            _ => throw new ConfigurationException(key, text, "must be auto, on or off"),
        };
        List<string> paths = document.Paths ?? [];
        for (int i = 0; i < paths.Count; i++)
        {
            string name = $"{SandboxConfiguration.PathsKey}[{i}]";
            if (i == MostPaths)
            {
                throw new ConfigurationException(
                    name, paths[i], $"is one too many; name folders above them, {MostPaths} at "
                        + "most");
            }

            if (!Path.IsPathFullyQualified(paths[i]))
            {
                throw new ConfigurationException(
                    name, paths[i], "is no absolute path; begin it with /");
            }
        }

        return new SandboxConfiguration { Mode = mode, ModeKey = key, Paths = paths };
    }
}
