using System.Net;
using System.Net.Sockets;

namespace Slipway.Services.Tests.Proxy;

/// <summary>Which way a target takes: exceptions, PAC files, allow lists, direct ones.</summary>
public sealed class RouteTests : IDisposable
{
    private const string Good = "HTTP/1.1 200 OK\r\n\r\n";
    private readonly TestFolder _folder = new();
    private readonly Lines _log = new();
    private readonly LyingUpstream _one = LyingUpstream.Answering(Good);
    private readonly LyingUpstream _two = LyingUpstream.Answering(Good);
    private readonly TcpListener _origin = new(IPAddress.Loopback, 0);

    public RouteTests() => _origin.Start();

    private int OriginPort => ((IPEndPoint)_origin.LocalEndpoint).Port;

    [Theory]
    [InlineData(ProxyPurpose.Http, "one")]
    [InlineData(ProxyPurpose.Https, "two")]
    [InlineData(ProxyPurpose.Other, "two")]
    public async Task Route_Purpose_ChoosesTheList(ProxyPurpose purpose, string expected)
    {
        using ProxyUpstreams upstreams = Create(
            new() { Http = Servers(_one.Url), All = Servers(_two.Url) });
        Assert.Equal(expected, await ViaAsync(upstreams, purpose, "shop.test", 80));
    }

    [Theory]
    [InlineData("origin.test")]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    public async Task Route_NoProxyOrLoopback_IsDirect(string host)
    {
        using ProxyUpstreams upstreams = Create(new()
        {
            All = Servers(_one.Url),
            NoProxy = HostRules.Parse("origin.test", out _),
        });
        Assert.Equal(
            "direct", await ViaAsync(upstreams, ProxyPurpose.Http, host, OriginPort));
        Assert.Equal(0, _one.Connections);
    }

    [Fact]
    public async Task Direct_SecondAddressOnlyAnswers_IsConnectedTo()
    {
        using ProxyUpstreams upstreams = Create(new());
        Assert.Equal(
            "direct", await ViaAsync(upstreams, ProxyPurpose.Other, "dual.test", OriginPort));
    }

    [Fact]
    public async Task Direct_FirstAddressSilent_TheNextIsTriedMeanwhile()
    {
        using SilentAddress silent = new(OriginPort);
        using ProxyUpstreams upstreams = Create(
            new(), new() { ConnectTimeout = TimeSpan.FromMinutes(1) });
        Assert.Equal(
            "direct", await ViaAsync(upstreams, ProxyPurpose.Other, "half.test", OriginPort));
    }

    [Fact]
    public async Task Direct_EveryAddressSilent_Is504AfterTheConnectTime()
    {
        using SilentAddress silent = new();
        using ProxyUpstreams upstreams = Create(
            new(), new() { ConnectTimeout = TimeSpan.FromMilliseconds(300) });
        ProxyException error = await Assert.ThrowsAsync<ProxyException>(async () =>
            await upstreams.ConnectAsync(
                new ProxyTarget(ProxyPurpose.Http, "127.0.0.2", silent.Port), default));
        Assert.Equal((504, SocketError.TimedOut), (error.HttpStatus, error.Error));
    }

    [Fact]
    public async Task Upstream_Silent_IsPassedOver()
    {
        using SilentAddress silent = new();
        using ProxyUpstreams upstreams = Create(
            new() { All = Servers($"http://127.0.0.2:{silent.Port}", _two.Url) },
            new() { ConnectTimeout = TimeSpan.FromMilliseconds(300) });
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("two", await ViaAsync(upstreams, ProxyPurpose.Http, "a.test", 80));
        }

        Assert.Contains("no answer in time", _log.All, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gone.test", SocketError.HostNotFound)]
    [InlineData("refused.test", SocketError.ConnectionRefused)]
    public async Task Direct_Failure_Is502WithTheReason(string host, SocketError reason)
    {
        using ProxyUpstreams upstreams = Create(new());
        ProxyException error = await Assert.ThrowsAsync<ProxyException>(async () =>
            await upstreams.ConnectAsync(
                new ProxyTarget(ProxyPurpose.Http, host, RunningProgram.FreePort()), default));
        Assert.Equal((502, reason), (error.HttpStatus, error.Error));
    }

    [Fact]
    public async Task Direct_NobodyAnswersForTheName_Is504AfterTheConnectTime()
    {
        using ProxyUpstreams upstreams = Create(
            new(), new() { ConnectTimeout = TimeSpan.FromMilliseconds(200) });
        ProxyException error = await Assert.ThrowsAsync<ProxyException>(async () =>
            await upstreams.ConnectAsync(
                new ProxyTarget(ProxyPurpose.Http, "slow.test", 80), default));
        Assert.Equal((504, SocketError.TimedOut), (error.HttpStatus, error.Error));
    }

    [Theory]
    [InlineData("a b.test", 80)]
    [InlineData("a.test\r\nX: y", 80)]
    [InlineData("", 80)]
    [InlineData("fe80::1%eth0", 80)]
    [InlineData("[2001:db8::1]", 80)]
    [InlineData("a.test", 0)]
    [InlineData("a.test", 65536)]
    public async Task Target_ThatCannotBe_Is400AndGoesNowhere(string host, int port)
    {
        using ProxyUpstreams upstreams = Create(new() { All = Servers(_one.Url) });
        ProxyException error = await Assert.ThrowsAsync<ProxyException>(async () =>
            await upstreams.ConnectAsync(
                new ProxyTarget(ProxyPurpose.Http, host, port), default));
        Assert.Equal(400, error.HttpStatus);
        Assert.Equal(0, _one.Connections);
    }

    [Fact]
    public async Task AllowList_OtherHost_Is403WithTheMessage()
    {
        using ProxyUpstreams upstreams = Create(new()
        {
            All = Servers(_one.Url),
            Allow = new AllowList(HostRules.Parse("*.docker.test", out _), "Not %s, %s!"),
        });
        Assert.Equal("one", await ViaAsync(upstreams, ProxyPurpose.Https, "hub.docker.test", 443));
        ProxyException error = await Assert.ThrowsAsync<ProxyException>(async () =>
            await upstreams.ConnectAsync(
                new ProxyTarget(ProxyPurpose.Https, "evil.test", 443), default));
        Assert.Equal(403, error.HttpStatus);
        Assert.Equal("Not evil.test, evil.test!", error.Message);
        Assert.Equal(1, _one.Connections);
    }

    [Fact]
    public async Task Pac_File_DecidesAndIsFollowed()
    {
        string path = WritePac($"host == 'a.test' ? 'PROXY {_one.Url[7..]}' : 'DIRECT'");
        using ProxyUpstreams upstreams = Create(new() { Pac = path, All = Servers(_two.Url) });
        Assert.True(upstreams.HasUpstream);
        Assert.Equal("one", await ViaAsync(upstreams, ProxyPurpose.Http, "a.test", 80));
        Assert.Equal(
            "direct", await ViaAsync(upstreams, ProxyPurpose.Http, "origin.test", OriginPort));

        WritePac($"'PROXY 127.0.0.1:{RunningProgram.FreePort()}; PROXY {_two.Url[7..]}'");
        Assert.Equal("two", await ViaAsync(upstreams, ProxyPurpose.Http, "a.test", 80));
    }

    [Theory]
    [InlineData(ProxyPurpose.Https, 443, "https://a.test/")]
    [InlineData(ProxyPurpose.Https, 8443, "https://a.test:8443/")]
    [InlineData(ProxyPurpose.Http, 80, "http://a.test/")]
    [InlineData(ProxyPurpose.Other, 22, "https://a.test:22/")]
    public async Task Pac_Url_IsTheHostAlone(ProxyPurpose purpose, int port, string expected)
    {
        string path = WritePac(
            $"url == '{expected}' ? 'PROXY {_one.Url[7..]}' : 'PROXY {_two.Url[7..]}'");
        using ProxyUpstreams upstreams = Create(new() { Pac = path });
        Assert.Equal("one", await ViaAsync(upstreams, purpose, "A.test", port));
    }

    [Theory]
    [InlineData("while (true) { }", PacFailure.NextSource, "two")]
    [InlineData("this is no program", PacFailure.NextSource, "two")]
    [InlineData(null, PacFailure.NextSource, "two")]
    [InlineData("function FindProxyForURL() { return 'QUIC q.test:1'; }",
        PacFailure.NextSource, "two")]
    [InlineData("while (true) { }", PacFailure.Direct, "direct")]
    public async Task Pac_Fails_TakesWhatTheSettingSaysAndTellsOnce(
        string? text, PacFailure failure, string expected)
    {
        string path = text is null ? _folder["gone.pac"] : _folder.Write("proxy.pac", text);
        using ProxyUpstreams upstreams = Create(
            new() { Pac = path, All = Servers(_two.Url) }, new() { PacFailure = failure });
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(
                expected, await ViaAsync(upstreams, ProxyPurpose.Http, "origin.test", OriginPort));
        }

        Assert.Contains("PAC file", _log.All, StringComparison.Ordinal);
        Assert.InRange(_log.Count, 2, 4);
    }

    [Fact]
    public async Task Pac_FailsWithoutOtherUpstreams_TakesTheNextSource()
    {
        using ProxyUpstreams upstreams = Create(new() { All = Servers(_two.Url) });
        upstreams.Follower.Set(new ProxySettings { Pac = _folder["gone.pac"] });
        Assert.Equal("two", await ViaAsync(upstreams, ProxyPurpose.Http, "a.test", 80));
    }

    [Fact]
    public async Task Pac_BrokenLater_TheLastGoodOneCounts()
    {
        string path = WritePac($"'PROXY {_one.Url[7..]}'");
        using ProxyUpstreams upstreams = Create(new() { Pac = path });
        Assert.Equal("one", await ViaAsync(upstreams, ProxyPurpose.Http, "a.test", 80));
        _folder.Write("proxy.pac", "function (");
        Assert.Equal("one", await ViaAsync(upstreams, ProxyPurpose.Http, "a.test", 80));
        Assert.Contains("last good one", _log.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pac_FromAUrl_IsFetchedDirectlyAndAgain()
    {
        ManualTime time = new();
        using RunningProgram web = ProxyPrograms.Web(_folder);
        File.WriteAllText(_folder["web/proxy.pac"], Pac($"'PROXY {_one.Url[7..]}'"));
        using ProxyUpstreams upstreams = Create(
            new() { Pac = $"http://origin.test:{web.Port}/proxy.pac" }, new() { Time = time });
        Assert.Equal("one", await ViaAsync(upstreams, ProxyPurpose.Http, "a.test", 80));

        File.WriteAllText(_folder["web/proxy.pac"], Pac($"'PROXY {_two.Url[7..]}'"));
        Assert.Equal("one", await ViaAsync(upstreams, ProxyPurpose.Http, "a.test", 80));
        time.Advance(TimeSpan.FromMinutes(6));
        Eventually.IsTrue(
            () => ViaAsync(upstreams, ProxyPurpose.Http, "a.test", 80).Result == "two",
            () => _log.All);

        File.WriteAllBytes(_folder["web/proxy.pac"], new byte[(1 << 20) + 1]);
        time.Advance(TimeSpan.FromMinutes(6));
        _ = await ViaAsync(upstreams, ProxyPurpose.Http, "a.test", 80);
        Eventually.IsTrue(
            () => _log.All.Contains("last good one", StringComparison.Ordinal), () => _log.All);
        Assert.Equal("two", await ViaAsync(upstreams, ProxyPurpose.Http, "a.test", 80));
    }

    [Fact]
    public async Task Pac_ProxyThatTheSettingsKnow_GetsItsCredentials()
    {
        TaskCompletionSource<string> head = new();
        using LyingUpstream upstream = new(async (stream, stop) =>
            head.TrySetResult(await LyingUpstream.ReadHeadAsync(stream, stop)));
        string path = WritePac($"'PROXY 127.0.0.1:{upstream.Port}'");
        string user = "user";
        using ProxyUpstreams upstreams = Create(new()
        {
            Pac = path,
            All = Servers($"http://{user}:pw@127.0.0.1:{upstream.Port}"),
        });
        await Assert.ThrowsAsync<ProxyException>(async () => await upstreams.ConnectAsync(
            new ProxyTarget(ProxyPurpose.Http, "a.test", 80), default));
        Assert.Contains("Proxy-Authorization: Basic", await head.Task, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pac_ManyConnections_EvaluateEachHostOnce()
    {
        string path = WritePac($"isResolvable('counted.test') || 'PROXY {_one.Url[7..]}'");
        using ProxyUpstreams upstreams = Create(new() { Pac = path });
        await Task.WhenAll(Enumerable.Range(0, 200).Select(
            i => ViaAsync(upstreams, ProxyPurpose.Http, $"host{i % 20}.test", 80)));
        Assert.Equal(20, Volatile.Read(ref _counted));
    }

    public void Dispose()
    {
        _one.Dispose();
        _two.Dispose();
        _origin.Dispose();
        _folder.Dispose();
    }

    private static string Pac(string expression) =>
        $"function FindProxyForURL(url, host) {{ return {expression}; }}";

    private static ProxyServer[] Servers(params string[] urls) => [.. urls.Select(url =>
        ProxyServer.TryParse(url, out ProxyServer server, out string fault)
            ? server : throw new ArgumentException(fault, nameof(urls)))];

    private int _counted;

    private string WritePac(string expression) => _folder.Write("proxy.pac", Pac(expression));

    private async Task<string> ViaAsync(
        ProxyUpstreams upstreams, ProxyPurpose purpose, string host, int port)
    {
        using ProxyTunnel tunnel =
            await upstreams.ConnectAsync(new ProxyTarget(purpose, host, port), default);
        return tunnel.Via == _one.Url ? "one" : tunnel.Via == _two.Url ? "two"
            : tunnel.Via ?? "direct";
    }

    private ProxyUpstreams Create(
        ProxySettings settings, ProxyUpstreamConfiguration? configuration = null) =>
        ProxyUpstreams.Create(
            (configuration ?? new()) with
            {
                Configured = settings,
                Desktop = false,
                Environment = false,
            },
            ResolveAsync, _log.Add);

    private async ValueTask<IPAddress[]> ResolveAsync(string name, CancellationToken stop)
    {
        switch (name)
        {
            case "origin.test" or "refused.test" or "localhost":
                return [IPAddress.Loopback];
            case "dual.test":
                return [IPAddress.IPv6Loopback, IPAddress.Loopback];
            case "half.test":
                return [SilentAddress.Address, IPAddress.Loopback];
            case "slow.test":
                await Task.Delay(Timeout.Infinite, CancellationToken.None);
                return [];
            case "counted.test":
                Interlocked.Increment(ref _counted);
                return [];
            default:
                return [];
        }
    }
}
