using System.Net;
using System.Net.Sockets;
using System.Text;
using Slipway.Engine;
using Slipway.Wire;

namespace Slipway.Control.Tests;

/// <summary>What a guest finds at port 80 of the gateway, and what it may not do there.</summary>
public sealed class GuestPageTests : IDisposable
{
    private const string Expose = "POST /services/forwarder/expose";
    private const string Unexpose = "POST /services/forwarder/unexpose";
    private const string All = "GET /services/forwarder/all";
    private const string Origin = "http://page.example";
    private readonly List<IDisposable> _owned = [];

    public void Dispose()
    {
        _owned.Reverse();
        _owned.ForEach(one => one.Dispose());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Page_OfAGuest_TellsItsOwnAddressAndPorts(int workers)
    {
        (RunningEngine engine, LiveGuest guest) = Start($$"""{ "workers": {{workers}} }""");
        using ControlClient client = engine.Serve();
        PortReport own = await client.PublishAsync("0:192.168.127.2:7000", default);
        PortReport others = await client.PublishAsync("0:192.168.127.3:7001", default);
        ControlAnswer page = await guest.AskAsync("GET /");
        Assert.Equal(200, page.Status);
        Assert.Contains("192.168.127.2", page.Body, StringComparison.Ordinal);
        Assert.Contains(own.Host, page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(others.Host, page.Body, StringComparison.Ordinal);
        Assert.Equal(405, (await guest.AskAsync("POST /")).Status);
    }

    [Theory]
    [InlineData("GET /v1/ports")]
    [InlineData("GET /v1/flows")]
    [InlineData("GET /v1/connect?to=192.168.127.2:80")]
    [InlineData("POST /connect")]
    [InlineData("POST /tunnel?ip=192.168.127.2&port=80")]
    [InlineData("GET /services/dns/all")]
    [InlineData("POST /services/dns/add")]
    [InlineData("GET /services/dhcp/leases")]
    [InlineData("GET /leases")]
    [InlineData("GET /cam")]
    [InlineData("GET /stats")]
    [InlineData("GET /metrics")]
    [InlineData("GET /services/forwarder/../dns/all")]
    public async Task Path_ThatIsTheUsers_IsNotThereForGuests(string request)
    {
        (_, LiveGuest guest) = Start();
        ControlAnswer answer = await guest.AskAsync(request);
        Assert.Equal((404, "404 page not found\n"), (answer.Status, answer.Body));
    }

    [Theory]
    [InlineData(":{0}", ":8080")]
    [InlineData("0.0.0.0:{0}", "192.168.127.2:8080")]
    [InlineData("127.0.0.1:{0}", ":8080")]
    public async Task Forward_ToTheGuestItself_ListensOnTheHostsLoopbackAlone(
        string place, string remote)
    {
        (RunningEngine engine, LiveGuest guest) = Start();
        string local = string.Format(null, place, FreePort());
        await AssertAsync(
            guest, Expose, $$"""{"local":"{{local}}","remote":"{{remote}}"}""", 200, "");
        await AssertAsync(
            guest, All, "", 200,
            $$"""[{"local":"{{local}}","remote":"192.168.127.2:8080","protocol":"tcp"}]"""
            + "\n");
        PublishedPort port = Assert.Single(engine.Engine.PublishedPorts);
        Assert.False(port.Specification.MayUseHelper);
        Assert.Equal("127.0.0.1", port.Host.Address.ToString());
        await AssertAsync(
            guest, Expose, $$"""{"local":"{{local}}","remote":"{{remote}}"}""", 500,
            $"proxy already running for tcp on {local}\n");
        await AssertAsync(guest, Unexpose, $$"""{"local":"{{local}}"}""", 200, "");
        Assert.Empty(engine.Engine.PublishedPorts);
    }

    [Theory]
    [InlineData("""{"local":"127.0.0.1:0","remote":"192.168.127.3:80"}""", "own address")]
    [InlineData("""{"local":"127.0.0.1:0","remote":"192.168.127.1:80"}""", "own address")]
    [InlineData("""{"local":"127.0.0.1:0","remote":"127.0.0.1:22"}""", "own address")]
    [InlineData("""{"local":"127.0.0.2:0","remote":":80"}""", "loopback alone")]
    [InlineData("""{"local":"192.0.2.1:0","remote":":80"}""", "loopback alone")]
    [InlineData("""{"local":"/tmp/precious","remote":"tcp://192.168.127.2:80","protocol":"unix"}""",
        "host's folders")]
    [InlineData("""{"local":"npipe:////./pipe/x","remote":":80","protocol":"npipe"}""",
        "host's folders")]
    public async Task Forward_ThatAGuestMayNotHave_IsRefusedAndListensNowhere(
        string body, string reason)
    {
        (RunningEngine engine, LiveGuest guest) = Start();
        ControlAnswer answer = await guest.AskAsync(Expose, body);
        Assert.Equal(403, answer.Status);
        Assert.Contains(reason, answer.Body, StringComparison.Ordinal);
        Assert.Empty(engine.Engine.PublishedPorts);
    }

    [Fact]
    public async Task Forward_OfTheUserOrAnotherGuest_IsNotForAGuestToClose()
    {
        (RunningEngine engine, LiveGuest guest) = Start();
        using ControlClient client = engine.Serve();
        PortReport users = await client.PublishAsync("0:192.168.127.2:80", default);
        PortReport others = await client.PublishAsync("0:192.168.127.3:80", default);
        await AssertAsync(
            guest, Unexpose, $$"""{"local":"{{users.Host}}"}""", 500, "proxy not found\n");
        await AssertAsync(
            guest, Unexpose, $$"""{"local":"{{others.Host}}"}""", 500, "proxy not found\n");
        ControlAnswer all = await guest.AskAsync(All);
        Assert.Contains(users.Host, all.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(others.Host, all.Body, StringComparison.Ordinal);
        Assert.Equal(2, (await client.ListPortsAsync(default)).Count);
    }

    [Fact]
    public void Forwards_OfAGuestWithManyAddresses_AreBoundedAllTogether()
    {
        (RunningEngine engine, _) = Start();
        GvproxyForwards forwards = new(engine.Engine);
        GvproxyException? refused = null;
        for (byte last = 2; refused is null; last++)
        {
            GvproxyCaller caller = new(IpAddress.FromIPv4(0xc0a87f00u + last), Link: last);
            for (int i = 0; i < 256 && refused is null; i++)
            {
                string local = $"127.0.0.1:{FreePort()}";
                refused = TryExpose(forwards, local, caller);
            }
        }

        Assert.Equal(403, refused.Status);
        Assert.Contains("all guests together", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1_024, engine.Engine.PublishedPorts.Count);
    }

    [Fact]
    public void Forwards_OfOneLinkWithManyAddresses_AreOneGuests()
    {
        (RunningEngine engine, _) = Start();
        GvproxyForwards forwards = new(engine.Engine);
        GvproxyException? refused = null;
        for (uint i = 0; i < 300 && refused is null; i++)
        {
            GvproxyCaller caller = new(IpAddress.FromIPv4(0xc0a87f02u + (i % 100)), Link: 77);
            refused = TryExpose(forwards, $"127.0.0.1:{FreePort()}", caller);
        }

        Assert.Contains("a guest may have 256", refused!.Message, StringComparison.Ordinal);
        Assert.Equal(256, engine.Engine.PublishedPorts.Count);
    }

    [Fact]
    public async Task Forward_OfAGuestThatLeaves_EndsWithItsLink()
    {
        (RunningEngine engine, LiveGuest guest) = Start();
        using ControlClient client = engine.Serve();
        PortReport users = await client.PublishAsync("0:192.168.127.2:80", default);
        ControlAnswer answer = await guest.AskAsync(
            Expose, """{"local":"127.0.0.1:0","remote":":80"}""");
        Assert.Equal(200, answer.Status);
        Assert.Equal(2, engine.Engine.PublishedPorts.Count);

        guest.Leave();

        DateTime end = DateTime.UtcNow.AddSeconds(30);
        while (engine.Engine.PublishedPorts.Count > 1)
        {
            Assert.True(DateTime.UtcNow < end, "the guest's forward has ended");
            await Task.Delay(10);
        }

        Assert.Equal(users.Id, engine.Engine.PublishedPorts[0].Id);
    }

    [Fact]
    public void Forward_OfAnotherLink_IsNotSeenOrClosedByWhoHasItsAddressNow()
    {
        (RunningEngine engine, _) = Start();
        GvproxyForwards forwards = new(engine.Engine);
        IpAddress address = IpAddress.Parse("192.168.127.50");
        string local = $"127.0.0.1:{FreePort()}";
        Assert.Null(TryExpose(forwards, local, new GvproxyCaller(address, Link: 77)));
        GoJsonObject request = GoJsonObject.Parse(
            Encoding.UTF8.GetBytes($$"""{"local":"{{local}}"}"""), "UnexposeRequest");

        Assert.Throws<GvproxyException>(
            () => forwards.Unexpose(request, new GvproxyCaller(address, Link: 78)));
        Assert.Single(engine.Engine.PublishedPorts);
        forwards.Unexpose(request, new GvproxyCaller(address, Link: 77));
        Assert.Empty(engine.Engine.PublishedPorts);
    }

    [Theory]
    [InlineData("gateway.containers.internal", 200)]
    [InlineData("GATEWAY.internal:80", 200)]
    [InlineData("192.168.127.1", 200)]
    [InlineData("[fd5a:94ef:e40c::1]", 200)]
    [InlineData("", 200)]
    [InlineData("page.example", 421)]
    [InlineData("host.internal", 421)]
    public async Task Page_AskedForByANameThatIsNotTheGateways_IsNotThere(string host, int status)
    {
        (_, LiveGuest guest) = Start();
        string text = await guest.AskAsync(
            80, $"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        Assert.Equal(status, ControlAnswer.Parse(text).Status);
    }

    [Fact]
    public async Task Forward_AskedForByAWebPage_IsRefused()
    {
        (RunningEngine engine, LiveGuest guest) = Start();
        ControlAnswer answer = await guest.AskAsync(
            Expose, """{"local":"127.0.0.1:0","remote":":80"}""",
            $"Origin: {Origin}\r\n");
        Assert.Equal(403, answer.Status);
        Assert.Empty(engine.Engine.PublishedPorts);
    }

    [Fact]
    public async Task Status_Alone_LeavesThePageAndNoForwards()
    {
        (_, LiveGuest guest) = Start("""{ "guestControl": "status" }""");
        Assert.Equal(200, (await guest.AskAsync("GET /")).Status);
        ControlAnswer refused = await guest.AskAsync(
            Expose, """{"local":"127.0.0.1:0","remote":":80"}""");
        Assert.Equal(403, refused.Status);
        Assert.Contains("guestControl", refused.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Off_LeavesNothingAtThePort()
    {
        (_, LiveGuest guest) = Start("""{ "guestControl": "off" }""");
        Assert.Equal(LiveGuest.Refused, await guest.AskAsync(80, "GET / HTTP/1.0\r\n\r\n"));
    }

    [Fact]
    public async Task Body_OverItsBound_IsRefused()
    {
        (_, LiveGuest guest) = Start();
        string answer = await guest.AskAsync(
            80, $"{Expose} HTTP/1.1\r\nHost: gateway\r\nContent-Length: 65537\r\n\r\n");
        Assert.Equal(413, ControlAnswer.Parse(answer).Status);
    }

    private (RunningEngine Engine, LiveGuest Guest) Start(string json = "{}")
    {
        RunningEngine engine = new(json, new EngineEnvironment
        {
            GuestPages = one => new GuestPages(one, "1.2.3"),
        });
        LiveGuest guest = new(engine.Engine);
        _owned.Add(guest);
        _owned.Add(engine);
        return (engine, guest);
    }

    private static async Task AssertAsync(
        LiveGuest guest, string request, string body, int status, string text)
    {
        ControlAnswer answer = await guest.AskAsync(request, body);
        Assert.Equal((status, text), (answer.Status, answer.Body));
    }

    private static GvproxyException? TryExpose(
        GvproxyForwards forwards, string local, GvproxyCaller caller)
    {
        try
        {
            forwards.Expose(
                GoJsonObject.Parse(
                    Encoding.UTF8.GetBytes($$"""{"local":"{{local}}","remote":":80"}"""),
                    "ExposeRequest"), caller);
            return null;
        }
        catch (GvproxyException e) when (e.Status == 403)
        {
            return e;
        }
    }

    private static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
