using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Slipway.Control.Tests;

/// <summary>
/// The answers of gvproxy's API, as gvproxy gives them: bodies, statuses and texts, case by case.
/// </summary>
public sealed partial class GvproxyTests : IDisposable
{
    private const string Expose = "POST /services/forwarder/expose";
    private const string Unexpose = "POST /services/forwarder/unexpose";
    private const string All = "GET /services/forwarder/all";
    private readonly RunningEngine _engine = new();
    private readonly string _path;

    public GvproxyTests() => _path = _engine.Listen().Path;

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData("not POST", "GET /services/forwarder/expose", "", 400, "post only")]
    [InlineData("not POST, unexpose", "PUT /services/forwarder/unexpose", "", 400, "post only")]
    [InlineData("not POST, dns", "GET /services/dns/add", "", 400, "post only")]
    [InlineData("bad JSON", Expose, "{bad", 400,
        "invalid character 'b' looking for beginning of object key string")]
    [InlineData("no JSON", Expose, "", 400, "EOF")]
    [InlineData("half JSON", Expose, """{"local":""", 400, "unexpected EOF")]
    [InlineData("list", Expose, "[]", 400,
        "json: cannot unmarshal array into Go value of type types.ExposeRequest")]
    [InlineData("number", Expose, """{"local":7}""", 400,
        "json: cannot unmarshal number into Go struct field ExposeRequest.local of type string")]
    [InlineData("half a character in a name", Expose, """{"\ud800":1}""", 400,
        "invalid surrogate in string literal")]
    [InlineData("no comma", Expose, """{"local":"" "remote":""}""", 400,
        "invalid character '\"' after object key:value pair")]
    [InlineData("bad remote", Expose, """{"local":"127.0.0.1:0","remote":"nonsense"}""", 400,
        "address nonsense: missing port in address")]
    [InlineData("caller's address from a Unix socket", Expose,
        """{"local":"127.0.0.1:0","remote":":8080"}""", 400,
        "address @: missing port in address")]
    [InlineData("no such address", Expose,
        """{"local":"1.2.3.4:9999","remote":"192.168.127.2:80"}""", 500,
        "listen tcp 1.2.3.4:9999: bind: cannot assign requested address")]
    [InlineData("unknown protocol", Expose,
        """{"local":"127.0.0.1:0","remote":"192.168.127.2:80","protocol":"sctp"}""", 500,
        "unknown protocol sctp")]
    [InlineData("ssh without a key", Expose,
        """{"local":"/tmp/s","remote":"ssh-tunnel://core@192.168.127.2:22/run/p.sock","""
        + """ "protocol":"unix"}""", 500, "key not provided for unix-ssh connection")]
    [InlineData("ssh without a path", Expose,
        """{"local":"/tmp/s","remote":"ssh-tunnel://core@192.168.127.2:22?key=/k","""
        + """ "protocol":"unix"}""", 500, "remote uri must contain a path to a socket file")]
    [InlineData("unix to something else", Expose,
        """{"local":"/tmp/s","remote":"http://192.168.127.2:22","protocol":"unix"}""", 500,
        "remote protocol for unix forwarder is not implemented: http")]
    [InlineData("unexpose nothing", Unexpose, """{"local":":10053","protocol":"udp"}""", 500,
        "proxy not found")]
    [InlineData("unknown path", "GET /nonsense", "", 404, "404 page not found")]
    [InlineData("forwards of none", All, "", 200, "[]")]
    [InlineData("zones", "GET /services/dns/all", "", 200,
        """[{"Name":"containers.internal.","Records":[{"Name":"gateway","IP":"192.168.127.1"},"""
        + """{"Name":"host","IP":"192.168.127.254"}],"DefaultIP":""},"""
        + """{"Name":"docker.internal.","Records":[{"Name":"gateway","IP":"192.168.127.1"},"""
        + """{"Name":"host","IP":"192.168.127.254"}],"DefaultIP":""}]""")]
    [InlineData("bad address in a zone", "POST /services/dns/add",
        """{"Name":"t.","Records":[{"Name":"a","IP":"1.2.3"}]}""", 400,
        "invalid IP address: 1.2.3")]
    [InlineData("leases", "GET /services/dhcp/leases", "", 200,
        """{"192.168.127.1":"5a:94:ef:e4:0c:dd"}""")]
    [InlineData("leases, short", "DELETE /leases", "", 200,
        """{"192.168.127.1":"5a:94:ef:e4:0c:dd"}""")]
    [InlineData("stations", "GET /cam", "", 200, "{}")]
    public async Task Case_OfTheTable_HasItsStatusAndText(
        string name, string request, string body, int status, string text)
    {
        ControlAnswer answer = await ControlAnswer.AskAsync(_path, request, body);
        Assert.True(
            (status, text + "\n") == (answer.Status, answer.Body),
            $"{name}: {answer.Status} '{answer.Body}'");
        Assert.Contains(
            "Content-Type: text/plain; charset=utf-8", answer.Head, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tcp")]
    [InlineData("udp")]
    public async Task Forward_ExposedAndUnexposed_IsListedAndListensMeanwhile(string protocol)
    {
        int port = FreePort(protocol);
        string forward = $$"""{"local":"127.0.0.1:{{port}}","remote":"192.168.127.2:80","""
            + $$""" "protocol":"{{protocol}}"}""".TrimStart();
        await AssertAsync(Expose, forward, 200, "");
        await AssertAsync(All, "", 200, $"[{forward}]\n");
        Assert.Throws<SocketException>(() => Bind(protocol, port).Dispose());
        await AssertAsync(
            Expose, forward, 500, $"proxy already running for {protocol} on 127.0.0.1:{port}\n");
        await AssertAsync(
            Unexpose, $$"""{"protocol":"{{protocol}}","local":"127.0.0.1:{{port}}"}""", 200, "");
        await AssertAsync(All, "", 200, "[]\n");
        Bind(protocol, port).Dispose();
    }

    [Theory]
    [InlineData("tcp")]
    [InlineData("udp")]
    public async Task Forward_OfATakenPort_SaysWhatTheKernelSaid(string protocol)
    {
        using Socket taken = Bind(protocol, 0);
        string local = taken.LocalEndPoint!.ToString()!;
        await AssertAsync(
            Expose,
            $$"""{"local":"{{local}}","remote":"192.168.127.2:80","protocol":"{{protocol}}"}""",
            500, $"listen {protocol} {local}: bind: address already in use\n");
        await AssertAsync(All, "", 200, "[]\n");
    }

    [Fact]
    public async Task Forward_OfAPortAlone_IsOneAndListensInBothFamilies()
    {
        int port = FreePort("tcp");
        await AssertAsync(
            Expose, $$"""{"local":":{{port}}","remote":"192.168.127.2:80","more":[{"x":1}]}""",
            200, "");
        await AssertAsync(
            All, "", 200,
            $$"""[{"local":":{{port}}","remote":"192.168.127.2:80","protocol":"tcp"}]""" + "\n");
        using TcpClient inside = new();
        await inside.ConnectAsync(IPAddress.Loopback, port);
        using TcpClient other = new(AddressFamily.InterNetworkV6);
        await other.ConnectAsync(IPAddress.IPv6Loopback, port);
        await AssertAsync(
            Unexpose, $$"""{"local":"0.0.0.0:{{port}}","protocol":"tcp"}""", 500,
            "proxy not found\n");
        await AssertAsync(Unexpose, $$"""{"local":":{{port}}","protocol":"tcp"}""", 200, "");
        await AssertAsync(All, "", 200, "[]\n");
    }

    [Fact]
    public async Task Forward_PublishedOtherwise_IsListedAndUnexposed()
    {
        using ControlClient client = ControlClient.Open(_path);
        PortReport port = await client.PublishAsync("0:80", CancellationToken.None);
        await AssertAsync(
            All, "", 200,
            $$"""[{"local":"{{port.Host}}","remote":"192.168.127.2:80","protocol":"tcp"}]"""
            + "\n");
        await AssertAsync(Unexpose, $$"""{"local":"{{port.Host}}"}""", 200, "");
        Assert.Empty(await client.ListPortsAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Zone_AddedTwice_HasItsNewestRecordsFirst()
    {
        await AssertAsync(
            "POST /services/dns/add",
            """{"name":"test.internal.","records":[{"name":"a","ip":"192.168.127.7"},"""
            + """{"regexp":"^b.*","ip":"192.168.127.8"}],"defaultip":"192.168.127.9"}""", 200, "");
        await AssertAsync(
            "POST /services/dns/add",
            """{"Name":"test.internal.","Records":[{"Name":"a","IP":"192.168.127.17"}],"""
            + """ "DefaultIP":"192.168.127.19"}""", 200, "");
        ControlAnswer zones = await ControlAnswer.AskAsync(_path, "GET /services/dns/all");
        Assert.Contains(
            """{"Name":"test.internal.","Records":[{"Name":"a","IP":"192.168.127.17"},"""
            + """{"Name":"","IP":"192.168.127.8","Regexp":"^b.*"}],"DefaultIP":"192.168.127.19"}""",
            zones.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"Name":"t.","Records":[{"Regexp":"(","IP":"192.168.127.8"}]}""", "regexp")]
    [InlineData("""{"Name":"","Records":[]}""", "domain name")]
    [InlineData("""{"Name":"t.","Records":{}}""", "types.Record")]
    public async Task Zone_Wrong_IsRefusedAndNotKept(string body, string reason)
    {
        ControlAnswer before = await ControlAnswer.AskAsync(_path, "GET /services/dns/all");
        ControlAnswer refused = await ControlAnswer.AskAsync(
            _path, "POST /services/dns/add", body);
        Assert.Equal(400, refused.Status);
        Assert.Contains(reason, refused.Body, StringComparison.Ordinal);
        Assert.Equal(
            before.Body, (await ControlAnswer.AskAsync(_path, "GET /services/dns/all")).Body);
    }

    [Fact]
    public async Task Statistics_OfAnEngine_HaveGvproxysNames()
    {
        ControlAnswer answer = await ControlAnswer.AskAsync(_path, "GET /stats");
        using JsonDocument statistics = JsonDocument.Parse(answer.Body);
        Assert.Equal(
            ["ARP", "BytesReceived", "BytesSent", "DroppedPackets", "ICMP", "IGMP", "IP", "NICs",
                "TCP", "UDP"],
            statistics.RootElement.EnumerateObject().Select(property => property.Name));
        JsonElement tcp = statistics.RootElement.GetProperty("TCP");
        Assert.Equal(32, tcp.EnumerateObject().Count());
        Assert.Equal(0, tcp.GetProperty("ForwardMaxInFlightDrop").GetInt64());
        Assert.Single(Line().Matches(answer.Body));
    }

    [Fact]
    public async Task Body_OverItsBound_IsRefused()
    {
        ControlAnswer answer = await ControlAnswer.AskAsync(
            _path, Expose, new string(' ', (64 << 10) + 1));
        Assert.Equal(413, answer.Status);
    }

    [GeneratedRegex("\n")]
    private static partial Regex Line();

    private async Task AssertAsync(string request, string body, int status, string text)
    {
        ControlAnswer answer = await ControlAnswer.AskAsync(_path, request, body);
        Assert.Equal((status, text), (answer.Status, answer.Body));
    }

    private static Socket Bind(string protocol, int port)
    {
        Socket socket = protocol == "udp"
            ? new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)
            : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            if (protocol == "tcp")
            {
                socket.Listen();
            }

            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static int FreePort(string protocol)
    {
        using Socket socket = Bind(protocol, 0);
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
