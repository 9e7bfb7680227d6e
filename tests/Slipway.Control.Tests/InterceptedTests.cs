using System.Net.Security;
using System.Net.Sockets;
using Slipway.Services;
using Slipway.Stack;

namespace Slipway.Control.Tests;

/// <summary>Guests that know of no proxy, while an upstream is set.</summary>
public sealed class InterceptedTests
{
    private const string Address = "192.0.2.7";

    private static readonly GuestProxySettings s_fast = new()
    {
        FirstByteTime = TimeSpan.FromMilliseconds(300),
    };

    [Theory]
    [InlineData("example.test", "example.test")]
    [InlineData("localhost", Address)]
    [InlineData("host.internal", Address)]
    [InlineData("192.0.2.9", Address)]
    public async Task Tls_GoesToTheNameOfItsHello_OrToTheAddress(string name, string expected)
    {
        using Origin upstream = Origin.Of("");
        NamedUpstream dialer = new(upstream.Port);
        using ProxyWorld world = new(dialer);
        Socket guest = world.Connect(Address, 443, out PairConnection connection);
        await using SslStream tls = new(new NetworkStream(guest));
        _ = tls.AuthenticateAsClientAsync(name);
        await connection.HandedOver.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(
            new ProxyTarget(ProxyPurpose.Https, expected, 443, Address),
            Assert.Single(dialer.Targets));
    }

    [Fact]
    public async Task SomethingElse_GoesToTheAddressWithAllItsBytes()
    {
        using Origin upstream = Origin.Of("answer");
        NamedUpstream dialer = new(upstream.Port);
        using ProxyWorld world = new(dialer);
        Socket guest = world.Connect(Address, 8_443, out _);
        await ProxyWorld.SendAsync(guest, "NOISE / HTTP/1.1\r\n\r\n");
        Assert.Equal("answer", await ProxyWorld.ReadUntilAsync(guest, "answer"));
        Assert.Equal(
            new ProxyTarget(ProxyPurpose.Other, Address, 8_443, Address),
            Assert.Single(dialer.Targets));
        Assert.Equal("NOISE / HTTP/1.1\r\n\r\n", Assert.Single(upstream.Heads));
    }

    [Theory]
    [InlineData(443, "")]
    [InlineData(443, "\x16\x03\x01")]
    [InlineData(80, "")]
    [InlineData(80, "\x01\x02")]
    public async Task Server_ThatSpeaksFirst_IsReachedAfterAWhile(int port, string first)
    {
        using Origin upstream = Origin.Of("");
        NamedUpstream dialer = new(upstream.Port);
        using ProxyWorld world = new(dialer, s_fast);
        Socket guest = world.Connect(Address, port, out PairConnection connection);
        await ProxyWorld.SendAsync(guest, first);
        await connection.HandedOver.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(Address, Assert.Single(dialer.Targets).Host);
    }

    [Fact]
    public async Task Http_GoesInAbsoluteFormByItsHost()
    {
        using Origin upstream = Origin.Of("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        using ProxyWorld world = new(upstream: $"http://127.0.0.1:{upstream.Port}");
        Socket guest = world.Connect(Address, 80, out _);
        await ProxyWorld.SendAsync(guest, "GET /x?y HTTP/1.1\r\nHost: Example.test\r\n\r\n");
        await ProxyWorld.ReadUntilAsync(guest, "\r\n\r\nok");
        await ProxyWorld.SendAsync(guest, "GET /z HTTP/1.0\r\n\r\n");
        await ProxyWorld.ReadUntilAsync(guest, "\r\n\r\nok");
        Assert.Equal(
            ["GET http://example.test/x?y HTTP/1.1", $"GET http://{Address}/z HTTP/1.1"],
            upstream.Heads.Select(head => head.Split("\r\n")[0]));
    }

    [Theory]
    [InlineData(400, ".a")]
    [InlineData(400, "...")]
    [InlineData(403, "127.0.0.1")]
    [InlineData(403, "2130706433")]
    [InlineData(403, "0x7f.1")]
    [InlineData(403, "[::ffff:127.0.0.1]")]
    [InlineData(403, "localhost.")]
    public async Task Http_ToAHostThatIsNone_IsRefused(int status, string host)
    {
        using Origin upstream = Origin.Of("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        using ProxyWorld world = new(upstream: $"http://127.0.0.1:{upstream.Port}");
        Socket guest = world.Connect(Address, 80, out _);
        await ProxyWorld.SendAsync(guest, $"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        string answer = await ProxyWorld.ReadToEndAsync(guest);
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains(world.Log, line => line.Contains($"{status}", StringComparison.Ordinal));
        Assert.Empty(upstream.Heads);
    }

    [Fact]
    public async Task Hello_ThatDrips_IsNotWaitedForWithoutEnd()
    {
        using Origin upstream = Origin.Of("");
        NamedUpstream dialer = new(upstream.Port);
        using ProxyWorld world = new(dialer, s_fast with
        {
            HeadTime = TimeSpan.FromSeconds(1),
        });
        Socket guest = world.Connect(Address, 443, out PairConnection connection);
        await ProxyWorld.SendAsync(guest, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc");
        for (int i = 0; i < 300 && !connection.HandedOver.Task.IsCompleted; i++)
        {
            await ProxyWorld.SendAsync(guest, "\x03");
            await Task.WhenAny(connection.HandedOver.Task, Task.Delay(100));
        }

        Assert.True(connection.HandedOver.Task.IsCompleted);
        Assert.Equal(Address, Assert.Single(dialer.Targets).Host);
    }

    [Fact]
    public async Task Ports_OfAFileInVpnkitsForm_AreThoseThatAreIntercepted()
    {
        using Origin upstream = Origin.Of("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, $$"""
                { "http": "127.0.0.1:{{upstream.Port}}", "transparent_http_ports": [8080, 8000] }
                """);
            using ProxyWorld world = new(file: file);
            int[] ports = [80, 443, 8000, 8080, 8443];
            Assert.Equal([443, 8000, 8080], ports.Where(world.Intercepts));
            Socket guest = world.Connect(Address, 8_080, out _);
            await ProxyWorld.SendAsync(
                guest, "GET /x HTTP/1.1\r\nHost: example.test:8080\r\n\r\n");
            await ProxyWorld.ReadUntilAsync(guest, "\r\n\r\nok");
            Assert.Equal(
                "GET http://example.test:8080/x HTTP/1.1",
                Assert.Single(upstream.Heads).Split("\r\n")[0]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Upstream_ThatFails_EndsTheConnection()
    {
        using ProxyWorld world = new(new NamedUpstream(0));
        Socket guest = world.Connect(Address, 443, out PairConnection connection);
        await ProxyWorld.SendAsync(guest, "x");
        HostError error = await connection.Failed.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(HostError.Reset, error);
        Assert.Contains("no upstream answers", Assert.Single(world.Log), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(80)]
    [InlineData(443)]
    [InlineData(8_443)]
    public async Task Upstream_ThatIsDown_IsARefusedConnect(int port)
    {
        int down;
        using (Origin gone = Origin.Of(""))
        {
            down = gone.Port;
        }

        using ProxyWorld world = new(upstream: $"http://127.0.0.1:{down}");
        _ = world.Connect(Address, port, out PairConnection connection);
        HostError error = await connection.Failed.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(HostError.Refused, error);
        Assert.False(connection.Answered.Task.IsCompleted);
        Assert.Contains(world.Log, line => line.Contains(
            $"{Address}:{port} failed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Upstream_BehindOneThatIsDown_AnswersAndItsOneConnectionIsUsed()
    {
        using Origin upstream = Origin.Of("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        using ProxyWorld world = new(
            upstream: $"http://127.0.0.1:9,http://127.0.0.1:{upstream.Port}");
        for (int i = 1; i <= 2; i++)
        {
            Socket guest = world.Connect(Address, 443, out PairConnection tunnel);
            await tunnel.Answered.Task.WaitAsync(TimeSpan.FromSeconds(30));
            await ProxyWorld.SendAsync(guest, "x");
            await tunnel.HandedOver.Task.WaitAsync(TimeSpan.FromSeconds(30));
            Assert.Equal(i, upstream.Connections);
        }

        Socket plain = world.Connect(Address, 80, out _);
        await ProxyWorld.SendAsync(plain, "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
        await ProxyWorld.ReadUntilAsync(plain, "\r\n\r\nok");
        Assert.Equal(3, upstream.Connections);
    }
}
