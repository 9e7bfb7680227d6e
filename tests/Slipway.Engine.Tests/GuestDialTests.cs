using System.Net.Sockets;
using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Engine.Tests;

/// <summary>Connections that the host's side begins.</summary>
public sealed class GuestDialTests
{
    private static readonly IpEndpoint s_server = new(VirtualNetwork.Guest, 80);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Connect_ToAPortThatAGuestServes_CarriesBytesAndEndsBothWays(int workers)
    {
        using LiveEngine world = new($$"""{ "workers": {{workers}} }""");
        GuestTcp? served = null;
        world.AddGuest().Listen(80, connection => served = connection);
        for (int i = 0; i < 8; i++)
        {
            served = null;
            using Socket socket = world.Await(
                world.Engine.ConnectGuestAsync(s_server, CancellationToken.None));
            world.Until(() => served is not null);
            GuestTcp guest = served.Must();
            Assert.Equal(VirtualNetwork.Gateway, guest.Remote.Address);
            Assert.Equal(5, world.Await(socket.SendAsync("hello"u8.ToArray())));
            socket.Shutdown(SocketShutdown.Send);
            world.Until(() => guest.Available == 5 && guest.IsEndOfStream == false);
            Assert.Equal("hello"u8.ToArray(), guest.ReadAll());
            world.Until(() => guest.IsEndOfStream);
            guest.Write("answer"u8);
            guest.CloseSend();
            byte[] read = new byte[20];
            Assert.Equal(6, world.Await(socket.ReceiveAsync(read)));
            Assert.Equal(0, world.Await(socket.ReceiveAsync(read)));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Connect_ThatTheGuestRefuses_SaysSo(int workers)
    {
        using LiveEngine world = new($$"""{ "workers": {{workers}} }""");
        world.AddGuest();
        Assert.Equal(HostError.Refused, Fail(world, s_server).Reason);
        Assert.Empty(world.Engine.ListFlows());
    }

    [Fact]
    public void Connect_ToAnAddressThatNoGuestHas_FailsWhenNobodyAnswersArp()
    {
        using LiveEngine world = new();
        GuestConnectException error = Fail(world, s_server);
        Assert.Equal(HostError.HostUnreachable, error.Reason);
        Assert.Contains("192.168.127.2", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("192.168.127.1", 80)]
    [InlineData("192.168.127.254", 80)]
    [InlineData("198.51.100.7", 80)]
    [InlineData("192.168.127.2", 0)]
    public void Connect_ToWhatIsNoGuests_FailsAtOnce(string address, int port)
    {
        using LiveEngine world = new();
        GuestConnectException error = Fail(
            world, new IpEndpoint(IpAddress.Parse(address), (ushort)port));
        Assert.Equal(HostError.NetworkUnreachable, error.Reason);
    }

    [Fact]
    public void Connect_GivenUpBeforeTheGuestAnswers_LeavesNothing()
    {
        using LiveEngine world = new();
        using CancellationTokenSource cancellation = new();
        Task<Socket> dial = world.Engine.ConnectGuestAsync(s_server, cancellation.Token);
        world.Until(() => world.Engine.ListFlows().Count == 1);
        cancellation.Cancel();
        Assert.Throws<TaskCanceledException>(() => world.Await(dial));
        GuestTcp? served = null;
        world.AddGuest().Listen(80, connection => served = connection);
        world.Until(() => served is { IsEndOfStream: true } || served?.End is GuestTcpEnd.Reset);
        served.Must().Abort();
        world.Until(() => world.Engine.ListFlows().Count == 0);
    }

    [Fact]
    public void Connect_WhenTheEngineEnds_EndsToo()
    {
        LiveEngine world = new();
        Task<Socket> dial = world.Engine.ConnectGuestAsync(s_server, CancellationToken.None);
        world.Dispose();
        Assert.ThrowsAny<Exception>(() => dial.GetAwaiter().GetResult());
        Assert.Throws<ObjectDisposedException>(() =>
            world.Engine.ConnectGuestAsync(s_server, default).GetAwaiter().GetResult());
    }

    private static GuestConnectException Fail(LiveEngine world, IpEndpoint guest) =>
        Assert.Throws<GuestConnectException>(
            () => world.Await(world.Engine.ConnectGuestAsync(guest, CancellationToken.None)));
}
