using System.Net.Sockets;
using Slipway.Services;

namespace Slipway.Control.Tests;

/// <summary>Heads that two readers could take for two requests, and other abuse: refused.</summary>
public sealed class BadHeadTests
{
    private const string Scheme = "http://";
    private const string Host = "Host: 192.0.2.1\r\n";
    private const string Get = "GET http://192.0.2.1/ HTTP/1.1\r\n";
    private const string Post = "POST http://192.0.2.1/ HTTP/1.1\r\n" + Host;
    private const string Connect = "CONNECT 192.0.2.1:443 HTTP/1.1\r\n";
    private const string ConnectHost = "Host: 192.0.2.1:443\r\n";

    public static TheoryData<int, string> Heads => new()
    {
        // Plain requests, read by Kestrel.
        { 400, Post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd" },
        { 400, Post + "Content-Length: 3, 4\r\n\r\nabcd" },
        { 400, Post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
        { 400, Post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n" },
        { 400, Post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" },
        { 400, Post + "Content-Length: -3\r\n\r\nabc" },
        { 400, "GET http://192.0.2.1/ HTTP/1.1\nHost: 192.0.2.1\n\n" },
        { 400, Get + "Host: 192.0.2.1\nX: y\r\n\r\n" },
        { 400, Get + Host + "X: a\r\n b\r\n\r\n" },
        { 400, Get + Host + "X: a\r\n\tb: c\r\n\r\n" },
        { 400, Get + Host + "X : a\r\n\r\n" },
        { 400, Get + "Host : 192.0.2.1\r\n\r\n" },
        { 400, Get + "Host: 192.0.2.9\r\n\r\n" },
        { 400, Get + Host + "Host: 192.0.2.9\r\n\r\n" },
        { 400, Get + "\r\n" },
        { 400, Get + Host + "X: a\0b\r\n\r\n" },
        { 400, "GET " + Scheme + "user:secret@192.0.2.1/ HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n" },
        { 501, "GET https://192.0.2.1/ HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n" },
        { 431, Get + Host + "X: " + new string('x', 70_000) + "\r\n\r\n" },
        { 403, "GET http://127.0.0.1/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" },
        { 403, "GET http://[::1]/ HTTP/1.1\r\nHost: [::1]\r\n\r\n" },
        { 403, "GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n" },
        { 400, "GET http://2130706433/ HTTP/1.1\r\nHost: 2130706433\r\n\r\n" },
        { 403, "GET http://169.254.169.254/ HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n" },

        // CONNECT, read by the proxy itself.
        { 400, Connect + ConnectHost + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n" },
        { 400, Connect + ConnectHost + "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n" },
        { 400, Connect + ConnectHost + "Content-Length: 3\r\n\r\nabc" },
        { 400, "CONNECT 192.0.2.1:443 HTTP/1.1\nHost: 192.0.2.1:443\n\n" },
        { 400, Connect + ConnectHost + "X: a\r\n b\r\n\r\n" },
        { 400, Connect + ConnectHost + "X : a\r\n\r\n" },
        { 400, Connect + ConnectHost + ": a\r\n\r\n" },
        { 400, Connect + "Host: 192.0.2.9:443\r\n\r\n" },
        { 400, Connect + "Host: 192.0.2.1:444\r\n\r\n" },
        { 400, Connect + ConnectHost + ConnectHost + "\r\n" },
        { 400, Connect + "\r\n" },
        { 400, "CONNECT 192.0.2.1 HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n" },
        { 400, "CONNECT  192.0.2.1:443 HTTP/1.1\r\n" + ConnectHost + "\r\n" },
        { 400, "CONNECT http://192.0.2.1/ HTTP/1.1\r\n" + ConnectHost + "\r\n" },
        { 400, "CONNECT user:secret@192.0.2.1:443 HTTP/1.1\r\n" + ConnectHost + "\r\n" },
        { 400, "CONNECT 192.0.2.1:443 HTTP/2.0\r\n" + ConnectHost + "\r\n" },
        { 431, Connect + ConnectHost + "X: " + new string('x', 70_000) },
    };

    // Names and addresses that lead to where no guest may go, or nowhere.
    public static TheoryData<int, string> Targets => new()
    {
        { 403, "CONNECT 127.0.0.1:22 HTTP/1.0\r\n\r\n" },
        { 403, "CONNECT 127.1:22 HTTP/1.0\r\n\r\n" },
        { 403, "CONNECT 0x7f000001:22 HTTP/1.0\r\n\r\n" },
        { 403, "CONNECT 0.0.0.0:22 HTTP/1.0\r\n\r\n" },
        { 403, "CONNECT [::1]:22 HTTP/1.0\r\n\r\n" },
        { 403, "CONNECT [::ffff:127.0.0.1]:22 HTTP/1.0\r\n\r\n" },
        { 403, "CONNECT localhost:22 HTTP/1.0\r\n\r\n" },
        { 403, "CONNECT a.LocalHost.:22 HTTP/1.0\r\n\r\n" },
        { 403, "CONNECT 192.168.127.1:53 HTTP/1.0\r\n\r\n" },
        { 403, "CONNECT gateway.internal:53 HTTP/1.0\r\n\r\n" },
        { 403, "CONNECT 192.168.127.3:22 HTTP/1.0\r\n\r\n" },
        { 403, "CONNECT 169.254.169.254:80 HTTP/1.0\r\n\r\n" },
        { 403, "CONNECT [fe80::1]:80 HTTP/1.0\r\n\r\n" },
        { 403, "CONNECT 0:22 HTTP/1.0\r\n\r\n" },
        { 403, "CONNECT 127.0.0.1.:22 HTTP/1.0\r\n\r\n" },
        { 403, "CONNECT [::]:22 HTTP/1.0\r\n\r\n" },
        { 403, "CONNECT [::127.0.0.1]:22 HTTP/1.0\r\n\r\n" },
        { 403, "CONNECT [::ffff:7f00:1]:22 HTTP/1.0\r\n\r\n" },
        { 403, "CONNECT [::ffff:192.168.127.3]:22 HTTP/1.0\r\n\r\n" },
        { 403, "CONNECT [ff02::1]:22 HTTP/1.0\r\n\r\n" },
        { 403, "CONNECT 224.0.0.1:22 HTTP/1.0\r\n\r\n" },
        { 403, "CONNECT 255.255.255.255:22 HTTP/1.0\r\n\r\n" },
        { 400, "CONNECT 192.0.2.1:0 HTTP/1.0\r\n\r\n" },
        { 400, "CONNECT 192.0.2.1:65536 HTTP/1.0\r\n\r\n" },
        { 400, "CONNECT 192.0.2.1:99999999999 HTTP/1.0\r\n\r\n" },
        { 400, "CONNECT [fe80::1%eth0]:22 HTTP/1.0\r\n\r\n" },
        { 400, "CONNECT [192.0.2.1:22 HTTP/1.0\r\n\r\n" },
        { 400, "GET http://192.0.2.1:65536/ HTTP/1.1\r\nHost: 192.0.2.1:65536\r\n\r\n" },
    };

    [Theory]
    [MemberData(nameof(Heads))]
    [MemberData(nameof(Targets))]
    public async Task Head_ThatIsBad_IsRefusedLoggedAndTheConnectionClosed(
        int status, string head)
    {
        using ProxyWorld world = new();
        string answer = await world.AskAsync(
            head.Replace("X: ", "X: secret", StringComparison.Ordinal));
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains("Connection: close\r\n", answer, StringComparison.Ordinal);
        Assert.Contains(world.Log, line => line.Contains($"{status}", StringComparison.Ordinal));
        Assert.DoesNotContain(
            world.Log, line => line.Contains("secret", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("GET http://192.0.2.1/ HTTP/1.1\r\nHost: 192.0")]
    [InlineData("CONNECT 192.0.2.1:443 HTTP/1.1\r\nHost: 192.0")]
    [InlineData("CONN")]
    public async Task Head_ThatDoesNotEnd_IsGivenUp(string beginning)
    {
        using ProxyWorld world = new(
            settings: new GuestProxySettings { HeadTime = TimeSpan.FromMilliseconds(300) });
        string answer = await world.AskAsync(beginning);
        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_OfOneGuest_AreBounded()
    {
        using ProxyWorld world = new(settings: new GuestProxySettings { MaxStreamsPerGuest = 2 });
        using Socket first = world.Connect(ProxyWorld.HttpPort);
        using Socket second = world.Connect(ProxyWorld.HttpPort);
        Assert.False(world.TryEnter());
        Assert.False(world.TryEnter());
        Assert.Single(world.Log);
        first.Dispose();
        for (int i = 0; !world.TryEnter(); i++)
        {
            Assert.True(i < 500, "a place is given back");
            await Task.Delay(20);
        }
    }
}
