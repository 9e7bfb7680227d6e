using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Services;

/// <summary>An address that is a service's: the engine answers for it, and nobody has it.</summary>
public sealed class VirtualAddressTests
{
    [Fact]
    public void ArpRequest_ForAVirtualAddress_IsAnsweredAsLongAsItIsThere()
    {
        ServiceBench bench = new();
        byte[] request = new ArpFrame { Target = bench.Virtual.Address }.ToFrame();
        bench.Serve(bench.VirtualRule(IpProtocol.Tcp));

        bench.Stack.Send(request);
        ArpFrame reply = bench.Stack.TakeArp().Must();
        Assert.Equal(
            (VirtualNetwork.GatewayMac, bench.Virtual.Address), (reply.SenderMac, reply.Sender));
        bench.Serve();
        bench.Stack.Send(request);
        Assert.Null(bench.Stack.TakeArp());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Solicitation_ForAVirtualAddress_IsAnsweredToAGroupAndToItself(bool isUnicast)
    {
        ServiceBench bench = new(isIPv4: false);
        bench.Serve(bench.VirtualRule(IpProtocol.Tcp));
        IpAddress target = bench.Virtual.Address;

        bench.Stack.Send(new NeighborMessage
        {
            Target = target, LinkLayer = VirtualNetwork.GuestMac,
            Destination = isUnicast ? target : null,
        }.ToFrame());

        NeighborMessage answer = bench.Stack.TakeNeighbor().Must();
        Assert.Equal((136, target), (answer.Type, answer.Target));
        Assert.Equal(VirtualNetwork.GatewayMac, answer.LinkLayer);
    }

    [Theory]
    [BothFamilies]
    public void Ping_ToAVirtualAddress_IsAnswered(bool isIPv4)
    {
        ServiceBench bench = new(isIPv4);
        bench.Serve(bench.VirtualRule(IpProtocol.Tcp));
        IcmpPacket request = isIPv4 ? IcmpPacket.EchoRequest(1, 1, [1])
            : IcmpPacket.EchoRequest6(1, 1, [1]);

        bench.Stack.Send((request with { Destination = bench.Virtual.Address }).ToFrame());

        IcmpPacket reply = bench.Stack.TakeIcmp().Must();
        Assert.Equal(bench.Virtual.Address, reply.Source);
        Assert.False(reply.IsError);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void ArpClaim_OfAVirtualAddress_IsDroppedCountedAndAnswered(ushort operation)
    {
        ServiceBench bench = new();
        bench.Serve(bench.VirtualRule(IpProtocol.Tcp));
        RecordingPort second = bench.Stack.Open(2);
        IpAddress claimed = bench.Virtual.Address;

        bench.Stack.Send(new ArpFrame
        {
            Operation = operation, Sender = claimed, Target = claimed,
        }.ToFrame());

        Assert.Equal(1, bench.Stack.Dropped(DropReason.SpoofedAddress));
        Assert.False(bench.Stack.Stack.Neighbors.TryFind(claimed, out _));
        ArpFrame[] heard = [.. second.TakeAll().Select(frame => ArpFrame.ParseFrame(frame))];
        Assert.All(heard, arp => Assert.Equal(VirtualNetwork.GatewayMac, arp.SenderMac));
        Assert.Contains(heard, arp => arp.Sender == claimed && arp.Target == claimed);
    }

    [Fact]
    public void NeighborClaim_OfAVirtualAddress_IsDroppedCountedAndAnswered()
    {
        ServiceBench bench = new(isIPv4: false);
        bench.Serve(bench.VirtualRule(IpProtocol.Tcp));
        RecordingPort second = bench.Stack.Open(2);
        IpAddress claimed = bench.Virtual.Address;

        bench.Stack.Send(new NeighborMessage
        {
            Type = 136, Target = claimed, LinkLayer = VirtualNetwork.GuestMac,
            Destination = VirtualNetwork.AllNodes,
        }.ToFrame());

        Assert.Equal(1, bench.Stack.Dropped(DropReason.SpoofedAddress));
        NeighborMessage[] heard = [
            .. second.TakeAll().Select(frame => NeighborMessage.ParseFrame(frame))];
        Assert.All(heard, told => Assert.Equal(VirtualNetwork.GatewayMac, told.LinkLayer));
        Assert.Contains(heard, told => told.Target == claimed);
    }

    [Theory]
    [BothFamilies]
    public void Packet_FromAVirtualAddress_IsDroppedAndCounted(bool isIPv4)
    {
        ServiceBench bench = new(isIPv4);
        bench.Serve(bench.VirtualRule(IpProtocol.Tcp));
        SimDatagramServer server =
            bench.Stack.Host.ServeUdp(new(isIPv4 ? VirtualNetwork.Far : VirtualNetwork.Far6, 7));

        bench.Stack.Send(new Datagram
        {
            Source = bench.Virtual,
            Destination = new(isIPv4 ? VirtualNetwork.Far : VirtualNetwork.Far6, 7),
        }.ToFrame());

        Assert.Empty(server.Received);
        Assert.Equal(1, bench.Stack.Dropped(DropReason.SpoofedAddress));
    }
}
