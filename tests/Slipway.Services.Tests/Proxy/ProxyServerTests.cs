namespace Slipway.Services.Tests.Proxy;

public sealed class ProxyServerTests
{
    private const string Secret = "hunter2";

    [Theory]
    [InlineData("http://proxy.example:3128", "http://proxy.example:3128")]
    [InlineData("HTTP://Proxy.Example:3128/", "http://proxy.example:3128")]
    [InlineData("proxy.example:3128", "http://proxy.example:3128")]
    [InlineData(" proxy.example ", "http://proxy.example:80")]
    [InlineData("https://proxy.example", "https://proxy.example:443")]
    [InlineData("socks5://10.0.0.1", "socks5://10.0.0.1:1080")]
    [InlineData("socks5h://10.0.0.1:9050", "socks5://10.0.0.1:9050")]
    [InlineData("http://[2001:db8::1]:8080", "http://[2001:db8::1]:8080")]
    [InlineData("[2001:db8::1]", "http://[2001:db8::1]:80")]
    [InlineData("direct", "direct")]
    public void Parse_Url_IsRead(string text, string expected)
    {
        Assert.True(ProxyServer.TryParse(text, out ProxyServer server, out string fault), fault);
        Assert.Equal(expected, server.ToString());
    }

    [Theory]
    [InlineData("user:" + Secret + "@", "user", Secret)]
    [InlineData("user@", "user", "")]
    [InlineData("us%40er:p%3Aw%2F@", "us@er", "p:w/")]
    [InlineData("user:p@ss:" + Secret + "@", "user", "p@ss:" + Secret)]
    [InlineData("user:a/b@", "user", "a/b")]
    public void Parse_Credentials_AreKeptAndNotShown(string text, string user, string password)
    {
        Assert.True(ProxyServer.TryParse(
            $"http://{text}proxy.example:3128", out ProxyServer server, out string fault), fault);
        Assert.Equal((user, password), (server.User, server.Password));
        Assert.Equal("http://proxy.example:3128", server.ToString());
    }

    [Theory]
    [InlineData("ftp://proxy.example", "the scheme 'ftp' is not one of")]
    [InlineData("socks4://proxy.example", "the scheme 'socks4' is not one of")]
    [InlineData("", "does not name a host")]
    [InlineData("http://", "does not name a host")]
    [InlineData("http://:3128", "does not name a host")]
    [InlineData("a b:3128", "does not name a host")]
    [InlineData("a\r\nx:3128", "does not name a host")]
    [InlineData("http://[10.0.0.1]:80", "does not name a host")]
    [InlineData("http://2001:db8::1", "has a port")]
    [InlineData("http://proxy.example:0", "has a port")]
    [InlineData("http://proxy.example:65536", "has a port")]
    [InlineData("http://proxy.example:x", "has a port")]
    [InlineData("http://proxy.example/pac", "has a path")]
    [InlineData("http://:" + Secret + "@proxy.example", "password without a user")]
    [InlineData("socks5://us%3Aer:" + Secret + "@proxy.example", "a user with a colon")]
    [InlineData("user:%0d%0a" + Secret + "@proxy.example", "a control character")]
    [InlineData("user:" + Secret + "://@proxy.example", "is not one of")]
    public void Parse_WrongUrl_SaysWhatIsWrongWithoutThePassword(string text, string expected)
    {
        Assert.False(ProxyServer.TryParse(text, out _, out string fault));
        Assert.Contains(expected, fault, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_PasswordOver255Bytes_IsRefused()
    {
        Assert.False(ProxyServer.TryParse(
            $"socks5://u:{new string('a', 256)}@proxy.example", out _, out string fault));
        Assert.Contains("255", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("socks5://user:pw@proxy.example:1", "socks5://...@proxy.example:1")]
    [InlineData("user:p@w@proxy.example", "...@proxy.example")]
    [InlineData("proxy.example:1", "proxy.example:1")]
    public void WithoutCredentials_Text_LosesThem(string text, string expected) =>
        Assert.Equal(expected, ProxyServer.WithoutCredentials(text));
}
