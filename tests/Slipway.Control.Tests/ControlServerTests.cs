using System.Net.Sockets;
using System.Text;
using Slipway.Engine;
using Slipway.Linux;

namespace Slipway.Control.Tests;

/// <summary>A running engine, asked and told things over its control socket.</summary>
public sealed class ControlServerTests : IDisposable
{
    private static readonly CancellationToken s_stop = CancellationToken.None;
    private readonly RunningEngine _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task Publish_FreePort_ListensUntilItIsUnpublished()
    {
        using ControlClient client = _engine.Serve();
        PortReport port = await client.PublishAsync("0:80", s_stop);
        Assert.Equal("tcp", port.Protocol);
        Assert.Equal("192.168.127.2:80", port.Guest);
        Assert.Equal(port, Assert.Single(await client.ListPortsAsync(s_stop)));
        using TcpClient inside = new();
        string[] host = port.Host.Split(':');
        await inside.ConnectAsync(host[0], int.Parse(host[1]), s_stop);
        await client.UnpublishAsync(port.Id, false, s_stop);
        Assert.Empty(await client.ListPortsAsync(s_stop));
        using TcpClient late = new();
        await Assert.ThrowsAsync<SocketException>(
            async () => await late.ConnectAsync(host[0], int.Parse(host[1]), s_stop));
    }

    [Fact]
    public async Task Sandbox_OfAProgramThatSaysWhatItHasGivenUp_IsTold()
    {
        SandboxPoint point = new("no new privileges", true, "on 3 threads");
        using RunningEngine engine = new(
            """{ "sandbox": { "mode": "on" } }""",
            new EngineEnvironment { Sandbox = () => [point] });
        using ControlClient client = engine.Serve();
        SandboxReport report = await client.GetSandboxAsync(s_stop);
        Assert.Equal("on", report.Mode);
        Assert.Equal(point, Assert.Single(report.Points));

        using ControlClient silent = _engine.Serve();
        Assert.Empty((await silent.GetSandboxAsync(s_stop)).Points);
    }

    [Fact]
    public async Task Socket_WhoseFileIsRemoved_ComesBackAndItsClientsNoticeNothing()
    {
        ControlServer server = _engine.Listen();
        using ControlClient old = ControlClient.Open(server.Path);
        Assert.Empty(await old.ListPortsAsync(s_stop));
        for (int i = 0; i < 2; i++)
        {
            File.Delete(server.Path);
            for (int wait = 0; wait < 1_000 && !File.Exists(server.Path); wait++)
            {
                await Task.Delay(10, s_stop);
            }

            using ControlClient client = ControlClient.Open(server.Path);
            Assert.Empty(await client.ListPortsAsync(s_stop));
        }

        Assert.Empty(await old.ListPortsAsync(s_stop));
        Assert.Contains(
            _engine.Said, line => line.Contains("made anew", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Publish_TakenOrWrongPort_SaysWhatToDoAndListensNowhere()
    {
        using ControlClient client = _engine.Serve();
        PortReport port = await client.PublishAsync("0:80", s_stop);
        string number = port.Host.Split(':')[1];
        ControlException taken = await Assert.ThrowsAsync<ControlException>(
            () => client.PublishAsync($"{number}:81", s_stop));
        Assert.Contains($"TCP port {number}", taken.Message, StringComparison.Ordinal);
        Assert.Contains("taken", taken.Message, StringComparison.Ordinal);
        ControlException wrong = await Assert.ThrowsAsync<ControlException>(
            () => client.PublishAsync("eighty", s_stop));
        Assert.Contains("eighty", wrong.Message, StringComparison.Ordinal);
        ControlException unknown = await Assert.ThrowsAsync<ControlException>(
            () => client.UnpublishAsync(99, true, s_stop));
        Assert.Contains("99", unknown.Message, StringComparison.Ordinal);
        Assert.Single(await client.ListPortsAsync(s_stop));
    }

    [Fact]
    public async Task Tables_OfAnIdleEngine_AreEmpty()
    {
        using ControlClient client = _engine.Serve();
        Assert.Empty(await client.ListFlowsAsync(s_stop));
        Assert.Empty(await client.ListLeasesAsync(s_stop));
        StatisticsReport statistics = await client.GetStatisticsAsync(s_stop);
        Assert.Equal(0, statistics.Counted["framesReceived"]);
        Assert.Empty(statistics.Dropped);
        string[] bounds = [
            "tcpFlows", "tcpHalfOpen", "tcpReceiveBytes", "udpFlows", "echoFlows",
            "reassemblyPackets", "neighbors", "switchAddresses", "dnsQueries", "dnsStreams",
            "waitingClients",
        ];
        Assert.All(bounds, name => Assert.Equal(
            (0, true, 0, 0), statistics.Bounds.Where(bound => bound.Name == name).Select(bound =>
                (bound.Used, bound.Most > 0, bound.Refused, bound.RefusedOfShare)).Single()));
    }

    [Fact]
    public async Task Service_AddedAndRemoved_IsListedMeanwhile()
    {
        using ControlClient client = _engine.Serve();
        ServiceReport service = await client.AddServiceAsync(
            """{ "name": "web.test", "port": 80, "target": "tcp:127.0.0.1:8080" }""", s_stop);
        Assert.Equal("web.test", service.Name);
        Assert.Equal(service, Assert.Single(await client.ListServicesAsync(s_stop)));
        ControlException taken = await Assert.ThrowsAsync<ControlException>(
            () => client.AddServiceAsync(
                """{ "name": "web.test", "port": 80, "target": "tcp:127.0.0.1:81" }""", s_stop));
        Assert.Contains("web.test", taken.Message, StringComparison.Ordinal);
        await client.RemoveServiceAsync(service.Id, s_stop);
        Assert.Empty(await client.ListServicesAsync(s_stop));
        await Assert.ThrowsAsync<ControlException>(
            () => client.RemoveServiceAsync(service.Id, s_stop));
    }

    [Fact]
    public async Task Name_SetAndRemoved_IsListedMeanwhile()
    {
        using ControlClient client = _engine.Serve();
        await client.SetDnsAsync("web.test", """["192.0.2.1", "2001:db8::1"]""", s_stop);
        await client.SetDnsAsync("mail.test", """{ "txt": ["hello"], "ttl": 60 }""", s_stop);
        Assert.Equal(
            ["mail.test TXT \"hello\"", "web.test A 192.0.2.1", "web.test AAAA 2001:db8::1"],
            (await client.ListDnsAsync(s_stop)).Select(name => $"{name.Name} {name.Record}")
                .Order(StringComparer.Ordinal));
        await client.RemoveDnsAsync("web.test", s_stop);
        await client.RemoveDnsAsync("mail.test", s_stop);
        Assert.Empty(await client.ListDnsAsync(s_stop));
    }

    [Theory]
    [InlineData("host.internal", "\"192.0.2.1\"", "built in")]
    [InlineData("web.test", "\"192.0.2.256\"", "192.0.2.256")]
    [InlineData("web.test", "{ \"cname\": \"a.test\", \"colour\": 1 }", "colour")]
    [InlineData("web.test", "null", "double quotes")]
    [InlineData("-.test", "\"192.0.2.1\"", "not a domain name")]
    public async Task Name_Wrong_IsRefusedWithTheReason(string name, string json, string reason)
    {
        using ControlClient client = _engine.Serve();
        ControlException refused = await Assert.ThrowsAsync<ControlException>(
            () => client.SetDnsAsync(name, json, s_stop));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.Empty(await client.ListDnsAsync(s_stop));
        await Assert.ThrowsAsync<ControlException>(() => client.RemoveDnsAsync(name, s_stop));
    }

    [Fact]
    public async Task Proxy_SetAndReset_IsToldWithoutItsPassword()
    {
        using ControlClient client = _engine.Serve();
        string before = (await client.GetProxyAsync(s_stop)).Upstream;
        await client.SetProxyAsync(
            """{ "all": ["me:secret@proxy.test:3128", "direct"], "noProxy": "a.test" }""",
            s_stop);
        string now = (await client.GetProxyAsync(s_stop)).Upstream;
        Assert.Contains("proxy.test:3128", now, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", now, StringComparison.Ordinal);
        string[] mistakes = ["""{ "all": "a:secret@b:port" }""", "7", """{ "port": 1 }"""];
        foreach (string wrong in mistakes)
        {
            ControlException refused = await Assert.ThrowsAsync<ControlException>(
                () => client.SetProxyAsync(wrong, s_stop));
            Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal(now, (await client.GetProxyAsync(s_stop)).Upstream);
        await client.ResetProxyAsync(s_stop);
        Assert.Equal(before, (await client.GetProxyAsync(s_stop)).Upstream);
    }

    [Theory]
    [InlineData("GET /v1/nothing", "", 404, "no /v1/nothing")]
    [InlineData("DELETE /v1/ports/x", "", 404, "GET /v1/ports lists")]
    [InlineData("DELETE /v1/ports/1?close=perhaps", "", 400, "neither true nor false")]
    [InlineData("PUT /v1/ports", "{}", 405, "")]
    [InlineData("POST /v1/ports", "{", 400, "is not JSON at line 1")]
    [InlineData("POST /v1/ports", "{'port': '0:80', /* why */ 'owner': 5}", 400, "body.owner 5")]
    [InlineData("POST /v1/ports", "null", 400, "body null: must be an object")]
    [InlineData("POST /v1/ports", "[]", 400, "body []: must be an object")]
    [InlineData("POST /v1/ports", "{}", 400, "lacks the key 'port'")]
    [InlineData("POST /v1/ports", "{'port': '0:80', 'colour': 1}", 400, "body.colour 1: there is")]
    [InlineData("POST /v1/ports", "{'port': '0:80', 'port': '0:81'}", 400, "body.port: is written")]
    [InlineData("POST /v1/ports", "{'port': null}", 400, "body.port null")]
    [InlineData("POST /v1/ports", "{'port': '\\ud800'}", 400, "surrogate")]
    [InlineData("POST /v1/ports", "{'port': 'unix:/a\\u0000b:80'}", 400, "NUL")]
    [InlineData("POST /v1/capture/ring", "{'size': 5}", 400, "body.size 5: must be a text")]
    public async Task Request_Wrong_HasItsStatusItsReasonAndPublishesNothing(
        string request, string body, int status, string reason)
    {
        using ControlClient client = _engine.Serve();
        body = body.Replace('\'', '"');
        string response = await ExchangeAsync(
            $"{request} HTTP/1.1\r\nHost: x\r\nContent-Length: {body.Length}\r\n"
            + $"Connection: close\r\n\r\n{body}");
        Assert.StartsWith($"HTTP/1.1 {status} ", response, StringComparison.Ordinal);
        Assert.Contains(
            reason, response.Replace("\\u0027", "'", StringComparison.Ordinal),
            StringComparison.Ordinal);
        Assert.DoesNotContain("Json", response, StringComparison.Ordinal);
        Assert.Empty(await client.ListPortsAsync(s_stop));
    }

    [Fact]
    public async Task Body_OverItsBound_IsRefused()
    {
        using ControlClient client = _engine.Serve();
        string response = await ExchangeAsync(
            "POST /v1/ports HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 413 ", response, StringComparison.Ordinal);
        Assert.Contains("longer than 65536 bytes; send less", response, StringComparison.Ordinal);
    }

    [Fact]
    public void Socket_OfAServer_IsItsUsersAloneAndGoesWithIt()
    {
        ControlServer server = _engine.Listen();
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(server.Path));
        server.Dispose();
        Assert.False(File.Exists(server.Path));
    }

    [Fact]
    public void Path_InUse_IsAnErrorOnlyWhereItWasNamed()
    {
        ControlServer first = _engine.Listen(isDefault: true);
        UnixSocketException refused = Assert.Throws<UnixSocketException>(() => _engine.Listen());
        Assert.Contains("another program listens", refused.Message, StringComparison.Ordinal);
        ControlServer second = _engine.Listen(isDefault: true);
        Assert.Equal(_engine.Path($"control-{Environment.ProcessId}.sock"), second.Path);
        Assert.NotEqual(first.Path, second.Path);
    }

    [Fact]
    public async Task Path_LeftBehind_IsTakenOver()
    {
        using (Socket dead = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(_engine.Path("c.sock")));
        }

        using ControlClient client = _engine.Serve();
        Assert.Empty(await client.ListPortsAsync(s_stop));
    }

    [Fact]
    public void Folder_ThatOthersMayWriteTo_IsNotADefaultPlace()
    {
        string folder = Directory.CreateDirectory(_engine.Path("open")).FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)0x1ff);
        UnixSocketException refused = Assert.Throws<UnixSocketException>(
            () => _engine.Listen("open/c.sock", isDefault: true));
        Assert.Contains("not this user's alone", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_WithoutAnEngine_SaysHowToStartOne()
    {
        using ControlClient client = ControlClient.Open(_engine.Path("none.sock"));
        ControlException none = await Assert.ThrowsAsync<ControlException>(
            () => client.ListPortsAsync(s_stop));
        Assert.Contains("slipway run", none.Message, StringComparison.Ordinal);
    }

    private async Task<string> ExchangeAsync(string request)
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(_engine.Path("c.sock")), s_stop);
        await socket.SendAsync(Encoding.ASCII.GetBytes(request), s_stop);
        byte[] response = new byte[4096];
        int length = await socket.ReceiveAsync(response, s_stop);
        return Encoding.ASCII.GetString(response, 0, length);
    }
}
