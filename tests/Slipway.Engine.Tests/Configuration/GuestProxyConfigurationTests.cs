namespace Slipway.Engine.Tests.Configuration;

/// <summary>What "proxy" says of the guests' side.</summary>
public sealed class GuestProxyConfigurationTests
{
    [Fact]
    public void Proxy_NotSpokenOf_ListensOnItsPorts()
    {
        GuestProxyConfiguration proxy = ConfigurationReader.Parse("{}").Proxy;
        Assert.True(proxy.IsEnabled);
        Assert.Equal((3_128, 1_080), (proxy.Port, proxy.SocksPort));
        Assert.Equal([80, 443], proxy.TransparentPorts);
    }

    [Fact]
    public void Proxy_WithEveryKey_IsTaken()
    {
        EngineConfiguration configuration = ConfigurationReader.Parse(
            """
            {
              "proxy": {
                "enabled": false, "port": 0, "socksPort": 0, "transparentPorts": [80, 8443]
              },
              "limits": { "proxyStreams": 10, "proxyStreamsPerGuest": 5 }
            }
            """);
        Assert.False(configuration.Proxy.IsEnabled);
        Assert.Equal((0, 0), (configuration.Proxy.Port, configuration.Proxy.SocksPort));
        Assert.Equal([80, 8_443], configuration.Proxy.TransparentPorts);
        Assert.Equal(10, configuration.Limits.ProxyStreams);
        Assert.Equal(5, configuration.Limits.ProxyStreamsPerGuest);
    }

    [Theory]
    [InlineData("\"port\": 65536", "proxy.port 65536: must be a whole number from 0 to 65535")]
    [InlineData("\"socksPort\": -1", "proxy.socksPort -1: must be a whole number from 0 to 65535")]
    [InlineData("\"port\": 53", "proxy.port 53: is the port of the DNS server; choose another")]
    [InlineData("\"port\": 1080", "proxy.socksPort 1080: is the port of the HTTP proxy too")]
    [InlineData("\"transparentPorts\": [80, 0]", "proxy.transparentPorts[1] 0: must be")]
    public void Proxy_WithAWrongValue_IsRefusedByName(string keys, string message)
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(
            () => ConfigurationReader.Parse($$"""{ "proxy": { {{keys}} } }"""));
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TransparentPorts_TooMany_AreRefused()
    {
        string ports = string.Join(", ", Enumerable.Range(1, 65));
        ConfigurationException error = Assert.Throws<ConfigurationException>(
            () => ConfigurationReader.Parse(
                $$"""{ "proxy": { "transparentPorts": [{{ports}}] } }"""));
        Assert.Contains("at most 64", error.Message, StringComparison.Ordinal);
    }
}
