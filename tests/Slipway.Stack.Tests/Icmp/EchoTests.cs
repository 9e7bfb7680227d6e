using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Icmp;

public class EchoTests
{
    private static readonly IpAddress Router = IpAddress.Parse("203.0.113.1");

    private readonly StackBench _bench = new();

    [Theory]
    [InlineData("192.168.127.1", 0)]
    [InlineData("192.168.127.1", 56)]
    [InlineData("192.168.127.254", 1_472)]
    [InlineData("192.168.127.1", 1_473)]
    [InlineData("192.168.127.254", 65_507)]
    public void Echo_ToTheEngine_IsAnsweredWhateverItsSize(string address, int size)
    {
        byte[] body = new byte[size];
        Random.Shared.NextBytes(body);
        IcmpPacket request = IcmpPacket.EchoRequest(0xbeef, 3, body) with
        {
            Destination = IpAddress.Parse(address),
        };
        Array.ForEach(request.ToPacket().Fragment(1_480), _bench.Send);
        IcmpPacket reply = IcmpPacket.Parse(_bench.TakeFragmented());
        Assert.Equal(
            (0, 0, (ushort)0xbeef, (ushort)3),
            (reply.Type, reply.Code, reply.Identifier, reply.SequenceNumber));
        Assert.Equal((request.Destination, request.Source), (reply.Source, reply.Destination));
        Assert.Equal(body, reply.Body);
        Assert.Equal(0, _bench.Host.OpenSockets);
    }

    [Fact]
    public void Message_WithABadChecksum_IsDroppedAndCounted()
    {
        _bench.Send((IcmpPacket.EchoRequest(1, 1, []) with
        {
            Destination = VirtualNetwork.Gateway, BadChecksum = true,
        }).ToFrame());
        Assert.Null(_bench.Port.Take());
        Assert.Equal(1, _bench.Counters.Malformeds(ParseError.Checksum));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(13)]
    [InlineData(255)]
    public void Message_OfAnotherType_IsDroppedAndCounted(byte type)
    {
        _bench.Send(new IcmpPacket
        {
            Type = type, Destination = VirtualNetwork.Gateway, Body = new byte[28],
        }.ToFrame());
        Assert.Null(_bench.Port.Take());
        Assert.Equal(1, _bench.Dropped(DropReason.Icmp));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(56)]
    [InlineData(4_000)]
    public void Echo_ToTheOutside_ComesBackUnderTheGuestsIdentifier(int size)
    {
        byte[] body = new byte[size];
        Random.Shared.NextBytes(body);
        Array.ForEach(
            IcmpPacket.EchoRequest(0xbeef, 3, body).ToPacket().Fragment(1_480), _bench.Send);
        IcmpPacket reply = IcmpPacket.Parse(_bench.TakeFragmented());
        Assert.Equal(
            (0, (ushort)0xbeef, (ushort)3), (reply.Type, reply.Identifier, reply.SequenceNumber));
        Assert.Equal((VirtualNetwork.Far, VirtualNetwork.Guest), (reply.Source, reply.Destination));
        Assert.Equal(body, reply.Body);
    }

    [Fact]
    public void Traceroute_ByEcho_NamesEachRouterAndQuotesTheGuestsMessage()
    {
        IpAddress second = IpAddress.Parse("203.0.113.2");
        _bench.Host.Routers.Add(Router);
        _bench.Host.Routers.Add(second);
        List<IpAddress> hops = [];
        for (byte ttl = 1; ttl <= 4; ttl++)
        {
            IcmpPacket request = IcmpPacket.EchoRequest(0x0102, ttl, new byte[32]);
            _bench.Send(request.ToPacket() with { Ttl = ttl });
            IcmpPacket answer = _bench.TakeIcmp().Must();
            hops.Add(answer.Source);
            if (ttl < 4)
            {
                answer.Must(Expect.Icmp(11, 0));
                Assert.Equal(
                    (VirtualNetwork.Guest, VirtualNetwork.Far, IpProtocol.Icmp),
                    (answer.Quote.Source, answer.Quote.Destination, answer.Quote.Protocol));
                Assert.Equal(request.ToBytes()[..8], answer.Quote.Payload[..8]);
            }
        }

        Assert.Equal([VirtualNetwork.Gateway, Router, second, VirtualNetwork.Far], hops);
    }

    [Fact]
    public void Host_Unreachable_IsToldFromTheOffender()
    {
        IpAddress nobody = IpAddress.Parse("198.51.100.99");
        _bench.Send((IcmpPacket.EchoRequest(5, 6, []) with { Destination = nobody }).ToFrame());
        IcmpPacket error = _bench.TakeIcmp().Must(Expect.Icmp(3, 1));
        Assert.Equal(nobody, error.Source);
        Assert.Equal(IcmpPacket.EchoRequest(5, 6, []).ToBytes(), error.Quote.Payload);
    }

    [Fact]
    public void Message_LongerThanThePath_IsToldTheMtuFromTheGateway()
    {
        _bench.Host.PathMtuBytes = 1_200;
        IcmpPacket request = IcmpPacket.EchoRequest(5, 6, new byte[1_300]);
        _bench.Send(request.ToPacket() with { DontFragment = true });
        IcmpPacket error = _bench.TakeIcmp().Must(Expect.Icmp(3, 4));
        Assert.Equal((1_200, VirtualNetwork.Gateway), (error.MtuBytes, error.Source));
        Assert.Equal(
            request.RestOfHeader,
            IcmpPacket.Parse(error.Quote with { Payload = [.. error.Quote.Payload] }).RestOfHeader);
        Assert.Null(_bench.Port.Take());
    }

    [Fact]
    public void Identifiers_OfOneGuest_HaveASocketEach()
    {
        for (ushort sequence = 1; sequence <= 3; sequence++)
        {
            _bench.Send(IcmpPacket.EchoRequest(1, sequence, []).ToFrame());
            _bench.Send(IcmpPacket.EchoRequest(2, sequence, []).ToFrame());
        }

        Assert.Equal(2, _bench.Host.OpenSockets);
        Assert.Equal(2, _bench.Counters.EchoFlowsOpened);
        ushort[] identifiers = [
            .. _bench.Port.TakeAll().Select(frame => IcmpPacket.ParseFrame(frame).Identifier)];
        Assert.Equal([1, 2, 1, 2, 1, 2], identifiers);
    }

    [Fact]
    public void Flow_IdleForThirtySeconds_IsClosed()
    {
        _bench.Send(IcmpPacket.EchoRequest(1, 1, []).ToFrame());
        _bench.Wait(Duration.FromSeconds(25));
        _bench.Send(IcmpPacket.EchoRequest(1, 2, []).ToFrame());
        _bench.Wait(Duration.FromSeconds(25));
        Assert.Equal(1, _bench.Host.OpenSockets);
        _bench.Wait(Duration.FromSeconds(6));
        Assert.Equal(0, _bench.Host.OpenSockets);
        Assert.Equal(0, _bench.Stack.Pings.Count);
    }

    [Fact]
    public void Flows_OverTheBound_EvictTheIdlest()
    {
        StackBench bench = new(
            VirtualNetwork.Settings with { Limits = new StackLimits { EchoFlows = 10 } });
        for (ushort identifier = 0; identifier < 50; identifier++)
        {
            bench.Send(IcmpPacket.EchoRequest(1_000, 1, []).ToFrame());
            bench.Send(IcmpPacket.EchoRequest(identifier, 1, []).ToFrame());
        }

        Assert.Equal(10, bench.Host.OpenSockets);
        Assert.Equal(51, bench.Counters.EchoFlowsOpened);
    }

    [Fact]
    public void PingSockets_Forbidden_ProhibitedIsToldAndTheHostAskedAgainLater()
    {
        // CVE-2026-115449: a refused ping socket must not lead to a reply of the wrong length.
        _bench.Host.AllowsPing = false;
        _bench.Send(IcmpPacket.EchoRequest(1, 1, new byte[10]).ToFrame());
        _bench.TakeIcmp().Must(Expect.Icmp(3, 13));
        Assert.Equal(1, _bench.Dropped(DropReason.Icmp));
        _bench.Host.AllowsPing = true;
        _bench.Send(IcmpPacket.EchoRequest(1, 2, []).ToFrame());
        _bench.TakeIcmp().Must(Expect.Icmp(3, 13));
        _bench.Wait(Duration.FromSeconds(61));
        _bench.Send(IcmpPacket.EchoRequest(1, 3, []).ToFrame());
        Assert.Equal(0, _bench.TakeIcmp().Must().Type);
    }

    [Fact]
    public void Descriptors_UsedUp_HostUnreachableIsTold()
    {
        _bench.Host.SocketLimit = 0;
        _bench.Send(IcmpPacket.EchoRequest(1, 1, []).ToFrame());
        _bench.TakeIcmp().Must(Expect.Icmp(3, 1));
        Assert.Equal(1, _bench.Dropped(DropReason.HostResources));
    }
}
