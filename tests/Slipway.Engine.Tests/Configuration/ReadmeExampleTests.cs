using System.Runtime.CompilerServices;

namespace Slipway.Engine.Tests;

public sealed class ReadmeExampleTests
{
    [Fact]
    public void Readme_Configuration_IsRead()
    {
        const string Fence = "```jsonc\n";
        string readme = File.ReadAllText(Readme());
        int start = readme.IndexOf(Fence, StringComparison.Ordinal) + Fence.Length;
        string example = readme[start..readme.IndexOf("```", start, StringComparison.Ordinal)];

        EngineConfiguration configuration = ConfigurationReader.Parse(example);

        Assert.Equal(2, configuration.Links.Count);
        Assert.Equal(3, configuration.Publish.Count);
        Assert.Equal("web", configuration.Dhcp.StaticLeases[0].Name);
    }

    private static string Readme([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../README.md"));
}
