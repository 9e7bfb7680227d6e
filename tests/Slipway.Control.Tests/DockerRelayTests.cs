using System.Net.Sockets;
using System.Text;
using Slipway.Engine;
using Slipway.Wire;

namespace Slipway.Control.Tests;

/// <summary>
/// The Docker proxy between two sockets that the tests hold: exact bytes, and who ends when.
/// </summary>
public sealed class DockerRelayTests : IDisposable, IEngineLog
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly string _folder =
        Directory.CreateTempSubdirectory("slipway-docker-relay-").FullName;
    private readonly Socket _dockerd = new(
        AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private readonly DockerProxy _proxy;
    private readonly Task _serving;
    private readonly List<Socket> _held = [];

    public DockerRelayTests()
    {
        _dockerd.Bind(new UnixDomainSocketEndPoint($"{_folder}/guest"));
        _dockerd.Listen(16);
        _proxy = DockerProxy.Start(
            new DockerProxySettings(
                $"{_folder}/host",
                DockerGuest.Parse("--guest", $"unix:{_folder}/guest", false, ""),
                $"{_folder}/control", IpAddress.IPv4Loopback, null),
            this);
        _serving = _proxy.RunAsync(_stop.Token);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _serving.Wait(s_patience);
        _proxy.Dispose();
        _dockerd.Dispose();
        _held.ForEach(socket => socket.Dispose());
        _stop.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    bool IEngineLog.IsEnabled(LogLevel level) => false;

    void IEngineLog.Write(LogLevel level, string message) => Assert.NotEmpty(message);

    [Fact]
    public async Task Request_WithABodyInChunks_ArrivesAsItWasAndTheNextOneToo()
    {
        using Socket client = Connect();
        const string Body = "3\r\nabc\r\n0\r\n\r\n";
        const string First =
            "POST /build HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n" + Body;
        const string Second = "GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n";
        await SendAsync(client, First + Second); // sent ahead
        using Socket guest = await AcceptAsync("/build", Body);
        await SendAsync(guest, "HTTP/1.1 100 Continue\r\n\r\n" + Ok);
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n" + Ok, await ReadAsync(client, Ok));
        Assert.Equal(Second, await ReadAsync(guest, "\r\n\r\n"));
        await SendAsync(guest, Ok);
        Assert.Equal(Ok, await ReadAsync(client, "ok"));
    }

    [Fact]
    public async Task Upgrade_AfterIt_BytesPassAndEachDirectionEndsByItself()
    {
        using Socket client = Connect();
        const string Head =
            "POST /exec/1/start HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
            + "Content-Length: 2\r\n\r\n{}";
        await SendAsync(client, Head + "early");
        using Socket guest = await AcceptAsync("/exec", "{}");
        await SendAsync(guest, "HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\nhello");
        await ReadAsync(client, "hello");
        Assert.Equal("early", await ReadAsync(guest, "early"));
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal("", await ReadAsync(guest, "never"));
        await SendAsync(guest, "after the end");
        Assert.Equal("after the end", await ReadAsync(client, "end"));
        guest.Shutdown(SocketShutdown.Send);
        Assert.Equal("", await ReadAsync(client, "never"));
    }

    [Fact]
    public async Task RawStream_AnsweredWith200_IsATunnelToo()
    {
        using Socket client = Connect();
        await SendAsync(client, "POST /containers/a/attach HTTP/1.1\r\nHost: d\r\n\r\n");
        using Socket guest = await AcceptAsync("/attach");
        await SendAsync(
            guest, "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n");
        await ReadAsync(client, "\r\n\r\n");
        await SendAsync(client, "up");
        Assert.Equal("up", await ReadAsync(guest, "up"));
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal("", await ReadAsync(guest, "never"));
        await SendAsync(guest, "down");
        Assert.Equal("down", await ReadAsync(client, "down"));
    }

    [Fact]
    public async Task Client_ThatLeavesWhileAResponseComes_IsSeenByDockerd()
    {
        Socket client = Connect();
        await SendAsync(client, "GET /containers/a/logs?follow=1 HTTP/1.1\r\nHost: d\r\n\r\n");
        using Socket guest = await AcceptAsync("/logs");
        await SendAsync(guest, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
        await ReadAsync(client, "a\r\n");
        client.Dispose();
        Assert.Equal("", await ReadAsync(guest, "never"));
    }

    [Fact]
    public async Task Client_ThatSentARequestAheadAndLeaves_IsSeenByDockerd()
    {
        Socket client = Connect();
        await SendAsync(client, "GET /first HTTP/1.1\r\nHost: d\r\n\r\n");
        using Socket guest = await AcceptAsync("/first");
        await SendAsync(client, "GET /containers/a/logs HTTP/1.1\r\nHost: d\r\n\r\n");
        await SendAsync(guest, Ok);
        await ReadAsync(client, "ok");
        await ReadAsync(guest, "\r\n\r\n");
        client.Dispose();
        Assert.Equal("", await ReadAsync(guest, "never"));
    }

    [Fact]
    public async Task Body_ThatBreaksOff_BreaksOffForDockerdToo()
    {
        Socket client = Connect();
        await SendAsync(
            client, "PUT /containers/a/archive HTTP/1.1\r\nContent-Length: 9\r\n\r\nab");
        using Socket guest = await AcceptAsync("/archive", "ab");
        client.Dispose();
        Assert.Equal("", await ReadAsync(guest, "never"));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\nHost: d\r\n\r\n", "400", "CR LF")]
    [InlineData("POST /containers/create HTTP/1.1\r\nContent-Length: 2\r\n\r\n[]", "400", "object")]
    [InlineData(
        "POST /containers/create HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx", "413", "chunk")]
    public async Task BadRequest_IsAnsweredAsDockerdWould(string request, string status, string why)
    {
        using Socket client = Connect();
        await SendAsync(client, request);
        string answer = await ReadAsync(client, "never");
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains("{\"message\":\"", answer, StringComparison.Ordinal);
        Assert.Contains(why, answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TooLargeCreate_IsRefusedAndNothingOfItIsSent()
    {
        using Socket client = Connect();
        await SendAsync(
            client, $"POST /containers/create HTTP/1.1\r\nContent-Length: {9 << 20}\r\n\r\n");
        Task sending = SendAsync(client, new string(' ', 9 << 20));
        Assert.Contains("8 MiB", await ReadAsync(client, "never"), StringComparison.Ordinal);
        await sending.ContinueWith(_ => { }, TaskScheduler.Default);
    }

    [Fact]
    public async Task AbsentDockerd_IsSaidWithItsPath()
    {
        _dockerd.Dispose();
        File.Delete($"{_folder}/guest");
        using Socket client = Connect();
        await SendAsync(client, "GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n");
        string answer = await ReadAsync(client, "never");
        Assert.StartsWith("HTTP/1.1 503 ", answer, StringComparison.Ordinal);
        Assert.Contains($"{_folder}/guest", answer, StringComparison.Ordinal);
    }

    private Socket Connect()
    {
        Socket client = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint($"{_folder}/host"));
        return client;
    }

    // The proxy has connections of its own, for events and lists, which stay unanswered.
    private async Task<Socket> AcceptAsync(string path, string body = "")
    {
        while (true)
        {
            Socket guest = await _dockerd.AcceptAsync().WaitAsync(s_patience);
            _held.Add(guest);
            string head = await ReadAsync(guest, "\r\n\r\n");
            if (head.Contains(path, StringComparison.Ordinal))
            {
                Assert.Equal(body, body.Length == 0 ? "" : await ReadAsync(guest, body));
                return guest;
            }
        }
    }

    private static async Task SendAsync(Socket socket, string text)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        for (int sent = 0; sent < bytes.Length;)
        {
            sent += await socket.SendAsync(bytes.AsMemory(sent)).AsTask().WaitAsync(s_patience);
        }
    }

    // Byte by byte: what comes behind the end stays for the next.
    private static async Task<string> ReadAsync(Socket socket, string end)
    {
        StringBuilder text = new();
        byte[] one = new byte[1];
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal)
            && await socket.ReceiveAsync(one).WaitAsync(s_patience) > 0)
        {
            text.Append((char)one[0]);
        }

        return text.ToString();
    }
}
