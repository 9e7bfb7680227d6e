using System.Net.Sockets;
using System.Text;
using Slipway.Linux;

namespace Slipway.Control.Tests;

/// <summary>Connections that become something else than HTTP.</summary>
public sealed class RawRequestTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly RunningEngine _engine = new();
    private readonly LiveGuest _guest;
    private readonly string _path;

    public RawRequestTests()
    {
        _path = _engine.Listen().Path;
        _guest = new LiveGuest(_engine.Engine, 80);
    }

    public void Dispose()
    {
        _engine.Dispose();
        _guest.Dispose();
    }

    [Theory]
    [InlineData("GET /v1/connect?to=192.168.127.2:80 HTTP/1.1\r\nHost: x\r\nUpgrade: tcp\r\n"
        + "Connection: Upgrade\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")]
    [InlineData("POST /v1/connect?to=192.168.127.2%3A80 HTTP/1.1\r\nupgrade: TCP\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")]
    [InlineData("POST /tunnel?ip=192.168.127.2&port=80 HTTP/1.1\r\nHost: x\r\n\r\n", "OK")]
    [InlineData("GET /tunnel?port=80&ip=192.168.127.2 HTTP/1.1\r\nHost: x\r\n\r\n", "OK")]
    public async Task Tunnel_ToAPort_CarriesWhatWasSentAheadAndEachEndByItself(
        string head, string answer)
    {
        using Socket client = await ConnectAsync();
        await SendAsync(client, head + "ahead ");
        await SendAsync(client, "and after");
        Assert.Equal(
            answer + "ahead and after",
            await ReadAsync(client, (answer + "ahead and after").Length));
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal("end", await ControlAnswer.ReadToEndAsync(client));
    }

    [Fact]
    public async Task Tunnel_WhoseHeadComesByteForByte_IsOneAllTheSame()
    {
        using Socket client = await ConnectAsync();
        foreach (char c in "POST /tunnel?ip=192.168.127.2&port=80 HTTP/1.1\r\nHost: x\r\n\r\nx")
        {
            await SendAsync(client, c.ToString());
        }

        client.Shutdown(SocketShutdown.Send);
        Assert.Equal("OKxend", await ControlAnswer.ReadToEndAsync(client));
    }

    [Theory]
    [InlineData("/tunnel?port=80", 500, "ip is mandatory\n")]
    [InlineData("/tunnel?ip=192.168.127.2&port=x", 500,
        "strconv.ParseUint: parsing \"x\": invalid syntax\n")]
    [InlineData("/tunnel?ip=192.168.127.2&port=70000", 500,
        "strconv.ParseUint: parsing \"70000\": value out of range\n")]
    public async Task Tunnel_AskedForWrongly_IsRefusedAsGvproxyDoes(
        string path, int status, string text)
    {
        ControlAnswer answer = await ControlAnswer.AskAsync(_path, $"POST {path}");
        Assert.Equal((status, text), (answer.Status, answer.Body));
    }

    [Theory]
    [InlineData("/tunnel?ip=192.168.127.2&port=81")]
    [InlineData("/tunnel?ip=nonsense&port=81")]
    [InlineData("/tunnel?ip=192.168.127.1&port=80")]
    public async Task Tunnel_ThatTheGuestDoesNotTake_EndsBehindItsOk(string path)
    {
        using Socket client = await ConnectAsync();
        await SendAsync(client, $"POST {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.Equal("OK", await ControlAnswer.ReadToEndAsync(client));
    }

    [Theory]
    [InlineData("to=192.168.127.2:81", "Upgrade: tcp\r\n", 502, "nothing listens there")]
    [InlineData("to=192.168.127.1:80", "Upgrade: tcp\r\n", 400, "not a port of a guest")]
    [InlineData("to=127.0.0.1:80", "Upgrade: tcp\r\n", 400, "not a port of a guest")]
    [InlineData("to=web", "Upgrade: tcp\r\n", 400, "to=192.168.127.2:80")]
    [InlineData("", "Upgrade: tcp\r\n", 400, "to=192.168.127.2:80")]
    [InlineData("to=192.168.127.2:80", "Upgrade: websocket\r\n", 426, "Upgrade: tcp")]
    [InlineData("to=192.168.127.2:80", "", 426, "Upgrade: tcp")]
    public async Task Connect_ThatCannotBe_SaysWhy(
        string query, string fields, int status, string reason)
    {
        ControlAnswer answer = await ControlAnswer.AskAsync(
            _path, $"GET /v1/connect?{query}", fields: fields);
        Assert.Equal(status, answer.Status);
        Assert.Contains(reason, answer.Body, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", answer.Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_BehindAnotherRequest_IsToldToComeFirst()
    {
        using Socket client = await ConnectAsync();
        await SendAsync(
            client, "GET /v1/version HTTP/1.1\r\nHost: x\r\n\r\n"
            + "GET /v1/connect?to=192.168.127.2:80 HTTP/1.1\r\nHost: x\r\nUpgrade: tcp\r\n"
            + "Connection: Upgrade\r\n\r\n");
        string answers = await ControlAnswer.ReadToEndAsync(client);
        Assert.Contains("first request of its connection", answers, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "Unknown")]
    [InlineData("G", "Unknown")]
    [InlineData("GET /v1/conn", "Unknown")]
    [InlineData("GET /v1/connect", "Unknown")]
    [InlineData("GET /v1/connect ", "Upgrade")]
    [InlineData("GET /v1/connection ", "Http")]
    [InlineData("GET /v1/ports HTTP", "Http")]
    [InlineData("POST /connect HTTP", "Frames")]
    [InlineData("GET /connect HTTP", "Http")]
    [InlineData("POST /tunnel?ip", "Tunnel")]
    [InlineData("lower", "Http")]
    [InlineData("\x16\x03\x01", "Http")]
    [InlineData("ABCDEFGHIJ", "Http")]
    public void Beginning_OfAConnection_TellsWhatItIs(string begin, string kind) =>
        Assert.Equal(kind, RawRequests.Tell(Encoding.Latin1.GetBytes(begin)).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("GE")]
    [InlineData("GET /v1/conn")]
    [InlineData("POST /tunnel?ip=192.168.127.2")]
    [InlineData("GET /v1/connect?to=192.168.127.2:80 HTTP/1.1\r\nHost: x\r\n")]
    public async Task Beginning_WithoutAnEnd_IsGivenUp(string begin)
    {
        Assert.Equal(
            0, Sockets.CreatePair(Sockets.FamilyUnix, Sockets.Stream, out int near, out int far));
        using Socket client = new(new SafeSocketHandle(near, ownsHandle: true));
        using Socket served = new(new SafeSocketHandle(far, ownsHandle: true));
        await SendAsync(client, begin);
        RawRequests requests = new(_engine.Engine, false, token: null, CancellationToken.None)
        {
            HeadTime = TimeSpan.FromMilliseconds(50),
        };
        Assert.True(await requests.TryServeAsync(served).WaitAsync(s_patience));
        Assert.True(served.SafeHandle.IsClosed);
    }

    [Fact]
    public void Clients_ThatComeAllAtOnce_FindRoom()
    {
        List<Socket> clients = [];
        for (int i = 0; i < 200; i++)
        {
            Socket socket = new(
                AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            {
                Blocking = false, // or the kernel lets it wait for room
            };
            clients.Add(socket);
            socket.Connect(new UnixDomainSocketEndPoint(_path));
        }

        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Frames_SentBehindConnect_ArriveAndAreAnswered()
    {
        using Socket client = await ConnectAsync();
        byte[] frame = Arp("5a94efe40cee", "c0a87f03", "c0a87f01");
        byte[] ahead = [.. Encoding.ASCII.GetBytes("POST /connect HTTP/1.1\r\nHost: x\r\n\r\n"),
            (byte)frame.Length, 0, .. frame];
        await client.SendAsync(ahead);
        byte[] reply = [];
        while (reply.Length < 42 || reply[13] != 6 || reply[21] != 2)
        {
            byte[] length = await ReadBytesAsync(client, 2);
            reply = await ReadBytesAsync(client, length[0] | length[1] << 8);
        }

        Assert.Equal(Convert.FromHexString("5a94efe40cdd"), reply[6..12]);
        ControlAnswer stations = await ControlAnswer.AskAsync(_path, "GET /cam");
        Assert.Contains("\"5a:94:ef:e4:0c:ee\":", stations.Body, StringComparison.Ordinal);
        client.Dispose();
        using CancellationTokenSource patience = new(s_patience);
        while (stations.Body.Contains("5a:94:ef:e4:0c:ee", StringComparison.Ordinal))
        {
            await Task.Delay(10, patience.Token);
            stations = await ControlAnswer.AskAsync(_path, "GET /cam");
        }
    }

    [Fact]
    public async Task Client_ThatConnectsToAGuest_HasASocketOrTheReason()
    {
        using ControlClient client = ControlClient.Open(_path);
        using Socket socket = await client.ConnectGuestAsync(
            "192.168.127.2:80", CancellationToken.None);
        await SendAsync(socket, "hello");
        socket.Shutdown(SocketShutdown.Send);
        Assert.Equal("helloend", await ControlAnswer.ReadToEndAsync(socket));
        ControlException refused = await Assert.ThrowsAsync<ControlException>(
            () => client.ConnectGuestAsync("192.168.127.2:81", CancellationToken.None));
        Assert.Contains("nothing listens there", refused.Message, StringComparison.Ordinal);
        using ControlClient none = ControlClient.Open(_engine.Path("none.sock"));
        ControlException missing = await Assert.ThrowsAsync<ControlException>(
            () => none.ConnectGuestAsync("192.168.127.2:80", CancellationToken.None));
        Assert.Contains("slipway run", missing.Message, StringComparison.Ordinal);
    }

    private static byte[] Arp(string mac, string sender, string target) => Convert.FromHexString(
        $"ffffffffffff{mac}08060001080006040001{mac}{sender}000000000000{target}");

    private async Task<Socket> ConnectAsync()
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(_path));
        return socket;
    }

    private static async Task SendAsync(Socket socket, string text) =>
        Assert.Equal(text.Length, await socket.SendAsync(Encoding.ASCII.GetBytes(text)));

    private static async Task<string> ReadAsync(Socket socket, int length) =>
        Encoding.ASCII.GetString(await ReadBytesAsync(socket, length));

    private static async Task<byte[]> ReadBytesAsync(Socket socket, int length)
    {
        byte[] bytes = new byte[length];
        for (int at = 0; at < length;)
        {
            int read = await socket.ReceiveAsync(bytes.AsMemory(at)).AsTask()
                .WaitAsync(s_patience);
            Assert.True(read > 0, $"it ended after {at} of {length} bytes");
            at += read;
        }

        return bytes;
    }
}
