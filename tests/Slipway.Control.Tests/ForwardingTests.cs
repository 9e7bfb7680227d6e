using System.Net.Sockets;
using System.Text;

namespace Slipway.Control.Tests;

/// <summary>Plain requests, as they go on and as they come back.</summary>
public sealed class ForwardingTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private static string Url(Origin origin) => $"http://192.168.127.254:{origin.Port}";

    private static string Host(Origin origin) => $"Host: 192.168.127.254:{origin.Port}\r\n";

    [Fact]
    public async Task AbsoluteForm_GoesOnInOriginFormWithoutFieldsOfOneHop()
    {
        using Origin origin = Origin.Of(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: X-Back\r\nX-Back: 1\r\n"
            + "Keep-Alive: timeout=5\r\nX-Kept: 1\r\n\r\nok");
        using ProxyWorld world = new();
        using Socket guest = world.Connect(ProxyWorld.HttpPort);
        await ProxyWorld.SendAsync(
            guest, $"GET {Url(origin)}/a%2fb/../c?q=%41 HTTP/1.1\r\n{Host(origin)}"
            + "Proxy-Connection: keep-alive\r\nProxy-Authorization: Basic c2VjcmV0\r\n"
            + "Connection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\n"
            + "Cookie: a=b\r\nX-End: 1\r\n\r\n");
        string answer = await ProxyWorld.ReadUntilAsync(guest, "ok");
        Assert.DoesNotContain("X-Back", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Keep-Alive", answer, StringComparison.Ordinal);
        Assert.Contains("X-Kept: 1\r\n", answer, StringComparison.Ordinal);
        string head = Assert.Single(origin.Heads);
        Assert.StartsWith(
            "GET /a%2fb/../c?q=%41 HTTP/1.1\r\n", head, StringComparison.Ordinal);
        Assert.Contains(Host(origin), head, StringComparison.Ordinal);
        Assert.Contains("Cookie: a=b\r\n", head, StringComparison.Ordinal);
        Assert.Contains("X-End: 1\r\n", head, StringComparison.Ordinal);
        foreach (string gone in (string[])[
            "Proxy-", "X-Hop", "Keep-Alive", "TE:", "X-Forwarded", "Via", "traceparent"])
        {
            Assert.DoesNotContain(gone, head, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task Connection_OfSeveralRequests_StaysOpen()
    {
        using Origin origin = Origin.Of(Ok);
        using ProxyWorld world = new();
        using Socket guest = world.Connect(ProxyWorld.HttpPort);
        for (int i = 0; i < 3; i++)
        {
            await ProxyWorld.SendAsync(
                guest, $"GET {Url(origin)}/{i} HTTP/1.1\r\n{Host(origin)}\r\n");
            await ProxyWorld.ReadUntilAsync(guest, "\r\n\r\nok");
        }

        Assert.Equal(3, origin.Heads.Count);
    }

    [Fact]
    public async Task Http10_AndHead_EndAsTheyShould()
    {
        using Origin origin = Origin.Of(Ok);
        using ProxyWorld world = new();
        string old = await world.AskAsync($"GET {Url(origin)}/ HTTP/1.0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", old, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nok", old, StringComparison.Ordinal);
        using Origin bare = Origin.Of("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
        string head = await world.AskAsync(
            $"HEAD {Url(bare)}/ HTTP/1.1\r\n{Host(bare)}Connection: close\r\n\r\n");
        Assert.Contains("Content-Length: 2\r\n", head, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Guest_ThatEndsItsSendingSide_GetsItsAnswers()
    {
        TaskCompletionSource asked = new();
        TaskCompletionSource answered = new();
        using Origin origin = new(async (_, socket) =>
        {
            asked.TrySetResult();
            await answered.Task;
            await ProxyWorld.SendAsync(socket, Ok);
        });
        using ProxyWorld world = new();
        using Socket guest = world.Connect(ProxyWorld.HttpPort);
        string request = $"GET {Url(origin)}/ HTTP/1.1\r\n{Host(origin)}\r\n";
        await ProxyWorld.SendAsync(guest, request + request);
        guest.Shutdown(SocketShutdown.Send);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await Task.Delay(2_500); // more than a look at whether the guest is still there
        answered.TrySetResult();
        string answer = await ProxyWorld.ReadToEndAsync(guest);
        Assert.Equal(2, answer.Split("\r\n\r\nok").Length - 1);
        Assert.Equal(2, origin.Heads.Count);
    }

    [Fact]
    public async Task Guest_ThatLeaves_IsNotWaitedFor()
    {
        TaskCompletionSource ended = new();
        using Origin origin = new(async (_, socket) =>
        {
            byte[] buffer = new byte[16];
            try
            {
                await socket.ReceiveAsync(buffer);
            }
            catch (SocketException)
            {
                ended.TrySetResult();
            }

            ended.TrySetResult();
        });
        using ProxyWorld world = new();
        Socket guest = world.Connect(ProxyWorld.HttpPort);
        await ProxyWorld.SendAsync(
            guest, $"GET {Url(origin)}/ HTTP/1.1\r\n{Host(origin)}\r\n");
        while (origin.Heads.IsEmpty)
        {
            await Task.Delay(10);
        }

        guest.Dispose();
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Bodies_ChunkedAndExpected_ArriveWhole()
    {
        TaskCompletionSource<string> body = new();
        using Origin origin = new(async (head, socket) =>
        {
            StringBuilder text = new();
            byte[] buffer = new byte[4_096];
            while (!text.ToString().EndsWith("0\r\n\r\n", StringComparison.Ordinal))
            {
                text.Append(Encoding.Latin1.GetString(
                    buffer, 0, await socket.ReceiveAsync(buffer)));
            }

            body.TrySetResult(text.ToString());
            await socket.SendAsync(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"u8
                .ToArray());
        });
        using ProxyWorld world = new();
        using Socket guest = world.Connect(ProxyWorld.HttpPort);
        await ProxyWorld.SendAsync(
            guest, $"POST {Url(origin)}/ HTTP/1.1\r\n{Host(origin)}"
            + "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
        await ProxyWorld.ReadUntilAsync(guest, "HTTP/1.1 100 Continue\r\n\r\n");
        await ProxyWorld.SendAsync(guest, "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
        string answer = await ProxyWorld.ReadUntilAsync(guest, "0\r\n\r\n");
        Assert.Contains("5\r\nhello\r\n", answer, StringComparison.Ordinal);
        string sent = await body.Task;
        Assert.Contains("abc", sent, StringComparison.Ordinal);
        Assert.Contains("de", sent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("echo")]
    [InlineData("websocket")]
    public async Task Upgrade_ToAnotherProtocol_PassesBytesBothWays(string protocol)
    {
        using Origin origin = new(async (_, socket) =>
        {
            await ProxyWorld.SendAsync(
                socket, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                + $"Upgrade: {protocol}\r\n\r\n");
            byte[] buffer = new byte[4_096];
            int read;
            while ((read = await socket.ReceiveAsync(buffer)) > 0)
            {
                await socket.SendAsync(buffer.AsMemory(0, read));
            }
        });
        using ProxyWorld world = new();
        using Socket guest = world.Connect(ProxyWorld.HttpPort);
        await ProxyWorld.SendAsync(
            guest, $"GET {Url(origin)}/ HTTP/1.1\r\n{Host(origin)}"
            + $"Connection: Upgrade\r\nUpgrade: {protocol}\r\n\r\n");
        string answer = await ProxyWorld.ReadUntilAsync(guest, "\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 101 ", answer, StringComparison.Ordinal);
        Assert.Contains($"Upgrade: {protocol}\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("Connection: Upgrade\r\n", answer, StringComparison.Ordinal);
        string head = Assert.Single(origin.Heads);
        Assert.Contains(
            $"Upgrade: {protocol}\r\n", head, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(
            "Connection: Upgrade\r\n", head, StringComparison.OrdinalIgnoreCase);
        foreach (string text in (string[])["first", "second"])
        {
            await ProxyWorld.SendAsync(guest, text);
            await ProxyWorld.ReadUntilAsync(guest, text);
        }
    }

    [Fact]
    public async Task OriginForm_ToTheProxyItself_IsAnsweredWithAPage()
    {
        using ProxyWorld world = new();
        string answer = await world.AskAsync(
            "GET / HTTP/1.1\r\nHost: gateway.internal:3128\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("http_proxy=http://192.168.127.1:3128/", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_ThatRefusesOrTalksNonsense_IsABadGateway()
    {
        using ProxyWorld world = new();
        int free;
        using (Origin gone = Origin.Of(Ok))
        {
            free = gone.Port;
        }

        string url = $"192.168.127.254:{free}";
        string refused = await world.AskAsync(
            $"GET http://{url}/ HTTP/1.1\r\nHost: {url}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 502 ", refused, StringComparison.Ordinal);
        using Origin nonsense = Origin.Of("220 mail.test ESMTP\r\n\r\n");
        string bad = await world.AskAsync(
            $"GET {Url(nonsense)}/ HTTP/1.1\r\n{Host(nonsense)}\r\n");
        Assert.StartsWith("HTTP/1.1 502 ", bad, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Upstream_WithCredentials_GetsTheAbsoluteFormAndThoseAtOnce()
    {
        using Origin upstream = Origin.Of(Ok);
        using ProxyWorld world = new(
            upstream: "http://" + $"user:secret@127.0.0.1:{upstream.Port}");
        using Socket guest = world.Connect(ProxyWorld.HttpPort);
        await ProxyWorld.SendAsync(
            guest, "POST http://example.test/x HTTP/1.1\r\nHost: example.test\r\n"
            + "Content-Length: 0\r\n\r\n");
        await ProxyWorld.ReadUntilAsync(guest, "\r\n\r\nok");
        string head = Assert.Single(upstream.Heads);
        Assert.StartsWith(
            "POST http://example.test/x HTTP/1.1\r\n", head, StringComparison.Ordinal);
        Assert.Contains(
            "Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Upstream_ThatWantsOtherCredentials_IsNotTheGuestsConcern()
    {
        using Origin upstream = Origin.Of(
            "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n"
            + "Proxy-Authenticate: Basic realm=\"x\"\r\n\r\n");
        using ProxyWorld world = new(upstream: $"http://127.0.0.1:{upstream.Port}");
        string answer = await world.AskAsync(
            "GET http://example.test/x HTTP/1.1\r\nHost: example.test\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 502 ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Proxy-Authenticate", answer, StringComparison.Ordinal);
    }
}
