using System.Net;
using System.Net.Sockets;
using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Engine.Tests;

/// <summary>An engine that is told to end.</summary>
public sealed class DrainTests : IDisposable
{
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(10);
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private ushort _port = 40_000;

    public DrainTests() => _listener.Start();

    private IpEndpoint Server => new(
        VirtualNetwork.HostAlias, (ushort)((IPEndPoint)_listener.LocalEndpoint).Port);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Engine_ToldToEnd_RefusesNewConnectionsAndEndsWithTheLastOpenOne(int workers)
    {
        using LiveEngine world = new($$"""{ "workers": {{workers}}, "publish": ["0:80"] }""");
        SimGuest guest = world.AddGuest();
        (GuestTcp near, Socket far) = Connect(world, guest);
        int published = world.Engine.PublishedPorts[0].Host.Port;

        world.Engine.Drain(s_long);
        world.Until(() => world.Engine.PublishedPorts.Count == 0);
        Assert.Contains(world.Said, line => line.Contains(
            "ending: 1 connections have 600 s left", StringComparison.Ordinal));
        GuestTcp refused = guest.Connect(_port++, Server);
        world.Until(() => refused.IsGone);
        Assert.Equal(GuestTcpEnd.Refused, refused.End);
        Assert.Equal(1, world.Engine.Counters.Dropped(DropReason.Draining));
        using Socket client = new(SocketType.Stream, ProtocolType.Tcp);
        Assert.Equal(
            SocketError.ConnectionRefused,
            Assert.Throws<SocketException>(() => client.Connect(IPAddress.Loopback, published))
                .SocketErrorCode);

        near.Write("still"u8);
        byte[] read = new byte[16];
        Assert.Equal(5, world.Await(far.ReceiveAsync(read)));
        Assert.False(world.HasEnded);
        near.CloseSend();
        far.Dispose();
        world.Until(() => world.HasEnded);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(1, 50)]
    public void Engine_AtItsDeadline_ResetsWhatIsOpenOnBothSides(int workers, int milliseconds)
    {
        using LiveEngine world = new($$"""{ "workers": {{workers}} }""");
        SimGuest guest = world.AddGuest();
        (GuestTcp Near, Socket Far)[] open = [.. Enumerable.Range(0, 8)
            .Select(_ => Connect(world, guest))];

        world.Engine.Drain(TimeSpan.FromMilliseconds(milliseconds));
        world.Until(() => world.HasEnded);

        world.Until(() => open.All(one => one.Near.IsGone));
        Assert.All(open, one => Assert.Equal(GuestTcpEnd.Reset, one.Near.End));
        Assert.All(open, one => Assert.Equal(
            SocketError.ConnectionReset,
            Assert.Throws<SocketException>(() => one.Far.Receive(new byte[1])).SocketErrorCode));
    }

    [Fact]
    public void Engine_ToldTwice_EndsAtOnce()
    {
        using LiveEngine world = new();
        _ = Connect(world, world.AddGuest());
        world.Engine.Drain(s_long);
        world.Engine.Drain(s_long);
        world.Until(() => world.HasEnded);
    }

    [Fact]
    public void Engine_WithoutConnections_EndsAtOnce()
    {
        using LiveEngine world = new();
        world.Engine.Drain(s_long);
        world.Until(() => world.HasEnded);
    }

    [Fact]
    public void Time_ToDrain_IsAKeyAndAnOptionThatGoesBeforeIt()
    {
        Assert.Equal(TimeSpan.FromSeconds(1), ConfigurationReader.Parse("{}").DrainTime);
        Assert.Equal(
            TimeSpan.FromSeconds(30),
            ConfigurationReader.Parse("""{ "drainSeconds": 30 }""").DrainTime);
        Assert.Equal(
            TimeSpan.Zero,
            ConfigurationReader.Parse(
                """{ "drainSeconds": 30 }""", new CommandLineSettings { Drain = "0" }).DrainTime);
        Assert.Equal("--drain", Assert.Throws<ConfigurationException>(() =>
            ConfigurationReader.Parse("{}", new CommandLineSettings { Drain = "3601" })).Key);
        Assert.Equal("drainSeconds", Assert.Throws<ConfigurationException>(() =>
            ConfigurationReader.Parse("""{ "drainSeconds": -1 }""")).Key);
    }

    public void Dispose() => _listener.Dispose();

    private (GuestTcp Near, Socket Far) Connect(LiveEngine world, SimGuest guest)
    {
        GuestTcp near = guest.Connect(_port++, Server);
        Socket far = world.Await(_listener.AcceptSocketAsync());
        world.Until(() => near.IsEstablished);
        return (near, far);
    }
}
