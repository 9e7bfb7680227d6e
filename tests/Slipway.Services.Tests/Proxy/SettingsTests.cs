namespace Slipway.Services.Tests.Proxy;

/// <summary>Where settings come from, which goes first, and how changes are followed.</summary>
public sealed class SettingsTests : IDisposable
{
    private const string Secret = "hunter2";
    private readonly TestFolder _folder = new();
    private readonly Dictionary<string, string> _environment = [];
    private readonly Lines _log = new();

    [Fact]
    public void Sources_AllSaySomething_TheFirstDecidesAndTheNextFollowsIt()
    {
        _environment["all_proxy"] = "socks5://environment.test:1";
        string file = _folder.Write("proxy.json", """{ "http": "file.test:1" }""");
        using ProxyUpstreams upstreams = Create(new()
        {
            Configured = new ProxySettings { All = Servers("configured.test:1") },
            File = file,
        });

        upstreams.Follower.Set(new ProxySettings { All = Servers("given.test:1") });
        Assert.Equal("all http://given.test:1", upstreams.Follower.Current.ToString());
        upstreams.Follower.Set(null);
        Assert.Equal("all http://configured.test:1", upstreams.Follower.Current.ToString());

        using ProxyUpstreams unconfigured = Create(new() { File = file });
        Assert.Equal("http http://file.test:1", unconfigured.Follower.Current.ToString());
        File.Delete(file);
        Assert.Equal(
            "all socks5://environment.test:1", unconfigured.Follower.Refresh().ToString());
    }

    [Fact]
    public void Sources_ExceptionsOfALaterOne_CountForAnEarlierOnesProxy()
    {
        _environment["no_proxy"] = "intranet.test";
        using ProxyUpstreams upstreams = Create(new()
        {
            Configured = new ProxySettings { All = Servers("configured.test:1") },
        });
        Assert.True(upstreams.Follower.Current.NoProxy!.Matches("a.intranet.test", 80));

        upstreams.Follower.Set(new ProxySettings { NoProxy = HostRules.None });
        Assert.False(upstreams.Follower.Current.NoProxy!.Matches("a.intranet.test", 80));
        Assert.Equal("all http://configured.test:1", upstreams.Follower.Current.ToString());
    }

    [Fact]
    public void Sources_DirectGiven_HidesTheOnesBelow()
    {
        _environment["http_proxy"] = "environment.test:1";
        using ProxyUpstreams upstreams = Create(new());
        Assert.True(upstreams.HasUpstream);
        upstreams.Follower.Set(new ProxySettings { All = [ProxyServer.Direct] });
        Assert.False(upstreams.HasUpstream);
    }

    [Fact]
    public void Change_AnySource_IsToldWithTheNewSettings()
    {
        using ProxyUpstreams upstreams = Create(new());
        List<string> told = [];
        upstreams.Follower.Changed += settings => told.Add(settings.ToString());
        upstreams.Follower.Set(new ProxySettings { Https = Servers("one.test:1", "two.test:2") });
        upstreams.Follower.Set(null);
        upstreams.Follower.Set(null);
        Assert.Equal(["https http://one.test:1 or http://two.test:2", "direct"], told);
        Assert.Contains("from the API", _log.All, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http_proxy=low.test:1 HTTP_PROXY=high.test:1", "http http://low.test:1")]
    [InlineData("HTTP_PROXY=high.test:1", "http http://high.test:1")]
    [InlineData("http_proxy= HTTP_PROXY=high.test:1", "http http://high.test:1")]
    [InlineData("HTTP_PROXY=high.test:1 REQUEST_METHOD=GET", "direct")]
    [InlineData("HTTPS_PROXY=high.test:1 REQUEST_METHOD=GET", "https http://high.test:1")]
    [InlineData("http_proxy=low.test:1 REQUEST_METHOD=GET", "http http://low.test:1")]
    [InlineData("https_proxy=a.test ALL_PROXY=socks5h://b.test",
        "https http://a.test:80, all socks5://b.test:1080")]
    [InlineData("no_proxy=a.test", "direct")]
    [InlineData("http_proxy=ftp://a.test https_proxy=b.test:1", "https http://b.test:1")]
    public void Environment_Variables_AreReadAsCurlDoes(string variables, string expected)
    {
        foreach (string variable in variables.Split(' '))
        {
            string[] parts = variable.Split('=', 2);
            _environment[parts[0]] = parts[1];
        }

        using ProxyUpstreams upstreams = Create(new());
        Assert.Equal(expected, upstreams.Follower.Current.ToString());
    }

    [Fact]
    public void Environment_Changed_CountsAtTheNextLook()
    {
        using ProxyUpstreams upstreams = Create(new());
        _environment["http_proxy"] = "one.test:1";
        Assert.Equal("http http://one.test:1", upstreams.Follower.Refresh().ToString());
        _environment.Clear();
        Assert.Equal("direct", upstreams.Follower.Refresh().ToString());
    }

    [Fact]
    public void Environment_WrongUrl_IsToldWithoutItsPassword()
    {
        _environment["http_proxy"] = $"user:{Secret}@a.test:x";
        using ProxyUpstreams upstreams = Create(new());
        Assert.Contains("http_proxy", _log.All, StringComparison.Ordinal);
        Assert.Contains("a.test:x", _log.All, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, _log.All, StringComparison.Ordinal);
    }

    [Fact]
    public void File_InVpnkitsForm_IsRead()
    {
        string file = _folder.Write("proxy.json", $$"""
            {"http":"user:{{Secret}}@a.test:3128","https":"b.test:3129",
             "exclude":"*.local, 169.254.0.0/16 10.0.0.1 .corp",
             "transparent_http_ports":[80,8080],"transparent_https_ports":[443],
             "allow_enabled":true,"allow":["*.docker.test"],"allow_error_msg":"no %s here"}
            """);
        using ProxyUpstreams upstreams = Create(new() { File = file });
        ProxySettings settings = upstreams.Follower.Current;

        Assert.Equal("http http://a.test:3128, https http://b.test:3129", settings.ToString());
        Assert.Equal(Secret, settings.Http![0].Password);
        Assert.True(settings.NoProxy!.Matches("printer.local", 80));
        Assert.True(settings.NoProxy.Matches("169.254.1.1", 80));
        Assert.True(settings.NoProxy.Matches("corp", 80));
        Assert.False(settings.NoProxy.Matches("10.0.0.2", 80));
        Assert.Equal([80, 8080], settings.TransparentHttpPorts!);
        Assert.Equal([443], settings.TransparentHttpsPorts!);
        Assert.True(settings.Allow!.Allows("hub.docker.test", 443));
        Assert.Equal("no evil.test here", settings.Allow.Refusal("evil.test"));
        Assert.DoesNotContain(Secret, _log.All, StringComparison.Ordinal);
    }

    [Fact]
    public void File_AllowDisabled_ForbidsNothing()
    {
        string file = _folder.Write(
            "proxy.json", """{"allow_enabled":false,"allow":["a.test"],"unknown":[1]}""");
        using ProxyUpstreams upstreams = Create(new() { File = file });
        Assert.Null(upstreams.Follower.Current.Allow);
    }

    [Theory]
    [InlineData("")]
    [InlineData("""{"http":"one.t""")]
    [InlineData("[]")]
    [InlineData("""{"http":7}""")]
    [InlineData("""{"http":"ftp://a.test"}""")]
    [InlineData("""{"http":"\ud800"}""")]
    [InlineData("""{"allow_enabled":true,"allow":["\ud800"]}""")]
    [InlineData("""{"transparent_http_ports":[0]}""")]
    [InlineData("""{"allow_enabled":"yes"}""")]
    public void File_Broken_KeepsTheLastGoodSettingsAndSaysSoOnce(string broken)
    {
        string file = _folder.Write("proxy.json", """{"http":"one.test:1"}""");
        using ProxyUpstreams upstreams = Create(new() { File = file });
        int lines = _log.Count;

        _folder.Write("proxy.json", broken);
        Assert.Equal("http http://one.test:1", upstreams.Follower.Refresh().ToString());
        upstreams.Follower.Refresh();
        Assert.Equal(lines + 1, _log.Count);
        Assert.Contains("what it said before holds on", _log.All, StringComparison.Ordinal);

        _folder.Write("proxy.json", """{"http":"two.test:22"}""");
        Assert.Equal("http http://two.test:22", upstreams.Follower.Refresh().ToString());
    }

    [Fact]
    public void File_WithAByteOrderMark_IsRead()
    {
        string file = _folder.Write("proxy.json", "\ufeff{\"http\":\"one.test:1\"}");
        using ProxyUpstreams upstreams = Create(new() { File = file });
        Assert.Equal("http http://one.test:1", upstreams.Follower.Current.ToString());
    }

    [Fact]
    public void File_ChangedWhileNobodyConnects_IsSeen()
    {
        string file = _folder.Write("proxy.json", "{}");
        using ProxyUpstreams upstreams = Create(new()
        {
            File = file,
            FileCheckInterval = TimeSpan.FromMilliseconds(20),
        });
        Assert.False(upstreams.HasUpstream);
        _folder.Write("proxy.json", """{"http":"one.test:1"}""");
        Eventually.IsTrue(() => upstreams.HasUpstream, () => _log.All);
    }

    public void Dispose() => _folder.Dispose();

    private static ProxyServer[] Servers(params string[] urls) => [.. urls.Select(url =>
        ProxyServer.TryParse(url, out ProxyServer server, out _)
            ? server : throw new ArgumentException(url, nameof(urls)))];

    private ProxyUpstreams Create(ProxyUpstreamConfiguration configuration) =>
        ProxyUpstreams.Create(
            configuration with
            {
                Desktop = false,
                ReadVariable = name => _environment.GetValueOrDefault(name),
            },
            (name, _) => throw new InvalidOperationException(name), _log.Add);
}
