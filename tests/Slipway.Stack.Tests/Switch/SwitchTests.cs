using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Switching;

public class SwitchTests
{
    private static readonly MacAddress MulticastMac = new(0x0100_5e00_00fb);

    private readonly StackBench _bench = new();
    private readonly RecordingPort _second;
    private readonly RecordingPort _third;

    public SwitchTests()
    {
        _second = _bench.Open(2);
        _third = _bench.Open(3);
    }

    [Fact]
    public void Unicast_ToAKnownMac_GoesToItsPortAlone()
    {
        _bench.Introduce(_second, StackBench.OtherMac, StackBench.OtherGuest);
        Clear();
        byte[] frame = Frame(StackBench.OtherMac);
        _bench.Send(frame);
        Assert.Equal(frame, _second.Take());
        Assert.Equal(0, _second.PendingCount + _third.PendingCount + _bench.Port.PendingCount);
    }

    [Fact]
    public void Unicast_ToAnUnknownMac_IsFloodedToOtherPorts()
    {
        _bench.Send(Frame(StackBench.OtherMac));
        Assert.Equal((0, 1, 1), Pending());
    }

    [Theory]
    [InlineData(0xffff_ffff_fffful)]
    [InlineData(0x0100_5e00_00fbul)]
    public void Group_Frames_AreFloodedAndReachTheStack(ulong destination)
    {
        _bench.Send(Frame(new MacAddress(destination), type: 0x86dd));
        Assert.Equal((0, 1, 1), Pending());
        Assert.Equal(1, _bench.Dropped(DropReason.EtherType));
    }

    [Fact]
    public void Frames_ToTheGateway_AreNotForwarded()
    {
        _bench.Send((IcmpPacket.EchoRequest(1, 1, []) with
        {
            Destination = VirtualNetwork.Gateway,
        }).ToFrame());
        Assert.Equal((1, 0, 0), Pending());
    }

    [Fact]
    public void Unicast_ToTheSendersOwnPort_IsNotSentBack()
    {
        _bench.Introduce(mac: StackBench.OtherMac, address: StackBench.OtherGuest);
        Clear();
        _bench.Send(Frame(StackBench.OtherMac));
        Assert.Equal((0, 0, 0), Pending());
    }

    [Fact]
    public void Mac_SeenAtAnotherPort_StaysWhileItsHolderAnswers()
    {
        _bench.Introduce(_second, StackBench.OtherMac, StackBench.OtherGuest);
        for (int i = 0; i < 30; i++)
        {
            _bench.Wait(Duration.FromSeconds(1));
            Clear();
            _bench.Introduce(_third, StackBench.OtherMac, StackBench.OtherGuest);
            if (_second.PendingCount > 0)
            {
                _bench.Introduce(_second, StackBench.OtherMac, StackBench.OtherGuest);
            }
        }

        Clear();
        _bench.Send(Frame(StackBench.OtherMac));
        Assert.Equal((0, 1, 0), Pending());
        Assert.Equal(30, _bench.Dropped(DropReason.SpoofedMac));
    }

    [Fact]
    public void Mac_SeenAtAnotherPort_HasMovedWhenTheFirstIsSilent()
    {
        _bench.Introduce(_second, StackBench.OtherMac, StackBench.OtherGuest);
        for (int i = 0; i < 12; i++)
        {
            _bench.Wait(Duration.FromSeconds(1));
            _bench.Introduce(_third, StackBench.OtherMac, StackBench.OtherGuest);
        }

        Clear();
        _bench.Send(Frame(StackBench.OtherMac));
        Assert.Equal((0, 0, 1), Pending());
    }

    [Fact]
    public void Mac_OfAClosedPort_MovesAtOnce()
    {
        _bench.Introduce(_second, StackBench.OtherMac, StackBench.OtherGuest);
        _bench.Stack.OnPortClosed(_second, _bench.Clock.Now);
        _bench.Introduce(_third, StackBench.OtherMac, StackBench.OtherGuest);
        Clear();
        _bench.Send(Frame(StackBench.OtherMac));
        Assert.Equal((0, 0, 1), Pending());
    }

    [Fact]
    public void Mac_SilentForFiveMinutes_IsForgotten()
    {
        _bench.Introduce(_second, StackBench.OtherMac, StackBench.OtherGuest);
        _bench.Wait(Duration.FromSeconds(301));
        Clear();
        _bench.Send(Frame(StackBench.OtherMac));
        Assert.Equal((0, 1, 1), Pending());
    }

    [Fact]
    public void Port_Closed_IsForgotten()
    {
        _bench.Introduce(_second, StackBench.OtherMac, StackBench.OtherGuest);
        _bench.Stack.OnPortClosed(_second, _bench.Clock.Now);
        Clear();
        _bench.Send(Frame(StackBench.OtherMac));
        Assert.Equal((0, 0, 1), Pending());
    }

    [Theory]
    [InlineData(0x5a94_efe4_0cddul)]
    [InlineData(0x0100_5e00_00fbul)]
    [InlineData(0ul)]
    public void Source_ThatNoGuestHas_IsDroppedAndCounted(ulong source)
    {
        _bench.Send(Frame(MacAddress.Broadcast, source: new MacAddress(source)));
        Assert.Equal((0, 0, 0), Pending());
        Assert.Equal(1, _bench.Dropped(DropReason.SpoofedMac));
        Assert.Equal(0, _bench.Stack.StationCount);
    }

    [Theory]
    [InlineData(0x8100)]
    [InlineData(0x88a8)]
    public void Vlan_Tags_AreDroppedAndCounted(int type)
    {
        _bench.Send(Frame(MacAddress.Broadcast, type: (ushort)type));
        Assert.Equal((0, 0, 0), Pending());
        Assert.Equal(1, _bench.Dropped(DropReason.EtherType));
    }

    [Fact]
    public void Packet_OfTheGatewaysAddressToAnotherGuest_IsDropped()
    {
        _bench.Introduce(_second, StackBench.OtherMac, StackBench.OtherGuest);
        Clear();
        byte[] packet = new Ipv4Packet
        {
            Source = VirtualNetwork.Gateway, Destination = StackBench.OtherGuest,
        }.ToBytes();
        _bench.Send(
            new EthernetFrame { Destination = StackBench.OtherMac, Payload = packet }.ToBytes());
        Assert.Equal((0, 0, 0), Pending());
        Assert.Equal(1, _bench.Dropped(DropReason.SpoofedAddress));
    }

    [Fact]
    public void Frame_TooLong_IsDroppedAndCounted()
    {
        _bench.Send(Frame(MacAddress.Broadcast, length: 1_501));
        Assert.Equal((0, 0, 0), Pending());
        Assert.Equal(1, _bench.Dropped(DropReason.FrameTooLong));
    }

    [Fact]
    public void Frame_TooLongForTheOtherLink_IsDroppedAndCounted()
    {
        _second.MtuBytes = 1_000;
        _bench.Send(Frame(StackBench.OtherMac, length: 1_200));
        Assert.Equal((0, 0, 1), Pending());
        Assert.Equal(1, _bench.Dropped(DropReason.FrameTooLong));
    }

    [Fact]
    public void Frame_OfEachShortLength_IsCountedAsTruncated()
    {
        for (int length = 0; length < 14; length++)
        {
            _bench.Send(new byte[length]);
        }

        Assert.Equal(14, _bench.Counters.Malformeds(ParseError.Truncated));
    }

    [Fact]
    public void Link_ThatIsFull_LosesTheFrameAndOthersGetIt()
    {
        _second.Room = 0;
        _bench.Send(Frame(MulticastMac, type: 0x86dd));
        Assert.Equal((0, 0, 1), Pending());
        Assert.Equal(1, _bench.Dropped(DropReason.LinkFull));
    }

    [Fact]
    public void Table_FloodedWithMacs_StaysBoundedAndServes()
    {
        StackBench bench = new(
            VirtualNetwork.Settings with { Limits = new StackLimits { SwitchAddresses = 100 } });
        RecordingPort second = bench.Open(2);
        for (uint i = 0; i < 5_000; i++)
        {
            MacAddress source = new(0x0200_1000_0000ul + i);
            bench.Send(Frame(VirtualNetwork.GatewayMac, source, type: 0x1234));
        }

        Assert.Equal(50, bench.Stack.StationCount);
        bench.Introduce(second, StackBench.OtherMac, StackBench.OtherGuest);
        bench.Send(Frame(StackBench.OtherMac));
        Assert.Equal(1, second.PendingCount);
    }

    [Fact]
    public void Switching_InSteadyState_AllocatesNothing()
    {
        _bench.Introduce(_second, StackBench.OtherMac, StackBench.OtherGuest);
        int seen = 0;
        _second.Sink = _ => seen++;
        _third.Sink = _ => seen++;
        byte[] known = Frame(StackBench.OtherMac);
        byte[] flooded = Frame(new MacAddress(0x0200_0000_0009));
        SteadyState.AllocatesNothing(500, () =>
        {
            _bench.Stack.OnFrame(_bench.Port, known, _bench.Clock.Now);
            _bench.Stack.OnFrame(_bench.Port, flooded, _bench.Clock.Now);
        });
        Assert.Equal(3 * 500 * SteadyState.Windows, seen);
    }

    private static byte[] Frame(
        MacAddress destination, MacAddress? source = null, ushort type = 0x0800, int length = 46) =>
        new EthernetFrame
        {
            Destination = destination,
            Source = source ?? VirtualNetwork.GuestMac,
            Type = type,
            Payload = new byte[length],
        }.ToBytes();

    private (int First, int Second, int Third) Pending() =>
        (_bench.Port.PendingCount, _second.PendingCount, _third.PendingCount);

    private void Clear()
    {
        _bench.Port.TakeAll();
        _second.TakeAll();
        _third.TakeAll();
    }
}
