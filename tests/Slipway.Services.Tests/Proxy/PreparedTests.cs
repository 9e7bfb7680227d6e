using System.Net;
using System.Net.Sockets;

namespace Slipway.Services.Tests.Proxy;

/// <summary>
/// Connections for guests that are answered when one stands, and before they have named anything.
/// </summary>
public sealed class PreparedTests : IDisposable
{
    private const string Good = "HTTP/1.1 200 OK\r\n\r\n";
    private const string Address = "192.0.2.7";
    private readonly LyingUpstream _one = LyingUpstream.Answering(Good);
    private readonly LyingUpstream _two = LyingUpstream.Answering(Good);

    public void Dispose()
    {
        _one.Dispose();
        _two.Dispose();
    }

    [Fact]
    public async Task Prepared_WhenTheNameGoesTheSameWay_IsUsed()
    {
        using ProxyUpstreams upstreams = Create(new() { All = Servers(_one.Url, _two.Url) });
        using (PreparedConnection? prepared = await PrepareAsync(upstreams))
        {
            Assert.NotNull(prepared);
            using ProxyTunnel tunnel = await ConnectAsync(upstreams, "a.test");
            Assert.Equal(_one.Url, tunnel.Via);
            Assert.Equal(1, _one.Connections);
        }

        using ProxyTunnel next = await ConnectAsync(upstreams, "a.test");
        Assert.Equal(2, _one.Connections);
    }

    [Fact]
    public async Task Prepared_WhenTheNameGoesAnotherWay_IsClosed()
    {
        TaskCompletionSource ended = new();
        using LyingUpstream upstream = new(async (stream, stop) =>
        {
            Assert.Equal("", await LyingUpstream.ReadHeadAsync(stream, stop));
            ended.TrySetResult();
        });
        using TcpListener origin = new(IPAddress.Loopback, 0);
        origin.Start();
        using ProxyUpstreams upstreams = Create(new()
        {
            All = Servers(upstream.Url), NoProxy = HostRules.Parse("near.test", out _),
        });
        using (PreparedConnection? prepared = await PrepareAsync(upstreams))
        {
            using ProxyTunnel tunnel = await upstreams.ConnectAsync(
                new ProxyTarget(
                    ProxyPurpose.Https, "near.test",
                    ((IPEndPoint)origin.LocalEndpoint).Port, "127.0.0.1"),
                default);
            Assert.Null(tunnel.Via);
        }

        await ended.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Prepared_WhichTheUpstreamHasClosed_IsNotUsed()
    {
        TaskCompletionSource closed = new();
        int connections = 0;
        using LyingUpstream upstream = new(async (stream, stop) =>
        {
            if (Interlocked.Increment(ref connections) == 1)
            {
                stream.Socket.Shutdown(SocketShutdown.Send);
                closed.TrySetResult();
                await Task.Delay(Timeout.Infinite, stop);
            }

            await LyingUpstream.ReadHeadAsync(stream, stop);
            await stream.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray(), stop);
        });
        using ProxyUpstreams upstreams = Create(new() { All = Servers(upstream.Url) });
        using PreparedConnection? prepared = await PrepareAsync(upstreams);
        await closed.Task.WaitAsync(TimeSpan.FromSeconds(30));
        using ProxyTunnel tunnel = await ConnectAsync(upstreams, "a.test");
        Assert.Equal(2, upstream.Connections);
    }

    [Fact]
    public async Task Prepare_FirstUpstreamDown_TakesTheNext()
    {
        using ProxyUpstreams upstreams = Create(new() { All = Servers(Down(), _two.Url) });
        using PreparedConnection? prepared = await PrepareAsync(upstreams);
        using ProxyTunnel tunnel = await ConnectAsync(upstreams, "a.test");
        Assert.Equal((_two.Url, 1), (tunnel.Via, _two.Connections));
    }

    [Fact]
    public async Task Prepare_AllUpstreamsDown_Fails()
    {
        using ProxyUpstreams upstreams = Create(new()
        {
            All = Servers(Down(), Down()), NoProxy = HostRules.Parse("10.0.0.0/8", out _),
        });
        ProxyException error = await Assert.ThrowsAsync<ProxyException>(
            async () => await PrepareAsync(upstreams));
        Assert.Equal(SocketError.ConnectionRefused, error.Error);
    }

    [Fact]
    public async Task Prepare_AllUpstreamsDown_IsLeftToTheNameWhereThatMayGoDirectly()
    {
        using ProxyUpstreams upstreams = Create(new()
        {
            All = Servers(Down()), NoProxy = HostRules.Parse("10.0.0.0/8, near.test", out _),
        });
        Assert.Null(await PrepareAsync(upstreams));
    }

    [Fact]
    public async Task Prepare_DirectTarget_IsConnectedToByTheGuestsAddress()
    {
        using TcpListener origin = new(IPAddress.Loopback, 0);
        origin.Start();
        int port = ((IPEndPoint)origin.LocalEndpoint).Port;
        using ProxyUpstreams upstreams = Create(new() { All = Servers(Down(), "direct") });
        ProxyTarget target = new(ProxyPurpose.Https, "127.0.0.1", port, "127.0.0.1");
        using PreparedConnection? prepared = await upstreams.PrepareAsync(target, default);
        Assert.True(prepared!.IsDirect);
        using ProxyTunnel tunnel = await upstreams.ConnectAsync(
            target with { Host = "nobody.test" }, default);
        using Socket accepted = await origin.AcceptSocketAsync();
        Assert.False(origin.Pending());
        Assert.Equal(tunnel.Socket!.LocalEndPoint, accepted.RemoteEndPoint);
    }

    [Fact]
    public async Task Prepare_WithAnAllowListOfNames_DoesNotTouchTheAddress()
    {
        using ProxyUpstreams upstreams = Create(new()
        {
            All = Servers("direct"),
            Allow = new AllowList(HostRules.Parse("good.test", out _)),
        });
        using TcpListener origin = new(IPAddress.Loopback, 0);
        origin.Start();
        int port = ((IPEndPoint)origin.LocalEndpoint).Port;
        ProxyTarget target = new(ProxyPurpose.Https, "127.0.0.1", port, "127.0.0.1");
        Assert.Null(await upstreams.PrepareAsync(target, default));

        // The name is on the list, and is looked up: it does not exist.
        ProxyException error = await Assert.ThrowsAsync<ProxyException>(async () =>
            await upstreams.ConnectAsync(target with { Host = "good.test" }, default));
        Assert.Equal(SocketError.HostNotFound, error.Error);
        Assert.False(origin.Pending());
    }

    private static string Down() => $"http://127.0.0.1:{RunningProgram.FreePort()}";

    private static ProxyServer[] Servers(params string[] urls) => [.. urls.Select(url =>
        url == "direct" ? ProxyServer.Direct
        : ProxyServer.TryParse(url, out ProxyServer server, out string fault)
            ? server : throw new ArgumentException(fault, nameof(urls)))];

    private static ProxyUpstreams Create(ProxySettings settings) => ProxyUpstreams.Create(
        new ProxyUpstreamConfiguration
        {
            Configured = settings, Desktop = false, Environment = false,
        },
        (_, _) => ValueTask.FromResult<IPAddress[]>([]), _ => { });

    private static ValueTask<PreparedConnection?> PrepareAsync(ProxyUpstreams upstreams) =>
        upstreams.PrepareAsync(
            new ProxyTarget(ProxyPurpose.Https, Address, 443, Address), default);

    private static ValueTask<ProxyTunnel> ConnectAsync(ProxyUpstreams upstreams, string name) =>
        upstreams.ConnectAsync(
            new ProxyTarget(ProxyPurpose.Https, name, 443, Address), default);
}
