using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Neighbors;

public class ArpTests
{
    private readonly StackBench _bench = new();

    [Theory]
    [InlineData("192.168.127.1")]
    [InlineData("192.168.127.254")]
    public void Request_ForAnAddressOfTheEngine_IsAnswered(string address)
    {
        _bench.Send(new ArpFrame { Target = IpAddress.Parse(address) }.ToFrame());
        ArpFrame reply = Assert.IsType<ArpFrame>(_bench.TakeArp());
        Assert.Equal(
            new ArpFrame
            {
                Operation = 2,
                SenderMac = VirtualNetwork.GatewayMac, Sender = IpAddress.Parse(address),
                TargetMac = VirtualNetwork.GuestMac, Target = VirtualNetwork.Guest,
                Destination = VirtualNetwork.GuestMac,
            }, reply);
    }

    [Fact]
    public void Request_ForAnotherAddress_IsFloodedAndNotAnswered()
    {
        RecordingPort second = _bench.Open(2);
        byte[] frame = new ArpFrame { Target = StackBench.OtherGuest }.ToFrame();
        _bench.Send(frame);
        Assert.Null(_bench.Port.Take());
        Assert.Equal(frame, second.Take());
    }

    [Fact]
    public void Alias_SwitchedOff_IsNotAnswered()
    {
        StackBench bench = new(VirtualNetwork.Settings with { HostAlias = null });
        bench.Send(new ArpFrame { Target = VirtualNetwork.HostAlias }.ToFrame());
        Assert.Null(bench.Port.Take());
    }

    [Fact]
    public void Probe_ForTheGateway_IsDefendedAndLearnsNothing()
    {
        // RFC 5227 section 2.1.1: a probe's sender has no address yet.
        _bench.Send(
            new ArpFrame { Sender = IpAddress.IPv4Any, Target = VirtualNetwork.Gateway }.ToFrame());
        ArpFrame reply = Assert.IsType<ArpFrame>(_bench.TakeArp());
        Assert.Equal((2, VirtualNetwork.Gateway), (reply.Operation, reply.Sender));
        Assert.Equal(0, _bench.Stack.Neighbors.Count);
    }

    [Theory]
    [InlineData(1, "192.168.127.1")]
    [InlineData(2, "192.168.127.1")]
    [InlineData(1, "192.168.127.254")]
    public void Claim_OfTheEnginesAddress_IsDroppedCountedAndAnswered(int operation, string address)
    {
        RecordingPort second = _bench.Open(2);
        IpAddress claimed = IpAddress.Parse(address);
        _bench.Send(new ArpFrame
        {
            Operation = (ushort)operation, Sender = claimed, Target = claimed,
        }.ToFrame());
        Assert.Equal(1, _bench.Dropped(DropReason.SpoofedAddress));
        ArpFrame[] heard = [.. second.TakeAll().Select(frame => ArpFrame.ParseFrame(frame))];
        Assert.All(heard, arp => Assert.Equal(VirtualNetwork.GatewayMac, arp.SenderMac));
        Assert.Contains(heard, arp => arp.Sender == claimed && arp.Target == claimed);
    }

    [Fact]
    public void Claims_InAFlood_AreAnsweredOnceASecond()
    {
        RecordingPort second = _bench.Open(2);
        byte[] claim = new ArpFrame
        {
            Sender = VirtualNetwork.Gateway, Target = VirtualNetwork.Gateway,
        }.ToFrame();
        for (int i = 0; i < 1_000; i++)
        {
            _bench.Send(claim);
        }

        Assert.Equal(2, second.TakeAll().Length);
        _bench.Wait(Duration.FromSeconds(1));
        _bench.Send(claim);
        Assert.Equal(2, second.TakeAll().Length);
    }

    [Fact]
    public void Sender_WithTheGatewaysHardwareAddress_IsDropped()
    {
        byte[] frame = new ArpFrame { Target = StackBench.OtherGuest }.ToFrame();
        VirtualNetwork.GatewayMac.Write(frame.AsSpan(22));
        RecordingPort second = _bench.Open(2);
        _bench.Send(frame);
        Assert.Null(second.Take());
        Assert.Equal(1, _bench.Dropped(DropReason.SpoofedMac));
    }

    [Fact]
    public void Sender_WithAnotherGuestsHardwareAddress_DoesNotMoveItsAddress()
    {
        RecordingPort second = _bench.Open(2);
        _bench.Introduce(second, StackBench.OtherMac, StackBench.OtherGuest);
        byte[] frame = new ArpFrame
        {
            SenderMac = StackBench.OtherMac, Sender = StackBench.OtherGuest,
        }.ToFrame();
        VirtualNetwork.GuestMac.Write(frame.AsSpan(6));
        _bench.Send(frame);
        Assert.Equal(1, _bench.Dropped(DropReason.SpoofedMac));
        Assert.True(_bench.Stack.Neighbors.TryFind(StackBench.OtherGuest, out GuestRoute route));
        Assert.Same(second, route.Port);
    }

    [Fact]
    public void Port_Opened_HearsWhereTheGatewayIs()
    {
        RecordingPort port = new(7);
        _bench.Stack.OnPortOpened(port, _bench.Clock.Now);
        ArpFrame announcement = Assert.IsType<ArpFrame>(_bench.TakeArp(port));
        Assert.Equal(
            (1, VirtualNetwork.GatewayMac, VirtualNetwork.Gateway, VirtualNetwork.Gateway),
            (announcement.Operation, announcement.SenderMac,
                announcement.Sender, announcement.Target));
    }

    [Fact]
    public void Packet_OfEachShortLength_IsDroppedAndCounted()
    {
        // CVE-2020-29129, -29130: ARP frames of 14 to 41 bytes.
        byte[] frame = new ArpFrame().ToFrame();
        for (int length = 14; length < 42; length++)
        {
            _bench.Send(frame[..length]);
        }

        Assert.Equal(28, _bench.Counters.Malformeds(ParseError.Truncated));
        Assert.Null(_bench.Port.Take());
    }

    [Fact]
    public void Packet_OfOtherAddressLengths_IsDroppedAndCounted()
    {
        byte[] frame = new ArpFrame().ToFrame();
        frame[18] = 255;
        _bench.Send(frame);
        Assert.Equal(1, _bench.Counters.Malformeds(ParseError.AddressType));
        Assert.Null(_bench.Port.Take());
    }
}
