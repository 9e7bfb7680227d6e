using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Engine.Tests;

/// <summary>Published ports whose guest has no address yet, or another one than before.</summary>
public sealed class PublicationLeaseTests
{
    private const byte Discover = 1;
    private const byte Request = 3;
    private const byte Release = 7;

    [Fact]
    public void Name_ThatNobodyHasYet_WaitsForItsLease()
    {
        using LiveEngine world = new();
        PublishedPort port = Publish(world, "0:web:80");
        Assert.Equal("web:80", port.GuestText);
        using TcpClient client = Connect(port);
        client.Client.Send("early"u8);
        Stopwatch waited = Stopwatch.StartNew();
        world.Until(() => waited.ElapsedMilliseconds > 300);
        Assert.Empty(world.Engine.ListFlows());
        GuestTcp? served = null;
        AddGuest(world, 5, "web").Listen(80, connection => served = connection);
        world.Until(() => served?.Available == 5);
    }

    [Theory]
    [InlineData("0:web:80")]
    [InlineData("0:web.internal:80")]
    [InlineData("0:WEB:80")]
    public void Name_OfAnotherGuestThanBefore_IsFollowed(string publication)
    {
        using LiveEngine world = new();
        PublishedPort port = Publish(world, publication);
        SimGuest first = AddGuest(world, 5, "web");
        Assert.Equal("192.168.127.5", ServedBy(world, port, first));
        Tell(first, 5, Release, "web");
        SimGuest second = AddGuest(world, 6, "web");
        Assert.Equal("192.168.127.6", ServedBy(world, port, second));
    }

    [Fact]
    public void Name_OfAStaticLease_IsKnownFromTheStart()
    {
        using LiveEngine world = new("""
            { "dhcp": { "leases": [
                { "mac": "02:00:00:00:00:05", "address": "192.168.127.5", "name": "web" }] } }
            """);
        PublishedPort port = Publish(world, "0:web:80");
        SimGuest guest = Add(world, 5);
        Assert.Equal("192.168.127.5", ServedBy(world, port, guest));
    }

    [Theory]
    [InlineData("0:web:80")]
    [InlineData("0:80")]
    public void Client_WhileNoGuestComes_IsResetAfterAWhile(string publication)
    {
        using LiveEngine world = new();
        using TcpClient client = Connect(Publish(world, publication));
        SocketException error = Assert.Throws<SocketException>(
            () => world.Await(client.Client.ReceiveAsync(new byte[1])));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
        Assert.Empty(world.Engine.ListFlows());
    }

    [Fact]
    public void FirstGuest_WithAnotherAddressThanTheFirst_IsFound()
    {
        using LiveEngine world = new();
        PublishedPort port = Publish(world, "0:80");
        using TcpClient early = Connect(port);
        SimGuest guest = AddGuest(world, 9, "late");
        Assert.Equal("192.168.127.9", ServedBy(world, port, guest));
        SimGuest lower = AddGuest(world, 2, "first");
        Assert.Equal("192.168.127.2", ServedBy(world, port, lower));
    }

    [Fact]
    public void FirstGuest_WithAnAddressGivenByHand_IsAskedFor()
    {
        using LiveEngine world = new();
        PublishedPort port = Publish(world, "0:80");
        Assert.Equal("192.168.127.2", ServedBy(world, port, world.AddGuest()));
    }

    [Fact]
    public void Guest_ThatStartsAgain_IsReachedByTheSamePort()
    {
        using LiveEngine world = new();
        PublishedPort port = Publish(world, "0:web:80");
        SimGuest guest = AddGuest(world, 5, "web");
        Assert.Equal("192.168.127.5", ServedBy(world, port, guest));
        world.Remove(guest);
        using TcpClient meanwhile = Connect(port);
        meanwhile.Client.Send("m"u8);
        guest = AddGuest(world, 5, "web");
        Assert.Equal("192.168.127.5", ServedBy(world, port, guest));
    }

    [Fact]
    public void Datagrams_ToAName_GoWhereItIs()
    {
        using LiveEngine world = new();
        PublishedPort port = Publish(world, "0:web:53/udp");
        using UdpClient client = new();
        client.Send([1], new IPEndPoint(IPAddress.Loopback, port.Host.Port));
        SimGuest guest = AddGuest(world, 5, "web");
        world.Until(() =>
        {
            client.Send([2], new IPEndPoint(IPAddress.Loopback, port.Host.Port));
            return guest.Datagrams.Exists(datagram => datagram.Payload is [2]);
        });
        Datagram asked = guest.Datagrams.Find(datagram => datagram.Payload is [2]).Must();
        guest.SendDatagram(53, asked.Source, [3, 4]);
        UdpReceiveResult answer = world.Await(client.ReceiveAsync());
        Assert.Equal([3, 4], answer.Buffer);
    }

    // The address at which the guest has taken a connection by the port.
    private static string ServedBy(LiveEngine world, PublishedPort port, SimGuest guest)
    {
        List<GuestTcp> served = [];
        guest.Listen(80, served.Add);
        using TcpClient client = Connect(port);
        client.Client.Send("hello"u8);
        world.Until(() => served.Exists(one => one.Available == 5));
        return served[0].Local.Address.ToString();
    }

    private static PublishedPort Publish(LiveEngine world, string publication) =>
        world.Engine.PublishPort(PublishSpecification.Parse("key", publication));

    private static TcpClient Connect(PublishedPort port)
    {
        TcpClient client = new();
        client.Connect(IPAddress.Loopback, port.Host.Port);
        return client;
    }

    private static SimGuest Add(LiveEngine world, byte number) => world.AddGuest(
        (clock, transmit) => new SimGuest(clock, transmit)
        {
            Mac = new MacAddress(0x0200_0000_0000ul + number),
            Address = IpAddress.FromIPv4(0xc0a8_7f00u + number),
        });

    // A guest that has asked for its address by DHCP (RFC 2131 section 3.1).
    private static SimGuest AddGuest(LiveEngine world, byte number, string name)
    {
        SimGuest guest = Add(world, number);
        Tell(guest, number, Discover, name);
        Tell(guest, number, Request, name);
        world.Until(() => world.Engine.ListLeases().Any(
            lease => lease.Address == guest.Address && lease.HostName == name));
        return guest;
    }

    private static void Tell(SimGuest guest, byte number, byte type, string name)
    {
        byte[] message = new byte[236];
        (message[0], message[1], message[2], message[4]) = (1, 1, 6, number);
        byte[] address = [192, 168, 127, number];
        if (type == Release)
        {
            address.CopyTo(message, 12);
        }

        byte[] mac = [2, 0, 0, 0, 0, number];
        mac.CopyTo(message, 28);
        byte[] asked = type == Release ? [] : [50, 4, .. address];
        byte[] server = type == Discover ? [] : [54, 4, 192, 168, 127, 1];
        IpAddress own = guest.Address;
        guest.Address = type == Release ? own : IpAddress.IPv4Any;
        guest.SendDatagram(
            68, new IpEndpoint(
                type == Release ? VirtualNetwork.Gateway : IpAddress.IPv4Broadcast, 67),
            [
                .. message, 0x63, 0x82, 0x53, 0x63, 53, 1, type, .. asked, .. server,
                12, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), 255,
            ]);
        guest.Address = own;
    }
}
