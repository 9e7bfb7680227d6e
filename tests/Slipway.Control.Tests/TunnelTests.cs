using System.Net.Sockets;
using System.Text;

namespace Slipway.Control.Tests;

/// <summary>CONNECT and SOCKS5.</summary>
public sealed class TunnelTests
{
    private const string Request = "GET / HTTP/1.1\r\n\r\n";

    [Theory]
    [InlineData("192.168.127.254")]
    [InlineData("host.internal")]
    [InlineData("HOST.docker.internal.")]
    public async Task Connect_ToTheHost_IsATunnelThatTakesWhatCameBehindTheHead(string host)
    {
        using Origin origin = Origin.Of("answer");
        using ProxyWorld world = new();
        using Socket guest = world.Connect(ProxyWorld.HttpPort);
        string target = $"{host}:{origin.Port}";
        await ProxyWorld.SendAsync(
            guest, $"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nX: 1\r\n\r\n{Request}");
        Assert.EndsWith(
            "established\r\n\r\nanswer", await ProxyWorld.ReadUntilAsync(guest, "answer"),
            StringComparison.Ordinal);
        await ProxyWorld.SendAsync(guest, Request);
        Assert.Equal("answer", await ProxyWorld.ReadUntilAsync(guest, "answer"));
        guest.Shutdown(SocketShutdown.Send);
        Assert.Equal("", await ProxyWorld.ReadToEndAsync(guest));
        Assert.Empty(world.Log);
    }

    [Fact]
    public async Task Connect_ByteForByte_IsRead()
    {
        using Origin origin = Origin.Of("answer");
        using ProxyWorld world = new();
        using Socket guest = world.Connect(ProxyWorld.HttpPort);
        foreach (char one in $"CONNECT 192.168.127.254:{origin.Port} HTTP/1.0\r\n\r\n")
        {
            await ProxyWorld.SendAsync(guest, $"{one}");
            await Task.Delay(1);
        }

        await ProxyWorld.ReadUntilAsync(guest, "established\r\n\r\n");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Connect_BehindPlainRequests_IsATunnelThatIsHandedOver(bool isAtOnce)
    {
        using Origin origin = Origin.Of("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        using ProxyWorld world = new();
        using Socket guest = world.Connect(ProxyWorld.HttpPort, out PairConnection connection);
        string place = $"192.168.127.254:{origin.Port}";
        string plain = $"GET http://{place}/a HTTP/1.1\r\nHost: {place}\r\n\r\n";
        string connect = $"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n";
        string inside = "GET /b HTTP/1.1\r\n\r\n";
        if (isAtOnce)
        {
            await ProxyWorld.SendAsync(guest, plain + plain + connect + inside);
            await ProxyWorld.ReadUntilAsync(guest, "\r\n\r\nok");
            await ProxyWorld.ReadUntilAsync(guest, "\r\n\r\nok");
            await ProxyWorld.ReadUntilAsync(guest, "established\r\n\r\n");
        }
        else
        {
            foreach ((string sent, string expected) in (IEnumerable<(string, string)>)[
                (plain, "\r\n\r\nok"), (plain, "\r\n\r\nok"),
                (connect, "established\r\n\r\n")])
            {
                await ProxyWorld.SendAsync(guest, sent);
                await ProxyWorld.ReadUntilAsync(guest, expected);
            }

            await ProxyWorld.SendAsync(guest, inside);
        }

        Assert.Equal(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            await ProxyWorld.ReadUntilAsync(guest, "\r\n\r\nok"));
        await connection.HandedOver.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(3, origin.Heads.Count);
        Assert.Contains(inside, origin.Heads);
        guest.Shutdown(SocketShutdown.Send);
        Assert.Equal("", await ProxyWorld.ReadToEndAsync(guest));
        Assert.Empty(world.Log);
    }

    [Theory]
    [InlineData(403, "CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n")]
    [InlineData(403, "CONNECT localhost:22 HTTP/1.1\r\nHost: localhost:22\r\n")]
    [InlineData(502, "CONNECT 192.168.127.254:1 HTTP/1.1\r\nHost: 192.168.127.254:1\r\n")]
    [InlineData(400, "CONNECT 192.0.2.1 HTTP/1.1\r\nHost: 192.0.2.1\r\n")]
    [InlineData(400, "CONNECT 192.0.2.1:443 HTTP/1.1\r\nHost: 192.0.2.2:443\r\n")]
    [InlineData(400, "CONNECT 192.0.2.1:443 HTTP/1.1\r\n")]
    [InlineData(400, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nContent-Length: 3\r\n", "abc")]
    [InlineData(
        400, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nTransfer-Encoding: chunked\r\n",
        "0\r\n\r\n")]
    public async Task Connect_BehindAPlainRequest_IsRefusedAsAFirstOneIs(
        int status, string head, string content = "")
    {
        using ProxyWorld world = new();
        using Socket guest = world.Connect(ProxyWorld.HttpPort);
        await ProxyWorld.SendAsync(guest, "GET / HTTP/1.1\r\nHost: gateway.internal\r\n\r\n");
        await ProxyWorld.ReadUntilAsync(guest, "0\r\n\r\n");
        await ProxyWorld.SendAsync(guest, $"{head}\r\n{content}");
        string answer = await ProxyWorld.ReadToEndAsync(guest);
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains($"{status}", world.Log.First(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "\xc0\xa8\x7f\xfe")]
    [InlineData(3, "\x0dhost.internal")]
    [InlineData(4, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\xa8\x7f\xfe")]
    public async Task Socks_ConnectByEveryTypeOfAddress_IsATunnel(int type, string address)
    {
        using Origin origin = Origin.Of("answer");
        using ProxyWorld world = new();
        using Socket guest = world.Connect(ProxyWorld.SocksPort);
        await ProxyWorld.SendAsync(guest, "\x05\x02\x02\x00");
        await ProxyWorld.ReadUntilAsync(guest, "\x05\x00");
        await ProxyWorld.SendAsync(
            guest, $"\x05\x01\0{(char)type}{address}{Port(origin.Port)}{Request}");
        Assert.Equal(
            "\x05\0\0\x01\0\0\0\0\0\0answer", await ProxyWorld.ReadUntilAsync(guest, "answer"));
    }

    [Theory]
    [InlineData(2, "\x05\x01\0\x01\x7f\0\0\x01\0\x50")]
    [InlineData(2, "\x05\x01\0\x03\x09localhost\0\x50")]
    [InlineData(5, "\x05\x01\0\x01\xc0\xa8\x7f\xfe\0\x01")]
    [InlineData(7, "\x05\x02\0\x01\xc0\xa8\x7f\xfe\0\x50")]
    [InlineData(7, "\x05\x04\0\x01\xc0\xa8\x7f\xfe\0\x50")]
    [InlineData(8, "\x05\x01\0\x02\xc0\xa8\x7f\xfe\0\x50")]
    [InlineData(1, "\x05\x01\0\x01\xc0\xa8\x7f\xfe\0\0")]
    [InlineData(1, "\x05\x01\0\x03\u0003a b\0\x50")]
    [InlineData(1, "\x04\x01\0\x01\xc0\xa8\x7f\xfe\0\x50")]
    public async Task Socks_RequestThatIsNotServed_IsToldWhy(int reply, string request)
    {
        using ProxyWorld world = new();
        string answer = await world.AskAsync("\x05\x01\0" + request, ProxyWorld.SocksPort);
        Assert.Equal($"\x05\0\x05{(char)reply}\0\x01\0\0\0\0\0\0", answer);
    }

    [Theory]
    [InlineData("\x05\x01\x02", "\x05\xff")]
    [InlineData("\x05\x00", "\x05\xff")]
    [InlineData("\x04\x01\0\x50\x7f\0\0\x01\0", "")]
    [InlineData("GET / HTTP/1.0\r\n\r\n", "")]
    public async Task Socks_GreetingThatIsNone_IsClosed(string greeting, string expected)
    {
        using ProxyWorld world = new();
        Assert.Equal(expected, await world.AskAsync(greeting, ProxyWorld.SocksPort));
    }

    private static string Port(int port) =>
        Encoding.Latin1.GetString([(byte)(port >> 8), (byte)port]);
}
