using Slipway.Services;

namespace Slipway.Engine.Tests;

public sealed class ProxyConfigurationTests
{
    private const string Secret = "hunter2";

    [Fact]
    public void Proxy_Absent_LeavesTheOtherSources()
    {
        ProxyUpstreamConfiguration proxy = ConfigurationReader.Parse("{}").ProxyUpstream;
        Assert.Null(proxy.Configured);
        Assert.True(proxy.Desktop && proxy.Environment);
        Assert.Equal(new ProxyUpstreamConfiguration(), proxy);
    }

    [Fact]
    public void Proxy_EveryKey_IsRead()
    {
        ProxyUpstreamConfiguration proxy = ConfigurationReader.Parse(
            """
            { "proxy": {
              "http": "a.test:3128", "https": ["https://b.test", "socks5h://c.test"],
              "all": ["direct"], "noProxy": ["intranet.test, 10.0.0.0/8", "[2001:db8::1]:80"],
              "pac": "/tmp/proxy.pac", "pacFailure": "direct", "file": "/tmp/proxy.json",
              "desktop": false, "environment": false, "allow": "*.docker.test",
              "allowMessage": "not %s", "caFile": "/tmp/ca.pem", "connectSeconds": 1,
              "handshakeSeconds": 2, "deadSeconds": 3,
            } }
            """).ProxyUpstream;

        Assert.Equal(
            "http http://a.test:3128, https https://b.test:443 or socks5://c.test:1080, "
                + "all direct, pac /tmp/proxy.pac",
            proxy.Configured!.ToString());
        Assert.True(proxy.Configured.NoProxy!.Matches("a.intranet.test", 1));
        Assert.True(proxy.Configured.NoProxy.Matches("10.1.1.1", 1));
        Assert.True(proxy.Configured.NoProxy.Matches("2001:db8::1", 80));
        Assert.Equal("not x.test", proxy.Configured.Allow!.Refusal("x.test"));
        Assert.Equal(PacFailure.Direct, proxy.PacFailure);
        Assert.Equal("/tmp/proxy.json", proxy.File);
        Assert.Equal("/tmp/ca.pem", proxy.CaFile);
        Assert.False(proxy.Desktop || proxy.Environment);
        Assert.Equal(
            (1, 2, 3),
            ((int)proxy.ConnectTimeout.TotalSeconds, (int)proxy.HandshakeTimeout.TotalSeconds,
                (int)proxy.DeadTime.TotalSeconds));
    }

    [Fact]
    public void Proxy_Options_GoBeforeTheKeys()
    {
        ProxySettings settings = ConfigurationReader.Parse(
            """{ "proxy": { "http": "a.test", "pac": "x.pac", "noProxy": "b.test" } }""",
            new CommandLineSettings
            {
                Proxy = ["socks5://c.test", "direct"],
                NoProxy = "d.test",
            }).ProxyUpstream.Configured!;
        Assert.Equal("all socks5://c.test:1080 or direct", settings.ToString());
        Assert.True(settings.NoProxy!.Matches("d.test", 1));
        Assert.False(settings.NoProxy.Matches("b.test", 1));
    }

    [Theory]
    [InlineData("\"http\": \"gopher://u:hunter2@a.test\"", "proxy.http", "socks5h")]
    [InlineData("\"https\": [\"a.test\", \"u:hunter2@a.test:x\"]", "proxy.https[1]", "port")]
    [InlineData("\"all\": \"u:hunter2@a.test/x\"", "proxy.all", "path")]
    [InlineData("\"all\": 7", "proxy.all", "list of such texts")]
    [InlineData("\"all\": { \"url\": \"socks5://u:hunter2@a.test\" }", "proxy.all", "list")]
    [InlineData("\"all\": [\"a.test\", 7]", "proxy.all", "text")]
    [InlineData("\"url\": \"socks5://u:hunter2@a.test\"", "proxy.url", "no such key")]
    [InlineData("\"noProxy\": [\"a.test\", \"10.0.0.0/99\"]", "proxy.noProxy[1]", "network")]
    [InlineData("\"allow\": \"a..test\"", "proxy.allow", "network")]
    [InlineData("\"allowMessage\": \"no\"", "proxy.allowMessage", "proxy.allow")]
    [InlineData("\"pac\": \"\"", "proxy.pac", "empty")]
    [InlineData("\"file\": \"\"", "proxy.file", "empty")]
    [InlineData("\"caFile\": \"\"", "proxy.caFile", "empty")]
    [InlineData("\"pacFailure\": \"later\"", "proxy.pacFailure", "next or direct")]
    [InlineData("\"connectSeconds\": 0", "proxy.connectSeconds", "1 to 300")]
    [InlineData("\"handshakeSeconds\": 601", "proxy.handshakeSeconds", "1 to 600")]
    [InlineData("\"deadSeconds\": -1", "proxy.deadSeconds", "1 to 3600")]
    public void Proxy_WrongValue_IsRefusedWithoutThePassword(string key, string name, string remedy)
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(
            () => ConfigurationReader.Parse($"{{ \"proxy\": {{ {key} }} }}"));
        Assert.StartsWith(name, error.Key, StringComparison.Ordinal);
        Assert.Contains(remedy, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Proxy_WrongOption_NamesIt()
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(
            () => ConfigurationReader.Parse("{}", new CommandLineSettings
            {
                Proxy = [$"gopher://u:{Secret}@a.test"],
            }));
        Assert.Equal("--proxy", error.Key);
        Assert.DoesNotContain(Secret, error.ToString(), StringComparison.Ordinal);
        Assert.Equal("--no-proxy", Assert.Throws<ConfigurationException>(
            () => ConfigurationReader.Parse(
                "{}", new CommandLineSettings { NoProxy = "a.test,b:c" })).Key);
    }
}
