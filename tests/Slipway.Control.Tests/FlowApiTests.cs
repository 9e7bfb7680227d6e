using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Slipway.Control.Tests;

/// <summary>Flows that are watched and ended over the control socket.</summary>
public sealed class FlowApiTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly List<IDisposable> _owned = [];

    public void Dispose()
    {
        _owned.Reverse();
        _owned.ForEach(one => one.Dispose());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Flow_Ended_IsResetOnBothSides(int workers)
    {
        RunningEngine engine = Start(workers, out LiveGuest guest);
        using ControlClient client = engine.Serve();
        for (int i = 0; i < 4; i++) // they are different workers'
        {
            using Socket tunnel = await client.ConnectGuestAsync("192.168.127.2:80", default);
            FlowReport flow = Assert.Single(
                await client.ListFlowsAsync(default), one => one.State == "Established");
            ControlAnswer ended = await ControlAnswer.AskAsync(
                engine.Path("c.sock"), $"DELETE /v1/flows/{Uri.EscapeDataString(flow.Id)}");
            Assert.Equal(204, ended.Status);
            Assert.DoesNotContain(
                "end", await ControlAnswer.ReadToEndAsync(tunnel), StringComparison.Ordinal);
            Assert.DoesNotContain(
                await client.ListFlowsAsync(default), one => one.Id == flow.Id);
            using CancellationTokenSource patience = new(s_patience);
            while (guest.Resets != i + 1)
            {
                await Task.Delay(10, patience.Token);
            }
        }
    }

    [Theory]
    [InlineData("tcp-192.168.127.2:1-192.0.2.1:80")]
    [InlineData("nonsense")]
    public async Task Flow_ThatIsNotThere_CannotBeEnded(string id)
    {
        RunningEngine engine = Start(1, out _);
        ControlAnswer answer = await ControlAnswer.AskAsync(
            engine.Listen().Path, $"DELETE /v1/flows/{id}");
        Assert.Equal(404, answer.Status);
        Assert.Contains(id, answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET /v1/flows/watch", "")]
    [InlineData("GET /v1/flows", "Accept: text/event-stream\r\n")]
    public async Task Watcher_OfFlows_HearsWhatThereIsAndWhatComesAndGoes(
        string request, string fields)
    {
        RunningEngine engine = Start(1, out _);
        using ControlClient client = engine.Serve();
        using Socket before = await client.ConnectGuestAsync("192.168.127.2:80", default);
        using Socket watcher = await WatchAsync(engine, request, fields);
        string heard = await ReadUntilAsync(watcher, "event: listed\ndata: {}\n\n");
        Assert.Contains("Content-Type: text/event-stream", heard, StringComparison.Ordinal);
        Assert.Contains(
            "event: opened\ndata: {\"protocol\":\"tcp\"", heard, StringComparison.Ordinal);
        using (await client.ConnectGuestAsync("192.168.127.2:80", default))
        {
            await ReadUntilAsync(watcher, "event: opened\n");
            foreach (FlowReport flow in await client.ListFlowsAsync(default))
            {
                await ControlAnswer.AskAsync(
                    engine.Path("c.sock"), $"DELETE /v1/flows/{Uri.EscapeDataString(flow.Id)}");
            }
        }

        await ReadUntilAsync(watcher, "event: closed\n");
    }

    [Fact]
    public async Task Watchers_MoreThanTheBound_AreRefusedAndPlacesComeBack()
    {
        RunningEngine engine = Start(1, out _);
        using ControlClient client = engine.Serve();
        List<Socket> watchers = [];
        for (int i = 0; i < 32; i++)
        {
            watchers.Add(await WatchAsync(engine, "GET /v1/flows/watch", ""));
            await ReadUntilAsync(watchers[^1], "event: listed");
        }

        ControlAnswer refused = await ControlAnswer.AskAsync(
            engine.Path("c.sock"), "GET /v1/flows/watch");
        Assert.Equal(503, refused.Status);
        watchers.ForEach(watcher => watcher.Dispose());
        using CancellationTokenSource patience = new(s_patience);
        string heard;
        do
        {
            await Task.Delay(50, patience.Token);
            using Socket late = await WatchAsync(engine, "GET /v1/flows/watch", "");
            heard = await ReadUntilAsync(late, "\r\n");
        }
        while (!heard.StartsWith("HTTP/1.1 200", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Watcher_ThatTakesNothing_IsDropped()
    {
        const int flows = 4_000; // more than the sockets' buffers hold of
        using Socket sink = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        sink.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        RunningEngine engine = Start(1, out LiveGuest guest);
        using ControlClient client = engine.Serve();
        guest.SendDatagrams(flows, ((IPEndPoint)sink.LocalEndPoint!).Port);
        using CancellationTokenSource patience = new(s_patience);
        while ((await client.ListFlowsAsync(default)).Count < flows)
        {
            await Task.Delay(50, patience.Token);
        }

        using Socket watcher = await WatchAsync(engine, "GET /v1/flows/watch", "");
        await Task.Delay(TimeSpan.FromSeconds(11), patience.Token);
        string heard = await ControlAnswer.ReadToEndAsync(watcher).WaitAsync(patience.Token);
        Assert.Contains("event: opened", heard, StringComparison.Ordinal);
        Assert.DoesNotContain("event: listed", heard, StringComparison.Ordinal);
    }

    private RunningEngine Start(int workers, out LiveGuest guest)
    {
        RunningEngine engine = new($$"""{ "workers": {{workers}} }""");
        guest = new LiveGuest(engine.Engine, 80);
        _owned.Add(guest);
        _owned.Add(engine);
        return engine;
    }

    private static async Task<Socket> WatchAsync(
        RunningEngine engine, string request, string fields)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(engine.Path("c.sock")));
        await socket.SendAsync(
            Encoding.ASCII.GetBytes($"{request} HTTP/1.1\r\nHost: x\r\n{fields}\r\n"));
        return socket;
    }

    private static async Task<string> ReadUntilAsync(Socket socket, string end)
    {
        StringBuilder text = new();
        byte[] one = new byte[1];
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            int read = await socket.ReceiveAsync(one).WaitAsync(s_patience);
            Assert.True(read > 0, $"it ended after '{text}', before '{end}'");
            text.Append((char)one[0]);
        }

        return text.ToString();
    }
}
