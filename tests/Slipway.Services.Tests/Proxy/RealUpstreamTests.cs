using System.Net.Sockets;
using System.Text;

namespace Slipway.Services.Tests.Proxy;

/// <summary>Tunnels and requests by stock proxies.</summary>
public sealed class RealUpstreamTests : IDisposable
{
    private const string Text = "what the origin says";
    private readonly TestFolder _folder = new();
    private readonly List<RunningProgram> _programs = [];
    private readonly Lines _log = new();
    private readonly RunningProgram _web;

    public RealUpstreamTests()
    {
        _web = Add(ProxyPrograms.Web(_folder));
        File.WriteAllText(_folder["web/file.txt"], Text);
    }

    [Theory]
    [InlineData("squid", false)]
    [InlineData("squid", true)]
    [InlineData("tinyproxy", false)]
    [InlineData("tinyproxy", true)]
    [InlineData("microsocks", false)]
    [InlineData("microsocks", true)]
    [InlineData("dante", false)]
    [InlineData("dante", true)]
    public async Task Connect_StockProxy_LeadsToANameThatItAloneKnows(
        string program, bool wantsPassword)
    {
        using ProxyUpstreams upstreams = Create(Url(program, wantsPassword));
        using ProxyTunnel tunnel = await upstreams.ConnectAsync(Target(), default);

        Assert.Contains(Text, await GetAsync(tunnel), StringComparison.Ordinal);
        Assert.NotNull(tunnel.Socket);
        Assert.DoesNotContain(ProxyPrograms.User, tunnel.Via!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("squid")]
    [InlineData("tinyproxy")]
    [InlineData("microsocks")]
    [InlineData("dante")]
    public async Task Connect_WrongPassword_Is502WithoutThePassword(string program)
    {
        string url = Url(program, wantsPassword: true).Replace(
            ProxyPrograms.User, "somebody", StringComparison.Ordinal);
        using ProxyUpstreams upstreams = Create(url);
        ProxyException error = await Assert.ThrowsAsync<ProxyException>(
            async () => await upstreams.ConnectAsync(Target(), default));

        Assert.Equal((502, SocketError.AccessDenied), (error.HttpStatus, error.Error));
        Assert.Contains("password", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error + _log.All, StringComparison.Ordinal);
        Assert.DoesNotContain("somebody", error + _log.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_SquidForbidsTheHost_IsNotTriedElsewhere()
    {
        using ProxyUpstreams upstreams = Create(
            Url("squid", wantsPassword: false), Url("microsocks", wantsPassword: false));
        ProxyException error = await Assert.ThrowsAsync<ProxyException>(async () =>
            await upstreams.ConnectAsync(
                new ProxyTarget(ProxyPurpose.Https, "forbidden.test", _web.Port), default));
        Assert.Equal((502, SocketError.ConnectionRefused), (error.HttpStatus, error.Error));
        Assert.Contains("403", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("squid")]
    [InlineData("tinyproxy")]
    [InlineData("microsocks")]
    [InlineData("dante")]
    public async Task Connect_PortClosed_Is502(string program)
    {
        using ProxyUpstreams upstreams = Create(Url(program, wantsPassword: false));
        ProxyException error = await Assert.ThrowsAsync<ProxyException>(async () =>
            await upstreams.ConnectAsync(
                Target() with { Port = RunningProgram.FreePort() }, default));
        Assert.Equal(502, error.HttpStatus);
    }

    [Fact]
    public async Task Connect_HttpsProxy_IsVerifiedAndGivesNoSocket()
    {
        RunningProgram tls = Tls();
        using ProxyUpstreams upstreams = Create(new ProxyUpstreamConfiguration
        {
            CaFile = _folder["ca.pem"],
        }, $"https://proxy.test:{tls.Port}");
        using ProxyTunnel tunnel = await upstreams.ConnectAsync(Target(), default);
        Assert.Contains(Text, await GetAsync(tunnel), StringComparison.Ordinal);
        Assert.Null(tunnel.Socket);
    }

    [Theory]
    [InlineData("proxy.test", false)]
    [InlineData("127.0.0.1", true)]
    public async Task Connect_HttpsProxyNotVerified_Is502(string host, bool hasAuthority)
    {
        RunningProgram tls = Tls();
        using ProxyUpstreams upstreams = Create(new ProxyUpstreamConfiguration
        {
            CaFile = hasAuthority ? _folder["ca.pem"] : null,
        }, $"https://{host}:{tls.Port}");
        ProxyException error = await Assert.ThrowsAsync<ProxyException>(
            async () => await upstreams.ConnectAsync(Target(), default));
        Assert.Equal(502, error.HttpStatus);
        Assert.Contains("proxy.caFile", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("squid", false)]
    [InlineData("squid", true)]
    [InlineData("tinyproxy", true)]
    [InlineData("microsocks", true)]
    [InlineData("dante", true)]
    [InlineData("tls", false)]
    public async Task Handler_PlainRequest_GoesByTheUpstream(string program, bool wantsPassword)
    {
        string url = program == "tls"
            ? $"https://proxy.test:{Tls().Port}" : Url(program, wantsPassword);
        using ProxyUpstreams upstreams = Create(
            new ProxyUpstreamConfiguration { CaFile = CaFile() }, url);
        using HttpMessageInvoker invoker = new(upstreams.CreateHandler());
        using HttpRequestMessage request = new(
            HttpMethod.Get, $"http://{ProxyPrograms.Origin}:{_web.Port}/file.txt");
        using HttpResponseMessage response = await invoker.SendAsync(request, default);
        Assert.Equal(Text, await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("proxy.test", null)]
    [InlineData("127.0.0.1", "ca.pem")]
    [InlineData("proxy.test", "gone.pem")]
    public async Task Handler_HttpsProxyNotVerified_Is502(string host, string? authority)
    {
        RunningProgram tls = Tls();
        using ProxyUpstreams upstreams = Create(new ProxyUpstreamConfiguration
        {
            CaFile = authority is null ? null : _folder[authority],
        }, $"https://{host}:{tls.Port}");
        using HttpMessageInvoker invoker = new(upstreams.CreateHandler());
        using HttpRequestMessage request = new(
            HttpMethod.Get, $"http://{ProxyPrograms.Origin}:{_web.Port}/file.txt");
        ProxyException error = await Assert.ThrowsAsync<ProxyException>(
            () => invoker.SendAsync(request, default));
        Assert.Equal(502, error.HttpStatus);
    }

    [Fact]
    public async Task Handler_FirstUpstreamDead_TakesTheNext()
    {
        using ProxyUpstreams upstreams = Create(
            $"http://127.0.0.1:{RunningProgram.FreePort()}", Url("squid", wantsPassword: true));
        using HttpMessageInvoker invoker = new(upstreams.CreateHandler());
        using HttpRequestMessage request = new(
            HttpMethod.Post, $"http://{ProxyPrograms.Origin}:{_web.Port}/file.txt");
        request.Content = new StringContent("a body that is sent once");
        using HttpResponseMessage response = await invoker.SendAsync(request, default);
        Assert.Equal(501, (int)response.StatusCode);
    }

    [Fact]
    public async Task Handler_WrongPassword_Is502AndNoChallengeForTheGuest()
    {
        using ProxyUpstreams upstreams = Create(Url("squid", wantsPassword: true).Replace(
            ProxyPrograms.User, "somebody", StringComparison.Ordinal));
        using HttpMessageInvoker invoker = new(upstreams.CreateHandler());
        using HttpRequestMessage request = new(
            HttpMethod.Get, $"http://{ProxyPrograms.Origin}:{_web.Port}/file.txt");
        ProxyException error = await Assert.ThrowsAsync<ProxyException>(
            () => invoker.SendAsync(request, default));
        Assert.Equal(502, error.HttpStatus);
        Assert.DoesNotContain("hunter2", error + _log.All, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("squid", true)]
    [InlineData("microsocks", true)]
    [InlineData("tinyproxy", false)]
    public async Task WebProxy_HttpLibrary_UsesItWithItsCredentials(
        string program, bool wantsPassword)
    {
        using ProxyUpstreams upstreams = Create(Url(program, wantsPassword));
        using HttpClient client = new(new SocketsHttpHandler { Proxy = upstreams.WebProxy });
        Assert.Equal(Text, await client.GetStringAsync(
            new Uri($"http://{ProxyPrograms.Origin}:{_web.Port}/file.txt")));
    }

    [Fact]
    public async Task Connect_UpstreamSwitchedInALoop_EverySucceeds()
    {
        ProxySettings?[] settings =
        [
            Settings(Url("squid", wantsPassword: true)),
            Settings(Url("tinyproxy", wantsPassword: false)),
            Settings(Url("microsocks", wantsPassword: true)),
            Settings($"http://127.0.0.1:{RunningProgram.FreePort()}",
                Url("tinyproxy", wantsPassword: true)),
        ];
        using ProxyUpstreams upstreams = Create();
        upstreams.Follower.Set(settings[0]);
        using CancellationTokenSource done = new();
        Task switching = Task.Run(async () =>
        {
            for (int i = 0; !done.IsCancellationRequested; i++)
            {
                upstreams.Follower.Set(settings[i % settings.Length]);
                await Task.Delay(5);
            }
        });

        HashSet<string> used = [];
        for (int i = 0; i < 1_000 && (i < 50 || used.Count < settings.Length); i++)
        {
            using ProxyTunnel tunnel = await upstreams.ConnectAsync(Target(), default);
            Assert.Contains(Text, await GetAsync(tunnel), StringComparison.Ordinal);
            used.Add(tunnel.Via!);
        }

        await done.CancelAsync();
        await switching;
        Assert.Equal(settings.Length, used.Count);
    }

    public void Dispose()
    {
        _programs.Reverse();
        _programs.ForEach(program => program.Dispose());
        _folder.Dispose();
    }

    private static ProxySettings Settings(params string[] urls) => new()
    {
        All = [.. urls.Select(url => ProxyServer.TryParse(url, out ProxyServer server, out string
            fault) ? server : throw new ArgumentException(fault, nameof(urls)))],
    };

    private static async Task<string> GetAsync(ProxyTunnel tunnel)
    {
        await tunnel.Stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"GET /file.txt HTTP/1.0\r\nHost: {ProxyPrograms.Origin}\r\n\r\n"));
        using StreamReader reader = new(tunnel.Stream);
        return Encoding.ASCII.GetString(tunnel.Early.Span) + await reader.ReadToEndAsync();
    }

    private ProxyUpstreams Create(params string[] urls) =>
        Create(new ProxyUpstreamConfiguration(), urls);

    private ProxyUpstreams Create(ProxyUpstreamConfiguration configuration, params string[] urls) =>
        ProxyUpstreams.Create(
            configuration with
            {
                Configured = Settings(urls),
                Desktop = false,
                Environment = false,
            },
            ProxyPrograms.Resolve, _log.Add);

    private ProxyTarget Target() => new(ProxyPurpose.Https, ProxyPrograms.Origin, _web.Port);

    private string? CaFile() => File.Exists(_folder["ca.pem"]) ? _folder["ca.pem"] : null;

    private RunningProgram Tls() => Add(ProxyPrograms.Stunnel(
        _folder, Add(ProxyPrograms.Squid(_folder, wantsPassword: false))));

    private string Url(string program, bool wantsPassword)
    {
        RunningProgram running = Add(program switch
        {
            "squid" => ProxyPrograms.Squid(_folder, wantsPassword),
            "tinyproxy" => ProxyPrograms.Tinyproxy(_folder, wantsPassword),
            "dante" => ProxyPrograms.Dante(_folder, wantsPassword),
            _ => ProxyPrograms.Microsocks(_folder, wantsPassword),
        });
        string password = program == "tinyproxy"
            ? ProxyPrograms.TinyproxyPassword : ProxyPrograms.Encoded;
        string credentials = wantsPassword ? $"{ProxyPrograms.User}:{password}@" : "";
        string scheme = program is "microsocks" or "dante" ? "socks5h" : "http";
        return $"{scheme}://{credentials}127.0.0.1:{running.Port}";
    }

    private RunningProgram Add(RunningProgram program)
    {
        _programs.Add(program);
        return program;
    }
}
