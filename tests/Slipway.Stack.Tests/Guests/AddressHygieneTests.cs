using Slipway.Stack.Tests.Tcp;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Guests;

/// <summary>What a hostile guest may not be, reach or say.</summary>
public class AddressHygieneTests
{
    private static readonly MacAddress s_thirdMac = new(0x0200_0000_0009);
    private readonly StackBench _bench = new(VirtualNetwork.Settings6 with
    {
        Ipv6 = new Ipv6Settings { Nat64Prefix = IpPrefix.Parse("64:ff9b::/96") },
    });

    private readonly RecordingPort _second;
    private readonly RecordingPort _third;

    public AddressHygieneTests()
    {
        _second = _bench.Open(2);
        _third = _bench.Open(3);
        _bench.Introduce();
        _bench.Introduce(_second, StackBench.OtherMac, StackBench.OtherGuest);
        _bench.Introduce6(_second, StackBench.OtherMac, StackBench.OtherGuest6);
        _bench.Introduce(_third, s_thirdMac, IpAddress.Parse("192.168.127.9"));
        Clear();
    }

    [Theory]
    [InlineData(0xffff_ffff_fffful)]
    [InlineData(0x0200_0000_0009ul)]
    public void Guest_WithAnothersIPv4Source_ReachesNobody(ulong destination)
    {
        Datagram datagram = new()
        {
            Source = new IpEndpoint(StackBench.OtherGuest, 5_000),
            Destination = new IpEndpoint(IpAddress.Parse("192.168.127.9"), 80),
        };
        Send(datagram.ToPacket().ToBytes(), destination);
        Assert.Equal(0, _third.PendingCount); // its holder is asked whether it lives
        Assert.Equal(1, _bench.Dropped(DropReason.SpoofedAddress));
    }

    [Theory]
    [InlineData(0x3333_0000_0001ul)]
    [InlineData(0x0200_0000_0009ul)]
    public void Guest_WithAnothersIPv6Source_ReachesNobody(ulong destination)
    {
        Datagram datagram = new()
        {
            Source = new IpEndpoint(StackBench.OtherGuest6, 5_000),
            Destination = new IpEndpoint(IpAddress.Parse("ff02::fb"), 5_353),
        };
        Send(datagram.ToPacket6().ToBytes(), destination, type: 0x86dd);
        Assert.Equal(0, _third.PendingCount); // its holder is asked whether it lives
        Assert.Equal(1, _bench.Dropped(DropReason.SpoofedAddress));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Guest_ThatClaimsAnothersAddressByArp_IsNotHeardByOthers(ushort operation)
    {
        _bench.Send(new ArpFrame
        {
            Operation = operation,
            Sender = StackBench.OtherGuest,
            Target = IpAddress.Parse("192.168.127.9"),
            Destination = operation == 1 ? MacAddress.Broadcast : s_thirdMac,
        }.ToFrame());
        Assert.Equal(0, _third.PendingCount);
        Assert.Equal(1, _bench.Dropped(DropReason.SpoofedAddress));
        Assert.True(_bench.Stack.Neighbors.TryFind(StackBench.OtherGuest, out GuestRoute route));
        Assert.Same(_second, route.Port);
    }

    [Fact]
    public void Guest_WithAnothersMac_IsDropped()
    {
        _bench.Send(new ArpFrame { SenderMac = StackBench.OtherMac }.ToFrame());
        Assert.Equal(0, _third.PendingCount);
        Assert.Equal(1, _bench.Dropped(DropReason.SpoofedMac));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.8.8")]
    [InlineData("0.0.0.0")]
    [InlineData("0.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("192.168.127.255")]
    [InlineData("224.0.0.1")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::127.0.0.1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:0:0")]
    [InlineData("64:ff9b::127.0.0.1")]
    [InlineData("64:ff9b::0.0.0.0")]
    [InlineData("64:ff9b::192.168.127.3")]
    [InlineData("fe80::1")]
    [InlineData("ff02::fb")]
    public void Loopback_AndWhatIsNotRouted_OpensNothingAtTheHost(string destination)
    {
        Reach(IpAddress.Parse(destination), port: 22);
        Assert.Equal(0, _bench.Host.OpenSockets);
    }

    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("169.254.170.2")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fd20:ce::254")]
    [InlineData("64:ff9b::169.254.169.254")]
    public void Metadata_IsReachedOnlyWhereItIsAllowed(string destination)
    {
        Reach(IpAddress.Parse(destination), port: 80);
        Assert.Equal(0, _bench.Host.OpenSockets);

        StackBench allowed = new(_bench.Settings with { AllowsLinkLocal = true });
        Datagram datagram = DatagramTo(IpAddress.Parse(destination), 80);
        allowed.Send(datagram.ToFrame());
        Assert.Equal(1, allowed.Host.OpenSockets);
    }

    [Fact]
    public void Metadata_ByTheNat64OfTheHostsNetwork_IsNotReached()
    {
        StackBench bench = new(VirtualNetwork.Settings6);
        foreach (string destination in (string[])["169.254.169.254", "127.0.0.1", "0.0.0.0"])
        {
            bench.Send(DatagramTo(IpAddress.Parse("64:ff9b::" + destination), 80).ToFrame());
        }

        Assert.Equal(0, bench.Host.OpenSockets);
        bench.Send(DatagramTo(IpAddress.Parse("64:ff9b::198.51.100.7"), 80).ToFrame());
        Assert.Equal(1, bench.Host.OpenSockets);
    }

    [Fact]
    public void Land_PacketsToTheirOwnSource_OpenNothing()
    {
        foreach (IpAddress address in (IpAddress[])[VirtualNetwork.Guest, VirtualNetwork.Gateway])
        {
            IpEndpoint self = new(address, 80);
            _bench.Send((TcpScript.Syn with { Source = self, Destination = self }).ToFrame());
            Assert.Equal(0, _bench.Stack.Tcp.Count);
        }

        Assert.Equal(0, _bench.Host.OpenSockets);
        Assert.Equal(0, _second.PendingCount + _third.PendingCount);
    }

    [Fact]
    public void Echo_ToBroadcast_IsAnsweredByNobodyHere()
    {
        foreach (string all in (string[])["192.168.127.255", "255.255.255.255"])
        {
            IcmpPacket ping = IcmpPacket.EchoRequest(1, 1, []) with
            {
                Destination = IpAddress.Parse(all),
            };
            _bench.Send(ping.ToFrame());
            Assert.Null(_bench.Port.Take());
        }
    }

    [Theory]
    [InlineData(0xffff_ffff_fffful)]
    [InlineData(0x0200_0000_0009ul)]
    public void DhcpServer_ThatIsAGuest_IsNotHeardByOthers(ulong destination)
    {
        Datagram offer = new()
        {
            Source = new IpEndpoint(VirtualNetwork.Guest, 67),
            Destination = new IpEndpoint(IpAddress.IPv4Broadcast, 68),
            Payload = new byte[300],
        };
        Ipv4Packet packet = offer.ToPacket();
        Send(packet.ToBytes(), destination);
        foreach (Ipv4Packet piece in packet.Fragment(64)[..1])
        {
            Send(piece.ToBytes(), destination);
        }

        Assert.Equal(0, Pending());
        Assert.Equal(2, _bench.Dropped(DropReason.ServerGuard));
    }

    [Fact]
    public void DhcpClient_IsHeardByItsServerAndDoesNoHarm()
    {
        Datagram discover = new()
        {
            Source = new IpEndpoint(IpAddress.IPv4Any, 68),
            Destination = new IpEndpoint(IpAddress.IPv4Broadcast, 67),
            Payload = new byte[300],
        };
        Send(discover.ToPacket().ToBytes(), MacAddress.Broadcast.Value);
        Assert.Equal(0, _bench.Dropped(DropReason.ServerGuard));
        Assert.Equal(0, _bench.Dropped(DropReason.SpoofedAddress));
    }

    [Fact]
    public void Dhcp6Server_ThatIsAGuest_IsNotHeardByOthers()
    {
        Datagram reply = new()
        {
            Source = new IpEndpoint(VirtualNetwork.GuestLinkLocal, 547),
            Destination = new IpEndpoint(IpAddress.Parse("fe80::ff:fe00:9"), 546),
            Payload = new byte[60],
        };
        Send(reply.ToPacket6().ToBytes(), s_thirdMac.Value, type: 0x86dd);
        Assert.Equal(0, Pending());
        Assert.Equal(1, _bench.Dropped(DropReason.ServerGuard));
    }

    [Theory]
    [InlineData(5)] // a redirect
    [InlineData(9)] // a router advertisement (RFC 1256)
    public void Router_ThatIsAGuest_IsNotHeardByOthers(byte type)
    {
        IcmpPacket message = new()
        {
            Type = type, Destination = IpAddress.Parse("192.168.127.9"), Body = new byte[28],
        };
        Send(message.ToPacket().ToBytes(), s_thirdMac.Value);
        Assert.Equal(0, Pending());
        Assert.Equal(1, _bench.Dropped(DropReason.RouterGuard));
    }

    [Fact]
    public void Query_WithAnothersAddress_ReachesNoService()
    {
        Recorded service = new();
        _bench.Stack.Udp.AddService(53, service);
        Datagram query = DatagramTo(VirtualNetwork.Gateway, 53);
        _bench.Send((query with
        {
            Source = new IpEndpoint(StackBench.OtherGuest, 5_000),
        }).ToFrame());
        Assert.Equal(0, service.Count);
        _bench.Send(query.ToFrame());
        Assert.Equal(1, service.Count);
    }

    private void Reach(IpAddress destination, ushort port)
    {
        Datagram datagram = DatagramTo(destination, port);
        _bench.Send(datagram.ToFrame());
        Segment syn = TcpScript.Syn with
        {
            Source = datagram.Source, Destination = datagram.Destination,
        };
        _bench.Send(syn.ToFrame());
        IcmpPacket ping = destination.IsIPv4
            ? IcmpPacket.EchoRequest(1, 1, []) : IcmpPacket.EchoRequest6(1, 1, []);
        _bench.Send((ping with
        {
            Source = datagram.Source.Address, Destination = destination,
        }).ToFrame());
    }

    private static Datagram DatagramTo(IpAddress destination, ushort port) => new()
    {
        Source = destination.IsIPv4
            ? VirtualNetwork.GuestEndpoint : VirtualNetwork.GuestEndpoint6,
        Destination = new IpEndpoint(destination, port),
    };

    private void Send(byte[] packet, ulong destination, ushort type = 0x0800) => _bench.Send(
        new EthernetFrame
        {
            Destination = new MacAddress(destination), Type = type, Payload = packet,
        }.ToBytes());

    private int Pending() => _second.PendingCount + _third.PendingCount;

    private void Clear()
    {
        _bench.Port.TakeAll();
        _second.TakeAll();
        _third.TakeAll();
    }

    private sealed class Recorded : IDatagramService
    {
        public int Count { get; private set; }

        public void Receive(
            in GuestPacket packet, ushort sourcePort, ushort destinationPort,
            ReadOnlySpan<byte> payload, Instant now) => Count++;
    }
}
