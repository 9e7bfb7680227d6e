using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Slipway.Services.Tests.Proxy;

/// <summary>Upstreams that are dead, slow, broken or hostile.</summary>
public sealed class LyingUpstreamTests
{
    private const string Good = "HTTP/1.1 200 Connection established\r\n\r\n";
    private static readonly ProxyTarget Target = new(ProxyPurpose.Https, "shop.test", 443);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);
    private readonly Lines _log = new();

    [Theory]
    [InlineData(Good + "early bytes", "early bytes")]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nearly", "early")]
    [InlineData("HTTP/1.1 200\r\n\r\n", "")]
    [InlineData("HTTP/1.1 204 x\n\nearly", "early")]
    [InlineData("HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\n" + Good + "e", "e")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n", "5\r\n")]
    public async Task Answer_Good_KeepsTheBytesBehindIt(string answer, string early)
    {
        using LyingUpstream upstream = LyingUpstream.Answering(answer);
        using ProxyUpstreams upstreams = Create(new(), upstream.Url);
        using ProxyTunnel tunnel = await upstreams.ConnectAsync(Target, default);
        Assert.Equal(early, Encoding.Latin1.GetString(tunnel.Early.Span));
        Assert.Equal(upstream.Url, tunnel.Via);
    }

    [Fact]
    public async Task Answer_ByteByByte_IsUnderstood()
    {
        using LyingUpstream upstream = new(async (stream, stop) =>
        {
            await LyingUpstream.ReadHeadAsync(stream, stop);
            foreach (char c in Good + "early")
            {
                await stream.WriteAsync(new[] { (byte)c }, stop);
                await Task.Yield();
            }

            await Task.Delay(Timeout.Infinite, stop);
        });
        using ProxyUpstreams upstreams = Create(new(), upstream.Url);
        using ProxyTunnel tunnel = await upstreams.ConnectAsync(Target, default);
        byte[] rest = new byte[5 - tunnel.Early.Length];
        await tunnel.Stream.ReadExactlyAsync(rest);
        Assert.Equal("early", Encoding.Latin1.GetString([.. tunnel.Early.Span, .. rest]));
    }

    [Theory]
    [InlineData("HTTP/1.1 407 Auth\r\nProxy-Authenticate: Basic\r\n\r\n", 502, "password")]
    [InlineData("HTTP/1.1 403 No\r\n\r\n", 502, "403")]
    [InlineData("HTTP/1.1 503 No\r\n\r\n", 502, "503")]
    [InlineData("HTTP/1.1 504 Late\r\n\r\n", 504, "504")]
    [InlineData("HTTP/1.1 302 Moved\r\nLocation: http://evil.test/\r\n\r\n", 502, "302")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", 502, "not HTTP/1")]
    [InlineData("HTTP/2 200 OK\r\n\r\n", 502, "not HTTP/1")]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n", 502, "not HTTP/1")]
    [InlineData("HTTP/1.1 -20 OK\r\n\r\n", 502, "not HTTP/1")]
    [InlineData("\r\n\r\n", 502, "not HTTP/1")]
    [InlineData("\u0015\u0003\u0001\0\u0002\u0002", 502, "not HTTP/1")]
    public async Task Answer_NotATunnel_IsRefusedAndSaysWhy(string answer, int status, string why)
    {
        using LyingUpstream upstream = LyingUpstream.Answering(answer);
        using ProxyUpstreams upstreams = Create(new(), upstream.Url);
        ProxyException error = await FailAsync(upstreams);
        Assert.Equal(status, error.HttpStatus);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTT")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\r\n")]
    public async Task Answer_HalfAndClosed_Is502(string answer)
    {
        using LyingUpstream upstream = LyingUpstream.Closing(answer);
        using ProxyUpstreams upstreams = Create(new(), upstream.Url);
        ProxyException error = await FailAsync(upstreams);
        Assert.Equal(502, error.HttpStatus);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n", "A: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: ", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb")]
    [InlineData("", "HTTP/1.1 100 Continue\r\n\r\n")]
    public async Task Answer_HeadWithoutEnd_IsCutAt64KiB(string beginning, string again)
    {
        long sent = 0;
        using LyingUpstream upstream = new(async (stream, stop) =>
        {
            await LyingUpstream.ReadHeadAsync(stream, stop);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(beginning), stop);
            while (true)
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes(again), stop);
                sent += again.Length;
            }
        });
        using ProxyUpstreams upstreams = Create(new(), upstream.Url);
        ProxyException error = await FailAsync(upstreams);
        Assert.Equal(502, error.HttpStatus);
        Assert.Contains("64 KiB", error.Message, StringComparison.Ordinal);
        Assert.True(Interlocked.Read(ref sent) >= 32 << 10, $"{sent}");
    }

    [Theory]
    [InlineData("http")]
    [InlineData("https")]
    [InlineData("socks5")]
    public async Task Answer_Silence_Is504AfterTheHandshakeTime(string scheme)
    {
        using LyingUpstream upstream = new((_, stop) => Task.Delay(Timeout.Infinite, stop));
        using ProxyUpstreams upstreams = Create(
            new() { HandshakeTimeout = Short }, $"{scheme}://127.0.0.1:{upstream.Port}");
        ProxyException error = await FailAsync(upstreams);
        Assert.Equal((504, SocketError.TimedOut), (error.HttpStatus, error.Error));
    }

    [Theory]
    [InlineData("\u0005\u0001", "not SOCKS 5")]
    [InlineData("\u0004\0", "not SOCKS 5")]
    [InlineData("HTTP/1.1 400 Bad\r\n\r\n", "not SOCKS 5")]
    [InlineData("\u0005\u00ff", "wants a user and a password")]
    [InlineData("\u0005\u0002", "not SOCKS 5")]
    [InlineData("\u0005\0\u0005\u0001\0\u0001\0\0\0\0\0\0", "general failure")]
    [InlineData("\u0005\0\u0005\u0002\0\u0001\0\0\0\0\0\0", "rules")]
    [InlineData("\u0005\0\u0005\u0005\0\u0001\0\0\0\0\0\0", "connection refused")]
    [InlineData("\u0005\0\u0005\0\0\u0009\0\0\0\0\0\0", "not SOCKS 5")]
    [InlineData("\u0005\0\u0005\0\0\u0003\u00ff", "closed the connection")]
    [InlineData("\u0005", "closed the connection")]
    public async Task SocksAnswer_Bad_Is502AndSaysWhy(string answer, string why)
    {
        using LyingUpstream upstream = Socks(answer);
        using ProxyUpstreams upstreams = Create(new(), $"socks5://127.0.0.1:{upstream.Port}");
        ProxyException error = await FailAsync(upstreams);
        Assert.Equal(502, error.HttpStatus);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\u0005\0\u0005\0\0\u0001\u0001\u0002\u0003\u0004\0\u0050early")]
    [InlineData("\u0005\0\u0005\0\0\u0004aaaaaaaaaaaaaaaa\0\u0050early")]
    [InlineData("\u0005\0\u0005\0\0\u0003\u0004name\0\u0050early")]
    [InlineData("\u0005\0\u0005\0\0\u0003\0\0\u0050early")]
    public async Task SocksAnswer_AnyAddressKind_LeavesTheTargetsBytes(string answer)
    {
        using LyingUpstream upstream = Socks(answer);
        using ProxyUpstreams upstreams = Create(new(), $"socks5://127.0.0.1:{upstream.Port}");
        using ProxyTunnel tunnel = await upstreams.ConnectAsync(Target, default);
        byte[] early = new byte[5];
        await tunnel.Stream.ReadExactlyAsync(early);
        Assert.Equal("early", Encoding.ASCII.GetString(early));
    }

    [Fact]
    public async Task Upstreams_FirstDead_IsPassedOverAndTriedAgainLater()
    {
        ManualTime time = new();
        using LyingUpstream broken = LyingUpstream.Closing("");
        using LyingUpstream good = LyingUpstream.Answering(Good);
        using ProxyUpstreams upstreams = Create(new() { Time = time }, broken.Url, good.Url);
        for (int i = 0; i < 5; i++)
        {
            using ProxyTunnel tunnel = await upstreams.ConnectAsync(Target, default);
            Assert.Equal(good.Url, tunnel.Via);
        }

        Assert.Equal(1, broken.Connections);
        Assert.Contains(broken.Url, _log.All, StringComparison.Ordinal);
        time.Advance(TimeSpan.FromSeconds(31));
        using ProxyTunnel late = await upstreams.ConnectAsync(Target, default);
        Assert.Equal(2, broken.Connections);
    }

    [Fact]
    public async Task Upstreams_AllDead_AreNamedAndTriedEachTime()
    {
        using LyingUpstream broken = LyingUpstream.Closing("");
        string refused = $"http://127.0.0.1:{RunningProgram.FreePort()}";
        using ProxyUpstreams upstreams = Create(new(), broken.Url, refused);
        for (int i = 1; i < 3; i++)
        {
            ProxyException error = await FailAsync(upstreams);
            Assert.Equal(502, error.HttpStatus);
            Assert.Contains(broken.Url, error.Message, StringComparison.Ordinal);
            Assert.Contains(refused, error.Message, StringComparison.Ordinal);
            Assert.Equal(i, broken.Connections);
        }
    }

    [Fact]
    public async Task Upstreams_ProxyNameUnknown_IsSaid()
    {
        using ProxyUpstreams upstreams = Create(new(), "socks5://gone.test");
        ProxyException error = await FailAsync(upstreams);
        Assert.Equal((502, SocketError.HostNotFound), (error.HttpStatus, error.Error));
    }

    [Fact]
    public async Task Connect_CallerGivesUp_IsCancelled()
    {
        using LyingUpstream upstream = new((_, stop) => Task.Delay(Timeout.Infinite, stop));
        using ProxyUpstreams upstreams = Create(new(), upstream.Url);
        using CancellationTokenSource stop = new();
        Task<ProxyTunnel> connecting = upstreams.ConnectAsync(Target, stop.Token).AsTask();
        Eventually.IsTrue(() => upstream.Connections == 1, () => "no connection");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        Assert.Equal("", _log.All.Split('\n').Skip(1).FirstOrDefault(""));
    }

    [Fact]
    public async Task Request_Credentials_AreSentOnceAndNotLogged()
    {
        TaskCompletionSource<string> head = new();
        using LyingUpstream upstream = new(async (stream, stop) =>
            head.SetResult(await LyingUpstream.ReadHeadAsync(stream, stop)));
        using ProxyUpstreams upstreams = Create(
            new(),
            $"http://{ProxyPrograms.User}:{ProxyPrograms.Encoded}@127.0.0.1:{upstream.Port}");
        ProxyException error = await FailAsync(upstreams);

        string basic = Convert.ToBase64String(
            Encoding.UTF8.GetBytes($"{ProxyPrograms.User}:{ProxyPrograms.Password}"));
        Assert.Equal(
            "CONNECT shop.test:443 HTTP/1.1\r\nHost: shop.test:443\r\n"
                + $"Proxy-Authorization: Basic {basic}\r\n\r\n",
            await head.Task);
        Assert.DoesNotContain(basic, error + _log.All, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error + _log.All, StringComparison.Ordinal);
    }

    private static LyingUpstream Socks(string answer) => new(async (stream, stop) =>
    {
        byte[] buffer = new byte[512];
        _ = await stream.ReadAtLeastAsync(buffer, 3, throwOnEndOfStream: false, stop);
        await stream.WriteAsync(Encoding.Latin1.GetBytes(answer), stop);
        stream.Socket.Shutdown(SocketShutdown.Send);
        while (await stream.ReadAsync(buffer, stop) > 0)
        {
            continue;
        }
    });

    private static Task<ProxyException> FailAsync(ProxyUpstreams upstreams) =>
        Assert.ThrowsAsync<ProxyException>(
            async () => await upstreams.ConnectAsync(Target, default));

    private ProxyUpstreams Create(
        ProxyUpstreamConfiguration configuration, params string[] urls) => ProxyUpstreams.Create(
            configuration with
            {
                Configured = new ProxySettings
                {
                    All = [.. urls.Select(url => ProxyServer.TryParse(
                        url, out ProxyServer server, out string fault)
                            ? server : throw new ArgumentException(fault, nameof(urls)))],
                },
                Desktop = false,
                Environment = false,
            },
            (_, _) => ValueTask.FromResult<IPAddress[]>([]), _log.Add);
}
