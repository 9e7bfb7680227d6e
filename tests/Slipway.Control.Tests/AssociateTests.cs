using System.Net;
using System.Net.Sockets;
using System.Text;
using Slipway.Services;

namespace Slipway.Control.Tests;

/// <summary>UDP ASSOCIATE of SOCKS5: the command, and the datagrams.</summary>
public sealed class AssociateTests
{
    private const string Greeting = "\x05\x01\0";
    private const string Request = "\x05\x03\0\x01\0\0\0\0\0\0";
    private const string HostAlias = "\x01\xc0\xa8\x7f\xfe";
    private const string HostAlias6 =
        "\x04\xfd\x5a\x94\xef\xe4\x0c\0\0\0\0\0\0\0\0\0\xfe";

    // Gateway and port of the relay.
    private const string Granted = "\x05\0\x05\0\0\x01\xc0\xa8\x7f\x01\x9c\x40";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(HostAlias, HostAlias)]
    [InlineData("\x03\x0dhost.internal", HostAlias)]
    [InlineData("\x04\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\xa8\x7f\xfe", HostAlias)]
    [InlineData(HostAlias6, HostAlias6)]
    public async Task Datagram_ToEveryTypeOfAddress_IsAnsweredUnderTheGuestsName(
        string address, string answerer)
    {
        bool isIPv6 = address == HostAlias6;
        using DatagramOrigin origin = new(isIPv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback);
        using ProxyWorld world = new(hasIPv6: true);
        using Socket guest = world.Connect(ProxyWorld.SocksPort, out PairConnection connection);
        PairRelay relay = await AssociateAsync(guest, connection);
        string header = "\0\0\0" + address + Port(origin.Port);
        for (int i = 0; i < 3; i++)
        {
            Send(relay, 5_000, $"{header}hello {i}");
            Assert.Equal(
                (5_000, $"\0\0\0{answerer}{Port(origin.Port)}re: hello {i}"),
                await ReceiveAsync(relay));
        }

        Assert.Single(origin.Received.Select(one => one.From).Distinct());
        Assert.Empty(world.Log);
    }

    [Theory]
    [InlineData("\0\0\x01" + HostAlias + "PPfragment")]
    [InlineData("\0\0\0" + "\x02\xc0\xa8\x7f\xfePPtype")]
    [InlineData("\0\0\0\x01\xc0\xa8")]
    [InlineData("\0\0\0\x03\xffhost.internal")]
    [InlineData("\0\0\0\x03\0PPname")]
    [InlineData("\0\0")]
    [InlineData("")]
    public async Task Datagram_ThatCannotBeRead_IsDroppedAndTheNextOneGoes(string bad)
    {
        using DatagramOrigin origin = new(IPAddress.Loopback);
        using ProxyWorld world = new();
        using Socket guest = world.Connect(ProxyWorld.SocksPort, out PairConnection connection);
        PairRelay relay = await AssociateAsync(guest, connection);
        Send(relay, 5_000, bad.Replace("PP", Port(origin.Port), StringComparison.Ordinal));
        Send(relay, 5_000, $"\0\0\0{HostAlias}{Port(origin.Port)}good");
        Assert.EndsWith("re: good", (await ReceiveAsync(relay)).Text, StringComparison.Ordinal);
        Assert.Equal("good", Assert.Single(origin.Received).Text);
    }

    [Theory]
    [InlineData("\x01\x7f\0\0\x01", "127.0.0.1")]
    [InlineData("\x03\x09localhost", "localhost")]
    [InlineData("\x01\xa9\xfe\xa9\xfe", "169.254.169.254")]
    [InlineData("\x01\xc0\xa8\x7f\x01", "192.168.127.1")]
    [InlineData("\x01\0\0\0\0", "0.0.0.0")]
    [InlineData("\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01", "[::1]")]
    public async Task Datagram_ToWhereNoConnectionMayGo_IsDroppedAndLogged(
        string address, string name)
    {
        using DatagramOrigin origin = new(IPAddress.Loopback);
        using ProxyWorld world = new();
        using Socket guest = world.Connect(ProxyWorld.SocksPort, out PairConnection connection);
        PairRelay relay = await AssociateAsync(guest, connection);
        for (int i = 0; i < 5; i++)
        {
            Send(relay, 5_000, $"\0\0\0{address}{Port(origin.Port)}evil");
        }

        Send(relay, 5_000, $"\0\0\0{HostAlias}{Port(origin.Port)}good");
        Assert.EndsWith("re: good", (await ReceiveAsync(relay)).Text, StringComparison.Ordinal);
        Assert.Equal("good", Assert.Single(origin.Received).Text);
        Assert.Contains(
            $"datagrams to {name}:{origin.Port} are dropped", Assert.Single(world.Log),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Datagram_WithoutTheHostAlias_DoesNotReachTheHost()
    {
        using DatagramOrigin origin = new(IPAddress.Loopback);
        using ProxyWorld world = new(hasHostAlias: false);
        using Socket guest = world.Connect(ProxyWorld.SocksPort, out PairConnection connection);
        PairRelay relay = await AssociateAsync(guest, connection);
        Send(relay, 5_000, $"\0\0\0{HostAlias}{Port(origin.Port)}evil");
        await world.WaitForLogAsync("are dropped");
        Assert.Empty(origin.Received);
    }

    [Fact]
    public async Task Answer_OfSomebodyElse_IsDropped()
    {
        using DatagramOrigin origin = new(IPAddress.Loopback);
        using DatagramOrigin stranger = new(IPAddress.Parse("127.0.0.9"));
        using ProxyWorld world = new();
        using Socket guest = world.Connect(ProxyWorld.SocksPort, out PairConnection connection);
        PairRelay relay = await AssociateAsync(guest, connection);
        string header = "\0\0\0" + HostAlias + Port(origin.Port);
        Send(relay, 5_000, header + "first");
        await ReceiveAsync(relay);
        stranger.Send("evil", new IPEndPoint(
            IPAddress.Loopback, Assert.Single(origin.Received).From.Port));
        Send(relay, 5_000, header + "second");
        Assert.EndsWith("re: second", (await ReceiveAsync(relay)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Datagram_FromAnotherPortOfTheGuest_IsDropped()
    {
        using DatagramOrigin origin = new(IPAddress.Loopback);
        using ProxyWorld world = new();
        using Socket guest = world.Connect(ProxyWorld.SocksPort, out PairConnection connection);
        PairRelay relay = await AssociateAsync(guest, connection);
        string header = "\0\0\0" + HostAlias + Port(origin.Port);
        Send(relay, 5_000, header + "first");
        Send(relay, 5_001, header + "other");
        Send(relay, 5_000, header + "second");
        await ReceiveAsync(relay);
        Assert.Equal(
            (5_000, header + "re: second"), await ReceiveAsync(relay));
    }

    [Fact]
    public async Task Association_WhoseConnectionEnds_IsOver()
    {
        using ProxyWorld world = new();
        Socket guest = world.Connect(ProxyWorld.SocksPort, out PairConnection connection);
        PairRelay relay = await AssociateAsync(guest, connection);
        Assert.False(relay.Closed.Task.IsCompleted);
        await ProxyWorld.SendAsync(guest, "what is said now counts for nothing");
        guest.Dispose();
        await relay.Closed.Task.WaitAsync(s_patience);
        Send(relay, 5_000, $"\0\0\0{HostAlias}\0\x35late");
    }

    [Fact]
    public async Task Associations_OfOneGuest_AreBounded()
    {
        using ProxyWorld world = new(
            settings: new GuestProxySettings { MaxAssociationsPerGuest = 1 });
        using Socket first = world.Connect(ProxyWorld.SocksPort, out PairConnection connection);
        PairRelay relay = await AssociateAsync(first, connection);
        Assert.Equal(
            "\x05\0\x05\x01\0\x01\0\0\0\0\0\0",
            await world.AskAsync(Greeting + Request, ProxyWorld.SocksPort));
        first.Dispose();
        await relay.Closed.Task.WaitAsync(s_patience);
    }

    [Theory]
    [InlineData("http://127.0.0.1:9", false)]
    [InlineData("socks5://127.0.0.1:9", false)]
    [InlineData("socks5://127.0.0.1:9,direct", true)]
    [InlineData("direct", true)]
    public async Task Association_WithAnUpstream_IsRefusedUnlessDirectIsNamed(
        string upstream, bool isGranted)
    {
        using ProxyWorld world = new(upstream: upstream);
        using Socket guest = world.Connect(ProxyWorld.SocksPort);
        await ProxyWorld.SendAsync(guest, Greeting + Request);
        string expected = isGranted ? Granted : "\x05\0\x05\x07\0\x01\0\0\0\0\0\0";
        Assert.Equal(expected, await ProxyWorld.ReadUntilAsync(guest, expected));
        Assert.Equal(isGranted, world.Log.All(
            line => !line.Contains("UDP ASSOCIATE", StringComparison.Ordinal)));
    }

    private static async Task<PairRelay> AssociateAsync(Socket guest, PairConnection connection)
    {
        await ProxyWorld.SendAsync(guest, Greeting + Request);
        Assert.Equal(Granted, await ProxyWorld.ReadUntilAsync(guest, Granted));
        return await connection.Relay.Task.WaitAsync(s_patience);
    }

    private static void Send(PairRelay relay, ushort port, string datagram) =>
        relay.SendFromGuest(port, Encoding.Latin1.GetBytes(datagram));

    private static async Task<(int Port, string Text)> ReceiveAsync(PairRelay relay)
    {
        using CancellationTokenSource within = new(s_patience);
        (ushort port, byte[] datagram) = await relay.ReceiveAsync(within.Token);
        return (port, Encoding.Latin1.GetString(datagram));
    }

    private static string Port(int port) =>
        Encoding.Latin1.GetString([(byte)(port >> 8), (byte)port]);
}
