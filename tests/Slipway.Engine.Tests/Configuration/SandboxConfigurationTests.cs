namespace Slipway.Engine.Tests;

/// <summary>"sandbox" and its option.</summary>
public sealed class SandboxConfigurationTests
{
    [Theory]
    [InlineData("auto", SandboxMode.Auto)]
    [InlineData("on", SandboxMode.On)]
    [InlineData("off", SandboxMode.Off)]
    public void Mode_OfTheKey_IsRead(string text, SandboxMode mode)
    {
        Assert.Equal(SandboxMode.Auto, ConfigurationReader.Parse("{}").Sandbox.Mode);
        Assert.Equal(
            mode, ConfigurationReader.Parse($$"""{ "sandbox": { "mode": "{{text}}" } }""")
                .Sandbox.Mode);
    }

    [Fact]
    public void Mode_OfTheOption_GoesBeforeTheKey()
    {
        SandboxConfiguration sandbox = ConfigurationReader.Parse(
            """{ "sandbox": { "mode": "on" } }""", new CommandLineSettings { Sandbox = "off" })
            .Sandbox;
        Assert.Equal(SandboxMode.Off, sandbox.Mode);
        Assert.Equal("--sandbox", sandbox.ModeKey);
    }

    [Theory]
    [InlineData("""{ "sandbox": { "mode": "yes" } }""", "sandbox.mode", "auto, on or off")]
    [InlineData("""{ "sandbox": { "paths": ["run"] } }""", "sandbox.paths[0]", "absolute")]
    public void Sandbox_OfAWrongValue_IsRefusedWithTheKeyAndTheRemedy(
        string json, string key, string remedy)
    {
        ConfigurationException refused = Assert.Throws<ConfigurationException>(
            () => ConfigurationReader.Parse(json));
        Assert.Equal(key, refused.Key);
        Assert.Contains(remedy, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Paths_OfMoreThanTheBound_AreRefused()
    {
        string paths = string.Join(", ", Enumerable.Range(0, 65).Select(i => $"\"/run/{i}\""));
        ConfigurationException refused = Assert.Throws<ConfigurationException>(
            () => ConfigurationReader.Parse($$"""{ "sandbox": { "paths": [{{paths}}] } }"""));
        Assert.Equal("sandbox.paths[64]", refused.Key);
    }
}
