using Slipway.Stack.Tests.Udp;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Ipv6;

/// <summary>UDP over IPv6; what is the same over both families is tested over both.</summary>
public class UdpFamilyTests
{
    private static readonly IpEndpoint Server = new(VirtualNetwork.Far6, 7_000);
    private static readonly IpEndpoint OtherServer = new(IpAddress.Parse("2001:db8::8"), 7_000);

    private readonly StackBench _bench = new(VirtualNetwork.Settings6);

    private static Datagram Template => new()
    {
        Source = VirtualNetwork.GuestEndpoint6, Destination = Server,
    };

    [Theory]
    [InlineData(0)]
    [InlineData(1_452)]
    [InlineData(1_453)]
    [InlineData(9_000)]
    [InlineData(65_487)]
    [InlineData(65_527)]
    public void Datagram_OfAnySize_IsEchoed(int size)
    {
        byte[] payload = new byte[size];
        Random.Shared.NextBytes(payload);
        SimDatagramServer server = _bench.Host.ServeUdp(Server);
        _bench.Host.PathMtuBytes = 70_000;
        Datagram datagram = Template with { Payload = payload };
        Ipv6Packet packet = datagram.ToPacket6();
        Array.ForEach(size > 1_452 ? packet.Fragment(1_448) : [packet], _bench.Send);
        Assert.Equal(payload, Assert.Single(server.Received));
        Datagram reply = Datagram.Parse(_bench.TakeFragmented6());
        Assert.Equal((Server, datagram.Source), (reply.Source, reply.Destination));
        Assert.Equal(payload, reply.Payload);
    }

    [Fact]
    public void Datagram_WithoutAChecksum_IsDropped()
    {
        // RFC 8200 section 8.1.
        SimDatagramServer server = _bench.Host.ServeUdp(Server);
        byte[] bytes = Template.ToBytes();
        bytes[6] = bytes[7] = 0;
        _bench.Send(Template.ToPacket6() with { Payload = bytes });
        Assert.Empty(server.Received);
        Assert.Equal(1, _bench.Counters.Malformeds(ParseError.Checksum));
    }

    [Fact]
    public void HopLimitTrafficClassAndFragments_ArePassedOn()
    {
        SimDatagramServer server = _bench.Host.ServeUdp(Server);
        Ipv6Packet packet = (Template with { Payload = new byte[100] }).ToPacket6();
        _bench.Send(packet with { HopLimit = 9, TrafficClass = 0xb8 });
        Assert.Equal(new DatagramOptions(8, 0xb8, true), server.LastOptions);
        Array.ForEach(packet.Fragment(48), _bench.Send);
        Assert.Equal(new DatagramOptions(63, 0, false), server.LastOptions);
        _bench.Send(packet with { HasFragmentHeader = true });
        Assert.Equal(new DatagramOptions(63, 0, false), server.LastOptions);
    }

    [Theory]
    [InlineData("fd5a:94ef:e40c::2")]
    [InlineData("fe80::ff:fe00:2")]
    public void Alias_InBothDirections_IsTheHostsLoopback(string guest)
    {
        SimDatagramServer server = _bench.Host.ServeUdp(new(IpAddress.IPv6Loopback, 53));
        _bench.Send((Template with
        {
            Source = new(IpAddress.Parse(guest), 9), Payload = [1],
            Destination = new(VirtualNetwork.HostAlias6, 53),
        }).ToPacket6() with { HopLimit = 1 });
        Assert.Single(server.Received);
        Datagram reply = _bench.TakeDatagram().Must();
        Assert.Equal(new IpEndpoint(VirtualNetwork.HostAlias6, 53), reply.Source);
        Assert.Equal(IpAddress.Parse(guest), reply.Destination.Address);
    }

    [Fact]
    public void Filter_ByDefault_PassesContactedAddressesAlone()
    {
        SimDatagramServer server = _bench.Host.ServeUdp(Server);
        _bench.Send(Template.ToFrame());
        _bench.Port.TakeAll();
        Assert.True(_bench.Host.SendToHost(new(Server.Address, 9_999), server.LastSource, [1]));
        _bench.Turn();
        Assert.Equal(9_999, _bench.TakeDatagram().Must().Source.Port);
        _bench.Host.SendToHost(OtherServer, server.LastSource, [2]);
        _bench.Host.SendToHost(new(IpAddress.IPv6Loopback, 1), server.LastSource, [2]);
        _bench.Turn();
        Assert.Null(_bench.Port.Take());
        Assert.Equal(2, _bench.Dropped(DropReason.Filtered));
    }

    [Fact]
    public void Families_OfOneGuest_HaveASocketEach()
    {
        IpEndpoint server4 = new(VirtualNetwork.Far, 7_000);
        _bench.Host.ServeUdp(Server);
        _bench.Host.ServeUdp(server4);
        _bench.Send(Template.ToFrame());
        _bench.Send(new Datagram { Destination = server4 }.ToFrame());
        Assert.Equal(2, _bench.Host.OpenSockets);
        Assert.Equal(Server, _bench.TakeDatagram().Must().Source);
        Assert.Equal(server4, _bench.TakeDatagram().Must().Source);
    }

    [Fact]
    public void Port_ThatNobodyServes_IsUnreachableFromItsHost()
    {
        _bench.Send(Template.ToFrame());
        IcmpPacket error = _bench.TakeIcmp().Must(
            Expect.Icmp(1, 4),
            Expect.Quotes(Template.Source, Server, IpProtocol.Udp));
        Assert.Equal(Server.Address, error.Source);
    }

    [Fact]
    public void Port_OfTheGatewayThatNobodyServes_IsUnreachable()
    {
        foreach (IpAddress gateway in new[]
        {
            VirtualNetwork.Gateway6, VirtualNetwork.GatewayLinkLocal,
        })
        {
            Datagram datagram = Template with { Destination = new(gateway, 9) };
            _bench.Send(datagram.ToFrame());
            _bench.TakeIcmp().Must(
                Expect.Icmp(1, 4),
                Expect.Quotes(datagram.Source, datagram.Destination, IpProtocol.Udp));
        }
    }

    [Fact]
    public void Datagram_LongerThanThePath_IsToldTheMtuFromTheGateway()
    {
        _bench.Host.PathMtuBytes = 1_300;
        _bench.Send((Template with { Payload = new byte[1_400] }).ToFrame());
        IcmpPacket error = _bench.TakeIcmp().Must(Expect.Icmp(2, 0));
        Assert.Equal((1_300, VirtualNetwork.Gateway6), (error.MtuBytes, error.Source));
        Assert.Null(_bench.Port.Take());
    }

    [Theory]
    [InlineData("fd5a:94ef:e40c::2")]
    [InlineData("fe80::ff:fe00:2")]
    public void Client_OfAPublishedPort_IsAPortOfTheGatewayAndIsAnswered(string address)
    {
        IpEndpoint local = new(default, 5_353);
        IpEndpoint guest = new(IpAddress.Parse(address), 53);
        SimDatagramServer client = _bench.Host.ServeUdp(
            Server, new SimDatagramServer { Answer = _ => [] });
        _bench.Publish(local, guest, out _);
        _bench.Introduce6(address: guest.Address);
        _bench.Host.SendToHost(Server, local, [1, 2]);
        _bench.Turn();
        Datagram request = _bench.TakeDatagram().Must();
        Assert.Equal(
            guest.Address.IsLinkLocal ? VirtualNetwork.GatewayLinkLocal : VirtualNetwork.Gateway6,
            request.Source.Address);
        _bench.Send(new Datagram
        {
            Source = guest, Destination = request.Source, Payload = [3],
        }.ToFrame());
        Assert.Equal([3], Assert.Single(client.Received));
    }

    [Fact]
    public void Dhcp_ToItsGroupAlone_ReachesItsService()
    {
        RecordedService service = new();
        _bench.Stack.Udp.AddService(547, service);
        Datagram request = new()
        {
            Source = new(VirtualNetwork.GuestLinkLocal, 546),
            Destination = new(IpAddress.Parse("ff02::1:2"), 547), Payload = new byte[300],
        };
        _bench.Send(request.ToFrame());
        Array.ForEach(request.ToPacket6().Fragment(64), _bench.Send);
        Assert.Equal([300, 300], service.Lengths);
        _bench.Send((request with { Destination = new(VirtualNetwork.AllNodes, 547) }).ToFrame());
        _bench.Send((request with { Destination = new(request.Destination.Address, 53) })
            .ToFrame());
        Assert.Equal(2, service.Lengths.Count);
        Assert.Null(_bench.Port.Take());
    }

    [Fact]
    public void Echo_InSteadyState_AllocatesNothing()
    {
        EchoingHost host = new();
        GuestStack stack = new(VirtualNetwork.Settings6, new Counters(), host, host, host);
        int seen = 0;
        RecordingPort port = new() { Sink = _ => seen++ };
        Instant now = new(1_000_000_000);
        stack.OnPortOpened(port, now);
        seen = 0;
        byte[] frame = (Template with { Payload = new byte[1_400] }).ToFrame();
        byte[] ping = IcmpPacket.EchoRequest6(1, 1, new byte[56]).ToFrame();
        byte[] asks = new NeighborMessage { LinkLayer = VirtualNetwork.GuestMac }.ToFrame();
        SteadyState.AllocatesNothing(500, () =>
        {
            now += Duration.FromMilliseconds(1);
            stack.OnFrame(port, frame, now);
            stack.OnFrame(port, ping, now);
            stack.OnFrame(port, asks, now);
            stack.Advance(now);
            host.Owner!.OnReady(Readiness.Readable | Readiness.Writable, now);
        });
        Assert.InRange(seen, 3 * 500 * SteadyState.Windows, (3 * 500 * SteadyState.Windows) + 20);
    }

    private sealed class RecordedService : IDatagramService
    {
        public List<int> Lengths { get; } = [];

        public void Receive(
            in GuestPacket packet, ushort sourcePort, ushort destinationPort,
            ReadOnlySpan<byte> payload, Instant now) => Lengths.Add(payload.Length);
    }
}
