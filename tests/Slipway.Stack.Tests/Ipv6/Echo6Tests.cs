using Slipway.Stack.Tests.Tcp;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Ipv6;

public class Echo6Tests
{
    private static readonly IpAddress Router = IpAddress.Parse("2001:db8:1::1");

    private readonly StackBench _bench = new(VirtualNetwork.Settings6);

    public Echo6Tests() => _bench.Host.Pingable.Add(VirtualNetwork.Far6);

    private static IcmpPacket ToFar(ushort identifier, ushort sequence, int size = 0) =>
        IcmpPacket.EchoRequest6(identifier, sequence, new byte[size]) with
        {
            Destination = VirtualNetwork.Far6,
        };

    [Theory]
    [InlineData("fd5a:94ef:e40c::1", "fd5a:94ef:e40c::2", "fd5a:94ef:e40c::1")]
    [InlineData("fd5a:94ef:e40c::fe", "fd5a:94ef:e40c::2", "fd5a:94ef:e40c::fe")]
    [InlineData("fe80::5894:efff:fee4:cdd", "fe80::3", "fe80::5894:efff:fee4:cdd")]
    [InlineData("fe80::5894:efff:fee4:cdd", "fd5a:94ef:e40c::2", "fe80::5894:efff:fee4:cdd")]
    [InlineData("ff02::1", "fd5a:94ef:e40c::2", "fd5a:94ef:e40c::1")]
    [InlineData("ff02::1", "fe80::3", "fe80::5894:efff:fee4:cdd")]
    [InlineData("ff02::2", "fe80::3", "fe80::5894:efff:fee4:cdd")]
    public void Echo_ToTheEngine_IsAnswered(string address, string guest, string from)
    {
        IcmpPacket request = IcmpPacket.EchoRequest6(0xbeef, 3, [1, 2, 3]) with
        {
            Source = IpAddress.Parse(guest), Destination = IpAddress.Parse(address),
        };
        _bench.Send(request.ToPacket6() with { TrafficClass = 0x2c, FlowLabel = 0xabcde });
        Ipv6Packet packet = Ipv6Packet.ParseFrame(_bench.Port.Take());
        IcmpPacket reply = IcmpPacket.Parse(packet);
        Assert.Equal((129, (ushort)0xbeef, (ushort)3),
            (reply.Type, reply.Identifier, reply.SequenceNumber));
        Assert.Equal((IpAddress.Parse(from), request.Source), (reply.Source, reply.Destination));
        Assert.Equal([1, 2, 3], reply.Body);
        Assert.Equal(0x2c, packet.TrafficClass);
        Assert.Null(_bench.Port.Take());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(56)]
    [InlineData(4_000)]
    public void Echo_ToTheOutside_ComesBackUnderTheGuestsIdentifier(int size)
    {
        IcmpPacket request = ToFar(0xbeef, 3, size);
        Ipv6Packet packet = request.ToPacket6();
        Array.ForEach(size > 1_400 ? packet.Fragment(1_440) : [packet], _bench.Send);
        IcmpPacket reply = IcmpPacket.Parse(_bench.TakeFragmented6());
        Assert.Equal(
            (129, (ushort)0xbeef, (ushort)3),
            (reply.Type, reply.Identifier, reply.SequenceNumber));
        Assert.Equal((request.Destination, request.Source), (reply.Source, reply.Destination));
        Assert.Equal(size, reply.Body.Length);
    }

    [Fact]
    public void Traceroute_ByEcho_NamesEachRouterAndQuotesTheGuestsMessage()
    {
        _bench.Host.Routers.Add(Router);
        for (byte hops = 1; hops <= 3; hops++)
        {
            IcmpPacket request = ToFar(0x0102, hops, 32);
            _bench.Send(request.ToPacket6() with { HopLimit = hops });
            IcmpPacket answer = _bench.TakeIcmp().Must();
            Assert.Equal(
                hops == 1 ? VirtualNetwork.Gateway6 : hops == 2 ? Router : VirtualNetwork.Far6,
                answer.Source);
            if (hops < 3)
            {
                answer.Must(Expect.Icmp(3, 0));
                Assert.Equal(request.ToBytes()[..8], answer.Quote6.Payload[..8]);
            }
        }
    }

    [Fact]
    public void Host_Unreachable_IsToldFromTheOffender()
    {
        IpAddress nobody = IpAddress.Parse("2001:db8::99");
        IcmpPacket request = ToFar(5, 6) with { Destination = nobody };
        _bench.Send(request.ToFrame());
        IcmpPacket error = _bench.TakeIcmp().Must(Expect.Icmp(1, 3));
        Assert.Equal(nobody, error.Source);
        Assert.Equal(request.ToBytes(), error.Quote6.Payload);
    }

    [Fact]
    public void Message_LongerThanThePath_IsToldTheMtuFromTheGateway()
    {
        _bench.Host.PathMtuBytes = 1_300;
        _bench.Send(ToFar(5, 6, 1_400).ToFrame());
        IcmpPacket error = _bench.TakeIcmp().Must(Expect.Icmp(2, 0));
        Assert.Equal((1_300, VirtualNetwork.Gateway6), (error.MtuBytes, error.Source));
    }

    [Fact]
    public void PingSockets_Forbidden_IsAdministrativelyProhibited()
    {
        _bench.Host.AllowsPing = false;
        _bench.Send(ToFar(1, 1, 10).ToFrame());
        _bench.TakeIcmp().Must(Expect.Icmp(1, 1));
    }

    [Theory]
    [InlineData(129, 0)]
    [InlineData(128, 1)]
    [InlineData(130, 0)]
    [InlineData(139, 0)]
    [InlineData(200, 0)]
    [InlineData(255, 0)]
    public void Message_OfAnotherType_IsDroppedAndCounted(byte type, byte code)
    {
        _bench.Send((IcmpPacket.EchoRequest6(1, 1, new byte[40]) with
        {
            Type = type, Code = code,
        }).ToFrame());
        Assert.Null(_bench.Port.Take());
        Assert.Equal(1, _bench.Dropped(DropReason.Icmp));
    }

    [Fact]
    public void Message_WithABadChecksum_IsDroppedAndCounted()
    {
        _bench.Send((IcmpPacket.EchoRequest6(1, 1, []) with { BadChecksum = true }).ToFrame());
        Assert.Null(_bench.Port.Take());
        Assert.Equal(1, _bench.Counters.Malformeds(ParseError.Checksum));
    }

    [Theory]
    [InlineData(1_400u, 1_340)]
    [InlineData(1_280u, 1_220)]
    [InlineData(600u, 1_220)]
    [InlineData(0u, 1_220)]
    [InlineData(0xffff_ffffu, 1_440)]
    public void PacketTooBig_AboutASegmentUnderWay_LowersItsSize(uint mtu, int segmentBytes)
    {
        SimServer server = _bench.Host.Serve(VirtualNetwork.FarEndpoint6);
        Segment first = Connect();
        server.Connection.Write(new byte[2_880]);
        _bench.Turn();
        byte[] lost = Assert.IsType<byte[]>(_bench.Port.Take());
        _bench.Port.TakeAll();
        _bench.Send(TooBig(mtu, lost[14..]).ToFrame());
        _bench.Wait(Duration.FromSeconds(2));
        Segment again = Segment.ParseFrame(_bench.Port.Take());
        Assert.Equal(first.Sequence + 1, again.Sequence);
        Assert.Equal(segmentBytes, again.Payload.Length);
    }

    [Theory]
    [InlineData("fd5a:94ef:e40c::3")]
    [InlineData("fe80::ff:fe00:2")]
    public void PacketTooBig_OfAnotherGuest_IsNotBelieved(string sender)
    {
        SimServer server = _bench.Host.Serve(VirtualNetwork.FarEndpoint6);
        Connect();
        server.Connection.Write(new byte[2_880]);
        _bench.Turn();
        byte[] lost = Assert.IsType<byte[]>(_bench.Port.Take());
        _bench.Port.TakeAll();
        _bench.Send((TooBig(1_280, lost[14..]) with { Source = IpAddress.Parse(sender) })
            .ToFrame());
        Assert.Null(_bench.Port.Take());
        Assert.Equal(1, _bench.Dropped(DropReason.Icmp));
    }

    private static IcmpPacket TooBig(uint mtu, byte[] quote) => new()
    {
        Source = VirtualNetwork.Guest6, Destination = VirtualNetwork.Gateway6, Type = 2,
        RestOfHeader = mtu, Body = quote[..Math.Min(quote.Length, 1_200)],
    };

    // The engine's SYN+ACK.
    private Segment Connect()
    {
        Segment syn = TcpScript.Syn with
        {
            Source = VirtualNetwork.GuestEndpoint6, Destination = VirtualNetwork.FarEndpoint6,
        };
        _bench.Send(syn.ToFrame());
        Segment answer = Segment.ParseFrame(_bench.Port.Take());
        _bench.Send((syn with
        {
            Flags = TcpFlags.Acknowledgment, Sequence = syn.End, Acknowledgment = answer.End,
            Options = SegmentOptions.None,
        }).ToFrame());
        return answer;
    }
}
