using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Ipv6;

/// <summary>Extension headers as the layer answers them (RFC 8200 section 4).</summary>
public class Ipv6ExtensionTests
{
    private const IpProtocol Hop = IpProtocol.HopByHop;
    private const IpProtocol Options = IpProtocol.DestinationOptions;

    private readonly StackBench _bench = new(VirtualNetwork.Settings6);

    private static Ipv6Packet Ping => IcmpPacket.EchoRequest6(1, 1, [1, 2, 3]).ToPacket6();

    [Fact]
    public void Headers_ThatSayNothing_ArePassedOver()
    {
        _bench.Send(Ping with
        {
            Extensions =
            [
                (Hop, [0, 0, 1, 4, 0, 0, 0, 0]),
                (Options, new byte[8]),
                (IpProtocol.Routing, [0, 2, 4, 0, .. new byte[20]]),
                (Options, [0, 1, 0x1e, 12, .. new byte[12]]),
            ],
        });
        Assert.Equal(129, _bench.TakeIcmp().Must().Type);
    }

    [Theory]
    [InlineData(0x1e, false, null)]
    [InlineData(0x5e, false, -1)]
    [InlineData(0x9e, false, 2)]
    [InlineData(0xde, false, 2)]
    [InlineData(0x1e, true, null)]
    [InlineData(0x5e, true, -1)]
    [InlineData(0x9e, true, 2)]
    [InlineData(0xde, true, -1)]
    public void Option_Unknown_IsTreatedAsItsHighestBitsAsk(byte type, bool isGroup, int? code)
    {
        foreach (IpProtocol kind in new[] { Hop, Options })
        {
            IcmpPacket ping = IcmpPacket.EchoRequest6(1, 1, []) with
            {
                Destination = isGroup ? VirtualNetwork.AllNodes : VirtualNetwork.Gateway6,
            };
            _bench.Send(ping.ToPacket6() with
            {
                Extensions = [(kind, [0, 0, 1, 0, type, 2, 0, 0])],
            });
            IcmpPacket? answer = _bench.TakeIcmp();
            Assert.Equal(code == -1, answer is null);
            Assert.Equal(code is null ? 129 : (byte)4, answer?.Type ?? (code is null ? 129 : 4));
            Assert.Equal(code is 2 ? 44u : answer?.RestOfHeader, answer?.RestOfHeader);
            Assert.Null(_bench.Port.Take());
        }
    }

    [Theory]
    [InlineData("ff02::fb")]
    [InlineData("::1")]
    public void Option_InAPacketThatIsForOthers_IsNotAnswered(string destination)
    {
        _bench.Send(Ping with
        {
            Destination = IpAddress.Parse(destination),
            Extensions = [(Options, [0, 0, 0x9e, 4, 0, 0, 0, 0])],
        });
        Assert.Null(_bench.Port.Take());
    }

    [Fact]
    public void HopByHop_ThatIsNotTheFirst_IsAnUnknownNextHeader()
    {
        _bench.Send(Ping with { Extensions = [(Options, new byte[8]), (Hop, new byte[8])] });
        Assert.Equal(40u, _bench.TakeIcmp().Must(Expect.Icmp(4, 1)).RestOfHeader);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(253)]
    public void Routing_WithSegmentsLeft_IsRefusedAtItsType(byte type)
    {
        // RFC 5095: type 0 made two routers play ball.
        byte[] routing = [0, 2, type, 1, .. new byte[20]];
        VirtualNetwork.Far6.WriteIPv6(routing.AsSpan(8));
        _bench.Send(Ping with { Extensions = [(IpProtocol.Routing, routing)] });
        Assert.Equal(42u, _bench.TakeIcmp().Must(Expect.Icmp(4, 0)).RestOfHeader);
        Assert.Null(_bench.Port.Take());
        Assert.Equal(0, _bench.Host.OpenSockets);
    }

    [Fact]
    public void Jumbo_Payload_IsRefusedAtItsOption()
    {
        _bench.Send(Ping with { Extensions = [(Hop, [0, 0, 0xc2, 4, 0, 1, 0, 0])] });
        Assert.Equal(42u, _bench.TakeIcmp().Must(Expect.Icmp(4, 0)).RestOfHeader);
    }

    [Fact]
    public void Headers_MoreThanAnyoneSends_AreDropped()
    {
        _bench.Send(Ping with { Extensions = [.. Enumerable.Repeat((Options, new byte[8]), 9)] });
        Assert.Null(_bench.Port.Take());
        Assert.Equal(1, _bench.Counters.Malformeds(ParseError.Option));
    }

    [Fact]
    public void Header_OfEachLengthThatPassesTheEnd_IsDropped()
    {
        for (int length = 1; length < 256; length++)
        {
            _bench.Send(Ping with { Extensions = [(Options, [0, (byte)length, .. new byte[6]])] });
        }

        // One or two units reach into the message, and what it says there is no header.
        Assert.DoesNotContain(
            _bench.Port.TakeAll(), frame => IcmpPacket.ParseFrame(frame).Type == 129);
        Assert.InRange(_bench.Counters.Malformeds(ParseError.HeaderLength), 250, 255);
    }

    [Fact]
    public void Jumbogram_WithoutALength_IsAnEmptyPacket()
    {
        _bench.Send(Ping with { LyingLength = 0 });
        Assert.Null(_bench.Port.Take());
        Assert.Equal(1, _bench.Counters.Malformeds(ParseError.Truncated));
    }
}
