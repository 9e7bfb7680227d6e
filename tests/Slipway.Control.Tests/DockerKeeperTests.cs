using System.Net;
using System.Net.Sockets;
using System.Text;
using Slipway.Wire;

namespace Slipway.Control.Tests;

/// <summary>Ports of containers in a real engine, and a dockerd that the tests play.</summary>
public sealed class DockerKeeperTests : IDisposable
{
    private const string Id = "c0ffee";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly RunningEngine _engine = new();
    private readonly Socket _dockerd = new(
        AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private readonly ControlClient _control;
    private readonly DockerEngineClient _docker;
    private readonly SemaphoreSlim _inspected = new(0);
    private volatile string _container = "";

    public DockerKeeperTests()
    {
        _dockerd.Bind(new UnixDomainSocketEndPoint(_engine.Path("d")));
        _dockerd.Listen(16);
        _ = PlayAsync();
        _control = _engine.Serve();
        _docker = new DockerEngineClient(
            DockerGuest.Parse("--guest", $"unix:{_engine.Path("d")}", false, ""));
    }

    public void Dispose()
    {
        _stop.Cancel();
        _dockerd.Dispose();
        _docker.Dispose();
        _control.Dispose();
        _engine.Dispose();
        _inspected.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public async Task Orphans_OfAnotherDockerds_AreLeftAlone()
    {
        EnginePorts one = Ports("unix:/one");
        EnginePorts other = Ports("unix:/other");
        await one.OpenAsync([], new WantedPort("80/tcp", "", 0, 0, 80), Id, null, default);
        await other.RemoveOrphansAsync((_, _) => false, default);
        Assert.Single(_engine.Engine.PublishedPorts);
        await Ports("unix:/one").RemoveOrphansAsync((_, id) => id == Id, default);
        Assert.Single(_engine.Engine.PublishedPorts);
        await Ports("unix:/one").RemoveOrphansAsync((_, _) => false, default);
        Assert.Empty(_engine.Engine.PublishedPorts);
    }

    [Fact]
    public async Task Start_ThatFailsWhileDockerdGoes_LeavesItsTurnToTheNext()
    {
        using TcpListener holder = new(IPAddress.Loopback, 0);
        holder.Start();
        int port = ((IPEndPoint)holder.LocalEndpoint).Port;
        _container = Container(isRunning: false, port, isRemoved: true);
        PortKeeper keeper = new(_docker, Ports("unix:/d"), (_, _) => { });
        for (int i = 0; i < 2; i++)
        {
            // The port is taken, and nobody answers when the container is to be removed.
            await Assert.ThrowsAsync<HttpRequestException>(
                () => keeper.BeginStartAsync(Id, _stop.Token).WaitAsync(s_patience));
        }
    }

    [Fact]
    public async Task Start_ThatWaitedForAnother_SeesThatTheContainerRuns()
    {
        _container = Container(isRunning: false, 0, isRemoved: false);
        PortKeeper keeper = new(_docker, Ports("unix:/d"), (_, _) => { });
        PortStart first = (await keeper.BeginStartAsync(Id, _stop.Token))!;
        while (_inspected.CurrentCount > 0)
        {
            await _inspected.WaitAsync(s_patience);
        }

        Task<PortStart?> second = keeper.BeginStartAsync(Id, _stop.Token);
        Assert.True(await _inspected.WaitAsync(s_patience));
        _container = Container(isRunning: true, 0, isRemoved: false);
        first.Dispose();
        using PortStart? late = await second.WaitAsync(s_patience);
        Assert.True(late!.WasRunning);
        Assert.Single(_engine.Engine.PublishedPorts);
    }

    private EnginePorts Ports(string endpoint) =>
        new(_control, IpAddress.IPv4Loopback, null, endpoint);

    private static string Container(bool isRunning, int port, bool isRemoved) => $$$$"""
        {"Id":"{{{{Id}}}}","Name":"/web","State":{"Running":{{{{(isRunning ? "true" : "false")}}}}},
        "Config":{"Labels":{"dev.slipway.ports":
        "{\"ports\":{\"80/tcp\":{\"guest\":20000,\"asked\":[{\"HostPort\":\"{{{{port}}}}\"}]}}}"}},
        "HostConfig":{"AutoRemove":{{{{(isRemoved ? "true" : "false")}}}},
        "PortBindings":{"80/tcp":[{"HostPort":"20000"}]}}}
        """;

    // Inspection is answered; to all else the connection ends.
    private async Task PlayAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            using Socket client = await _dockerd.AcceptAsync(_stop.Token);
            byte[] bytes = new byte[4_096];
            int read;
            while ((read = await client.ReceiveAsync(bytes, _stop.Token)) > 0
                && bytes.AsSpan(0, read).StartsWith("GET "u8))
            {
                string body = _container;
                await client.SendAsync(
                    Encoding.ASCII.GetBytes(
                        $"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n"
                        + $"Connection: close\r\n\r\n{body}"), _stop.Token);
                _inspected.Release();
                break;
            }
        }
    }
}
