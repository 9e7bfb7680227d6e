using System.Net.Sockets;
using Slipway.Engine;
using Slipway.Linux;
using Slipway.Wire;

namespace Slipway.Control.Tests;

/// <summary>The API on a TCP port, which is for those alone who have the token.</summary>
public sealed class TcpControlTests : IDisposable
{
    private static readonly IpEndpoint s_anyPort = new(IpAddress.IPv4Loopback, 0);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly RunningEngine _engine = new();
    private readonly string _file;
    private TcpControlServer? _server;

    public TcpControlTests() => _file = _engine.Path("token");

    public void Dispose()
    {
        _server?.Dispose();
        _engine.Dispose();
    }

    [Theory]
    [InlineData("GET /v1/version", "")]
    [InlineData("GET /v1/version", "Authorization: Bearer 0123456789abcdef0123\r\n")]
    [InlineData("GET /v1/version", "Authorization: Basic {0}\r\n")]
    [InlineData("GET /services/forwarder/all", "")]
    [InlineData("GET /nonsense", "")]
    [InlineData("GET /v1/connect?to=192.168.127.2:80", "Upgrade: tcp\r\n")]
    [InlineData("POST /tunnel?ip=192.168.127.2&port=80", "")]
    public async Task Request_WithoutTheToken_IsRefused(string request, string fields)
    {
        Start();
        ControlAnswer answer = await AskAsync(
            request, string.Format(
                null, fields, (await File.ReadAllTextAsync(_file)).Trim()));
        Assert.Equal(401, answer.Status);
        Assert.Contains("WWW-Authenticate: Bearer", answer.Head, StringComparison.Ordinal);
        Assert.Contains("token", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET /", 200)]
    [InlineData("GET /page.js", 200)]
    [InlineData("GET /page.css", 200)]
    [InlineData("POST /", 401)]
    [InlineData("GET /page.js/../v1/ports", 401)]
    [InlineData("GET //", 401)]
    public async Task Page_WithoutTheToken_IsGivenAndNothingElse(string request, int status)
    {
        Start();
        Assert.Equal(status, (await AskAsync(request, "")).Status);
    }

    [Fact]
    public async Task Client_WithTheTokensFile_IsServedAndGuestsAreNot()
    {
        TcpControlServer server = Start();
        using ControlClient client = ControlClient.Open(ControlSpecification.Parse(
            "--control", $"tcp:{server.Place},token={_file}"));
        Assert.Empty(await client.ListPortsAsync(default));
        using LiveGuest guest = new(_engine.Engine, 80);
        using Socket tunnel = await client.ConnectGuestAsync("192.168.127.2:80", default);
        await tunnel.SendAsync("x"u8.ToArray());
        tunnel.Shutdown(SocketShutdown.Send);
        Assert.Equal("xend", await ControlAnswer.ReadToEndAsync(tunnel));
        ControlAnswer frames = await AskAsync(
            "POST /connect",
            $"Authorization: Bearer {(await File.ReadAllTextAsync(_file)).Trim()}\r\n");
        Assert.Equal(404, frames.Status);
    }

    [Fact]
    public async Task Strangers_BeyondTheBound_AreTurnedAwayUntilOthersLeave()
    {
        TcpControlServer server = Start();
        List<Socket> strangers = [];
        try
        {
            for (int i = 0; i < 300; i++)
            {
                Socket one = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                strangers.Add(one);
                await one.ConnectAsync(server.Place);
            }

            // In the order in which they came; a reset where it had something to say.
            Assert.Equal(0, await strangers[^1].ReceiveAsync(new byte[1]).WaitAsync(s_patience));
        }
        finally
        {
            strangers.ForEach(one => one.Dispose());
        }

        using CancellationTokenSource patience = new(s_patience);
        using ControlClient client = ControlClient.Open(ControlSpecification.Parse(
            "--control", $"tcp:{server.Place},token={_file}"));
        while (true)
        {
            try
            {
                Assert.Empty(await client.ListPortsAsync(patience.Token));
                return;
            }
            catch (ControlException)
            {
                await Task.Delay(10, patience.Token); // they have not all been seen to leave
            }
        }
    }

    [Fact]
    public async Task Server_DisposedTwice_IsDisposedOnce()
    {
        TcpControlServer server = Start();
        System.Net.IPEndPoint place = server.Place;
        Assert.Equal(200, (await AskAsync("GET /", "")).Status);
        server.Dispose();
        server.Dispose();
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await Assert.ThrowsAsync<SocketException>(() => socket.ConnectAsync(place));
    }

    [Fact]
    public void Token_MadeAnew_IsTheUsersAloneAndKept()
    {
        ControlToken made = ControlToken.LoadOrCreate(_file);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_file));
        Assert.Equal(made.Text, ControlToken.LoadOrCreate(_file).Text);
        Assert.Equal(64, made.Text.Length);
    }

    [Fact]
    public void Token_MadeBySeveralEnginesAtOnce_IsOne()
    {
        HashSet<string> made = [];
        Parallel.For(0, 32, _ =>
        {
            string text = ControlToken.LoadOrCreate(_file).Text;
            lock (made)
            {
                made.Add(text);
            }
        });
        Assert.Single(made);
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(_file)!, "token*"));
    }

    [Theory]
    [InlineData("0123456789abcdef", 0x1a4, "chmod 600")]
    [InlineData("short", 0x180, "holds no token")]
    [InlineData("two words of some length", 0x180, "holds no token")]
    public void Token_ThatProtectsNothing_IsRefusedWithTheRemedy(
        string text, int mode, string reason)
    {
        File.WriteAllText(_file, text);
        File.SetUnixFileMode(_file, (UnixFileMode)mode);
        UnixSocketException refused = Assert.Throws<UnixSocketException>(
            () => ControlToken.LoadOrCreate(_file));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(text, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tcp:0.0.0.0:9090", "ssh -L")]
    [InlineData("tcp:127.0.0.1", "is no control socket")]
    [InlineData("tcp:127.0.0.1:9090,token=", "is no control socket")]
    [InlineData("tcp:localhost:9090", "is no control socket")]
    public void Place_ThatCannotBe_IsRefused(string text, string reason)
    {
        ConfigurationException refused = Assert.Throws<ConfigurationException>(
            () => ControlSpecification.Parse("--control", text));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    private TcpControlServer Start() => _server = TcpControlServer.Start(
        _engine.Engine, s_anyPort, ControlToken.LoadOrCreate(_file), "1.2.3", _engine);

    private async Task<ControlAnswer> AskAsync(string request, string fields)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_server!.Place);
        return await ControlAnswer.AskAsync(
            socket, request, "", fields);
    }
}
