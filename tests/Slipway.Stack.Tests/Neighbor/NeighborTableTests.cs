using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Neighbors;

public class NeighborTableTests : INeighborWaiter
{
    private readonly StackBench _bench = new();
    private readonly List<(IpAddress Address, MacAddress? Mac)> _told = [];

    private NeighborTable Neighbors => _bench.Stack.Neighbors;

    [Fact]
    public void Guest_HeardByArp_IsKnown()
    {
        _bench.Introduce();
        Assert.True(Neighbors.TryFind(VirtualNetwork.Guest, out GuestRoute route));
        Assert.Equal(new GuestRoute(_bench.Port, VirtualNetwork.GuestMac), route);
    }

    [Fact]
    public void Guest_HeardByAPacket_IsKnown()
    {
        _bench.Send(new Datagram().ToFrame());
        Assert.True(Neighbors.TryFind(VirtualNetwork.Guest, out _));
    }

    [Fact]
    public void Guest_SilentForFiveMinutes_IsForgotten()
    {
        _bench.Introduce();
        _bench.Wait(Duration.FromSeconds(200));
        _bench.Introduce();
        _bench.Wait(Duration.FromSeconds(200));
        Assert.True(Neighbors.TryFind(VirtualNetwork.Guest, out _));
        _bench.Wait(Duration.FromSeconds(101));
        Assert.False(Neighbors.TryFind(VirtualNetwork.Guest, out _));
        Assert.Equal(Instant.Never, _bench.Stack.NextDeadline);
    }

    [Fact]
    public void Address_ClaimedByAnotherMac_StaysWithTheFirstUntilThatIsSilent()
    {
        RecordingPort second = _bench.Open(2);
        _bench.Introduce();
        _bench.Introduce(second, StackBench.OtherMac, VirtualNetwork.Guest);
        Assert.Equal(1, _bench.Dropped(DropReason.SpoofedAddress));
        Assert.True(Neighbors.TryFind(VirtualNetwork.Guest, out GuestRoute route));
        Assert.Equal(VirtualNetwork.GuestMac, route.Mac);

        _bench.Wait(Duration.FromSeconds(11));
        _bench.Introduce(second, StackBench.OtherMac, VirtualNetwork.Guest);
        Assert.True(Neighbors.TryFind(VirtualNetwork.Guest, out route));
        Assert.Equal(new GuestRoute(second, StackBench.OtherMac), route);
    }

    [Fact]
    public void Packet_FromAnotherGuestsAddress_IsDropped()
    {
        RecordingPort second = _bench.Open(2);
        _bench.Introduce();
        second.TakeAll();
        IcmpPacket ping = IcmpPacket.EchoRequest(1, 1, []) with
        {
            Destination = VirtualNetwork.Gateway,
        };
        _bench.Send(
            new EthernetFrame
            {
                Source = StackBench.OtherMac, Payload = ping.ToPacket().ToBytes(),
            }.ToBytes(), second);
        Assert.Null(second.Take());
        Assert.Equal(1, _bench.Dropped(DropReason.SpoofedAddress));

        // The holder is asked whether it lives.
        ArpFrame question = Assert.IsType<ArpFrame>(_bench.TakeArp());
        Assert.Equal(
            (VirtualNetwork.Guest, VirtualNetwork.GuestMac),
            (question.Target, question.Destination));
        Assert.Null(_bench.Port.Take());
    }

    [Fact]
    public void Claim_WhileTheHolderAnswers_NeverSucceeds()
    {
        RecordingPort second = _bench.Open(2);
        _bench.Introduce();
        _bench.Port.TakeAll();
        for (int i = 0; i < 60; i++)
        {
            _bench.Wait(Duration.FromSeconds(1));
            _bench.Introduce(second, StackBench.OtherMac);
            if (_bench.Port.TakeAll().Length > 0)
            {
                _bench.Introduce();
            }
        }

        Assert.True(Neighbors.TryFind(VirtualNetwork.Guest, out GuestRoute route));
        Assert.Same(_bench.Port, route.Port);
    }

    [Fact]
    public void Claim_AfterTheHolderFellSilent_Succeeds()
    {
        RecordingPort second = _bench.Open(2);
        _bench.Introduce();
        for (int i = 0; i < 12; i++)
        {
            _bench.Wait(Duration.FromSeconds(1));
            _bench.Introduce(second, StackBench.OtherMac);
        }

        Assert.True(Neighbors.TryFind(VirtualNetwork.Guest, out GuestRoute route));
        Assert.Same(second, route.Port);
    }

    [Fact]
    public void Guest_OnAnotherPortWithItsMac_HasMovedWhenTheFirstIsSilent()
    {
        RecordingPort second = _bench.Open(2);
        _bench.Introduce();
        _bench.Wait(Duration.FromSeconds(11));
        _bench.Introduce(second);
        _bench.Wait(Duration.FromSeconds(1));
        _bench.Introduce(second);
        Assert.True(Neighbors.TryFind(VirtualNetwork.Guest, out GuestRoute route));
        Assert.Same(second, route.Port);
    }

    [Fact]
    public void Resolve_UnknownGuest_AsksAllPortsAndTellsTheAnswer()
    {
        RecordingPort second = _bench.Open(2);
        Neighbors.Resolve(StackBench.OtherGuest, this, _bench.Clock.Now);
        Neighbors.Resolve(StackBench.OtherGuest, this, _bench.Clock.Now);
        ArpFrame request = Assert.IsType<ArpFrame>(_bench.TakeArp());
        Assert.Equal(
            (1, VirtualNetwork.Gateway, StackBench.OtherGuest, MacAddress.Broadcast),
            (request.Operation, request.Sender, request.Target, request.Destination));
        Assert.Single(second.TakeAll());

        _bench.Send(
            new ArpFrame
            {
                Operation = 2, SenderMac = StackBench.OtherMac, Sender = StackBench.OtherGuest,
                Target = VirtualNetwork.Gateway, Destination = VirtualNetwork.GatewayMac,
            }.ToFrame(), second);
        Assert.Equal([(StackBench.OtherGuest, StackBench.OtherMac)], _told);
    }

    [Fact]
    public void Resolve_KnownGuest_TellsAtOnce()
    {
        _bench.Introduce();
        Neighbors.Resolve(VirtualNetwork.Guest, this, _bench.Clock.Now);
        Assert.Equal([(VirtualNetwork.Guest, VirtualNetwork.GuestMac)], _told);
        Assert.Null(_bench.Port.Take());
    }

    [Fact]
    public void Resolve_NobodyAnswers_AsksThreeTimesAndFails()
    {
        Neighbors.Resolve(StackBench.OtherGuest, this, _bench.Clock.Now);
        _bench.Wait(Duration.FromMilliseconds(2_900));
        Assert.Equal(3, _bench.Port.TakeAll().Length);
        Assert.Empty(_told);
        _bench.Wait(Duration.FromMilliseconds(200));
        Assert.Equal([(StackBench.OtherGuest, (MacAddress?)null)], _told);
        Assert.Equal(1, _bench.Dropped(DropReason.NoNeighbor));
        Assert.Empty(_bench.Port.TakeAll());
    }

    [Fact]
    public void Resolve_TooManyAtOnce_FailsTheRest()
    {
        for (uint i = 0; i < 300; i++)
        {
            Neighbors.Resolve(IpAddress.FromIPv4(0xc0a8_7f02 + i), this, _bench.Clock.Now);
        }

        Assert.Equal(44, _told.Count);
        _bench.Wait(Duration.FromSeconds(4));
        Assert.Equal(300, _told.Count);
    }

    [Fact]
    public void Table_FloodedWithAddresses_StaysBounded()
    {
        StackBench bench = new(
            VirtualNetwork.Settings with { Limits = new StackLimits { Neighbors = 50 } });
        for (uint i = 3; i < 250; i++)
        {
            bench.Introduce(
                mac: new MacAddress(0x0200_0000_0000ul + i),
                address: IpAddress.FromIPv4(0xc0a8_7f00 + i));
        }

        Assert.Equal(50, bench.Stack.Neighbors.Count);
    }

    void INeighborWaiter.OnNeighborResolved(IpAddress address, in GuestRoute route, Instant now) =>
        _told.Add((address, route.Mac));

    void INeighborWaiter.OnNeighborFailed(IpAddress address, Instant now) =>
        _told.Add((address, null));
}
