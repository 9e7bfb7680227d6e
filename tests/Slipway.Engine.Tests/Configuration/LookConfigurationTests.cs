namespace Slipway.Engine.Tests;

/// <summary>How an engine is looked at: the ring of the last frames, the log's form.</summary>
public sealed class LookConfigurationTests
{
    [Theory]
    [InlineData("1MiB", 1 << 20)]
    [InlineData("2048KiB", 2 << 20)]
    [InlineData("1GiB", 1 << 30)]
    public void Ring_OfASize_IsInBytes(string size, int bytes)
    {
        Assert.Equal(bytes, ConfigurationReader.Parse($$"""{ "ring": "{{size}}" }""").RingBytes);
        Assert.Equal(0, ConfigurationReader.Parse("{}").RingBytes);
    }

    [Theory]
    [InlineData("16MB")]
    [InlineData("16")]
    [InlineData("1023KiB")]
    [InlineData("2GiB")]
    [InlineData("-1MiB")]
    [InlineData("99999999999MiB")]
    [InlineData("")]
    public void Ring_OfAWrongSize_IsRefusedWithTheKeyAndAnExample(string size)
    {
        ConfigurationException refused = Assert.Throws<ConfigurationException>(
            () => ConfigurationReader.Parse($$"""{ "ring": "{{size}}" }"""));
        Assert.Equal("ring", refused.Key);
        Assert.Contains("16MiB", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LogFormat_OfTheOption_GoesBeforeTheKey()
    {
        Assert.Equal(
            LogFormat.Json, ConfigurationReader.Parse("""{ "logFormat": "json" }""").LogFormat);
        Assert.Equal(
            LogFormat.Text,
            ConfigurationReader.Parse(
                """{ "logFormat": "json" }""", new CommandLineSettings { LogFormat = "text" })
                .LogFormat);
        Assert.Equal("--log-format", Assert.Throws<ConfigurationException>(
            () => ConfigurationReader.Parse("{}", new CommandLineSettings { LogFormat = "xml" }))
            .Key);
    }
}
