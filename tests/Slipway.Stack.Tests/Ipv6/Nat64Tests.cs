using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Ipv6;

/// <summary>A guest of IPv6 alone reaches the servers of IPv4 (RFC 6146, RFC 7915).</summary>
public class Nat64Tests
{
    private static readonly IpAddress Mapped = IpAddress.Parse("64:ff9b::198.51.100.7");
    private static readonly IpEndpoint Server = new(VirtualNetwork.Far, 7_000);

    private readonly StackBench _bench = new(VirtualNetwork.Settings with
    {
        Ipv6 = new Ipv6Settings { Nat64Prefix = IpPrefix.Parse("64:ff9b::/96") },
    });

    private static Datagram Template => new()
    {
        Source = VirtualNetwork.GuestEndpoint6, Destination = new(Mapped, 7_000),
        Payload = [1, 2, 3],
    };

    private static IcmpPacket Ping => IcmpPacket.EchoRequest6(5, 6, [9]) with
    {
        Destination = Mapped,
    };

    [Fact]
    public void Datagram_ToAnIpv4Server_IsAnsweredFromTheMappedAddress()
    {
        SimDatagramServer server = _bench.Host.ServeUdp(Server);
        _bench.Send(Template.ToFrame());
        Assert.Equal([1, 2, 3], Assert.Single(server.Received));
        Datagram reply = _bench.TakeDatagram().Must();
        Assert.Equal((Template.Destination, Template.Source), (reply.Source, reply.Destination));
        _bench.Host.SendToHost(new(IpAddress.Parse("198.51.100.8"), 7), server.LastSource, [1]);
        _bench.Turn();
        Assert.Null(_bench.Port.Take());
        Assert.Equal(1, _bench.Dropped(DropReason.Filtered));
    }

    [Fact]
    public void Connection_ToAnIpv4Server_IsMade()
    {
        SimServer server = _bench.Host.Serve(VirtualNetwork.FarEndpoint);
        Segment syn = new()
        {
            Source = VirtualNetwork.GuestEndpoint6, Destination = new(Mapped, 80), Sequence = 7,
            Flags = TcpFlags.Syn,
        };
        _bench.Send(syn.ToFrame());
        Segment answer = Segment.ParseFrame(_bench.Port.Take());
        Assert.Equal(syn.Destination, answer.Source);
        _bench.Send((syn with
        {
            Flags = TcpFlags.Acknowledgment, Sequence = 8, Acknowledgment = answer.End,
            Payload = [4, 5],
        }).ToFrame());
        Assert.Equal([4, 5], server.Connection.ReadAll());
        Assert.Equal(VirtualNetwork.FarEndpoint, server.Connection.Endpoint);
    }

    [Fact]
    public void Echo_ToAnIpv4Host_ComesBackInIcmpv6()
    {
        _bench.Send(Ping.ToFrame());
        IcmpPacket reply = _bench.TakeIcmp().Must(Expect.Icmp(129, 0));
        Assert.Equal((Mapped, Ping.RestOfHeader), (reply.Source, reply.RestOfHeader));
        Assert.Equal([9], reply.Body);
    }

    [Fact]
    public void Errors_OfIpv4_ComeBackTranslated()
    {
        IpAddress router = IpAddress.Parse("203.0.113.1");
        _bench.Host.Routers.Add(router);
        _bench.Send(Template.ToPacket6() with { HopLimit = 2 });
        IcmpPacket late = _bench.TakeIcmp().Must(
            Expect.Icmp(3, 0),
            Expect.Quotes(Template.Source, Template.Destination, IpProtocol.Udp));
        Assert.Equal(IpAddress.Parse("64:ff9b::203.0.113.1"), late.Source);
        _bench.Send(Ping.ToPacket6() with { HopLimit = 2 });
        late = _bench.TakeIcmp().Must(Expect.Icmp(3, 0));
        Assert.Equal(Ping.ToBytes()[..8], late.Quote6.Payload[..8]);

        _bench.Send(Template.ToFrame());
        IcmpPacket refused = _bench.TakeIcmp().Must(
            Expect.Icmp(1, 4),
            Expect.Quotes(Template.Source, Template.Destination, IpProtocol.Udp));
        Assert.Equal(Mapped, refused.Source);
    }

    [Fact]
    public void Path_ThatIsTooNarrow_IsToldWithTheLongerHeader()
    {
        // RFC 7915 section 4.2.
        _bench.Host.PathMtuBytes = 1_400;
        _bench.Send((Template with { Payload = new byte[1_400] }).ToFrame());
        Assert.Equal(1_420, _bench.TakeIcmp().Must(Expect.Icmp(2, 0)).MtuBytes);
        _bench.Send((Ping with { Body = new byte[1_400] }).ToFrame());
        Assert.Equal(1_420, _bench.TakeIcmp().Must(Expect.Icmp(2, 0)).MtuBytes);
    }

    [Theory]
    [InlineData(1_232, false)]
    [InlineData(1_233, true)]
    public void Packet_ThatEachLinkOfIpv6Carries_MayBeFragmented(int size, bool dontFragment)
    {
        SimDatagramServer server = _bench.Host.ServeUdp(Server);
        _bench.Send((Template with { Payload = new byte[size] }).ToFrame());
        Assert.Equal(dontFragment, server.LastOptions.DontFragment);
    }

    [Theory]
    [InlineData(2, 4, 1, 6u)]
    [InlineData(0, 1, 0, 0u)]
    [InlineData(13, 1, 1, 0u)]
    public void Unreachable_OfEachKind_IsWhatTheRfcSays(
        byte code, byte type6, byte code6, uint rest)
    {
        EchoingHost host = new()
        {
            Report = new HostErrorReport(Server, Server.Address, 3, code, 0, 0),
        };
        GuestStack stack = new(_bench.Settings, new Counters(), host, host, host);
        RecordingPort port = new();
        stack.OnPortOpened(port, _bench.Clock.Now);
        port.TakeAll();
        stack.OnFrame(port, Template.ToFrame(), default, _bench.Clock.Now);
        stack.Advance(_bench.Clock.Now);
        host.Owner!.OnReady(Readiness.Error, _bench.Clock.Now);
        IcmpPacket error = port.TakeAll().Select(frame => FrameOf(frame))
            .OfType<IcmpPacket>().Single();
        error.Must(Expect.Icmp(type6, code6));
        Assert.Equal(rest, error.RestOfHeader);
    }

    [Theory]
    [InlineData("64:ff9b::127.0.0.1")]
    [InlineData("64:ff9b::0.0.0.0")]
    [InlineData("64:ff9b::192.168.127.1")]
    [InlineData("64:ff9b::192.168.127.254")]
    [InlineData("64:ff9b::192.168.127.2")]
    [InlineData("64:ff9b::224.0.0.1")]
    [InlineData("64:ff9b::255.255.255.255")]
    public void Address_ThatIsNotRoutedInIpv4_IsNoRoute(string destination)
    {
        IpAddress to = IpAddress.Parse(destination);
        _bench.Send((Template with { Destination = new(to, 9) }).ToFrame());
        _bench.TakeIcmp().Must(Expect.Icmp(1, 0));
        _bench.Send((Ping with { Destination = to }).ToFrame());
        _bench.TakeIcmp().Must(Expect.Icmp(1, 0));
        Assert.Equal(0, _bench.Host.OpenSockets);
    }

    [Fact]
    public void Source_InThePrefix_IsNoGuests()
    {
        _bench.Send((Template with { Source = new(Mapped, 1) }).ToFrame());
        Assert.Equal(1, _bench.Dropped(DropReason.SpoofedAddress));
    }

    private static IcmpPacket? FrameOf(byte[] frame) =>
        Ipv6Packet.ParseFrame(frame).Protocol == IpProtocol.IcmpV6
            ? IcmpPacket.ParseFrame(frame) : null;
}
