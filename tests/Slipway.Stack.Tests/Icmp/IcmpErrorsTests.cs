using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Icmp;

public class IcmpErrorsTests
{
    private readonly StackBench _bench = new();

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(11)]
    [InlineData(12)]
    public void Error_AboutAnError_IsNotSent(byte type)
    {
        _bench.Send(
            new IcmpPacket { Type = type, Body = new byte[28] }.ToPacket() with { Ttl = 1 });
        Assert.Null(_bench.Port.Take());
    }

    [Fact]
    public void Error_AboutALaterFragment_IsNotSent()
    {
        Ipv4Packet whole = new Datagram { Payload = new byte[3_000] }.ToPacket() with { Ttl = 1 };
        Ipv4Packet[] pieces = whole.Fragment(1_480);
        _bench.Send(pieces[1]);
        Assert.Null(_bench.Port.Take());
        _bench.Send(pieces[0]);
        _bench.TakeIcmp().Must(Expect.Icmp(11, 0));
    }

    [Fact]
    public void Error_AboutABroadcastFrame_IsNotSent()
    {
        _bench.Send(new EthernetFrame
        {
            Destination = MacAddress.Broadcast,
            Payload = new Datagram { Destination = new(VirtualNetwork.Gateway, 9) }
                .ToPacket().ToBytes(),
        }.ToBytes());
        Assert.Null(_bench.Port.Take());
    }

    [Fact]
    public void Quote_OfALongPacket_FillsFiveHundredSeventySixBytes()
    {
        Datagram datagram = new()
        {
            Destination = new(VirtualNetwork.Gateway, 9), Payload = new byte[1_400],
        };
        datagram.Payload.AsSpan().Fill(7);
        _bench.Send(datagram.ToFrame());
        byte[] frame = Assert.IsType<byte[]>(_bench.Port.Take());
        Assert.Equal(14 + 576, frame.Length);
        Assert.Equal(datagram.ToBytes()[..100], IcmpPacket.ParseFrame(frame).Quote.Payload[..100]);
    }

    [Fact]
    public void Errors_ToOneGuest_AreBoundedInRateAndOthersHaveTheirOwn()
    {
        StackBench bench = new(VirtualNetwork.Settings with
        {
            Limits = new StackLimits { IcmpErrorsPerSecond = 100 },
        });
        RecordingPort second = bench.Open(2);
        Ipv4Packet packet = new Datagram().ToPacket() with { Ttl = 1 };
        for (int i = 0; i < 1_000; i++)
        {
            bench.Send(packet);
        }

        Assert.Equal(100, bench.Port.TakeAll().Length);
        Assert.Equal(900, bench.Dropped(DropReason.IcmpRate));
        bench.SendAsOther(packet, second);
        Assert.Single(second.TakeAll());

        bench.Wait(Duration.FromMilliseconds(50));
        for (int i = 0; i < 20; i++)
        {
            bench.Send(packet);
        }

        Assert.Equal(5, bench.Port.TakeAll().Length);
    }

    [Fact]
    public void Link_ThatIsFull_LosesTheError()
    {
        _bench.Port.Room = 0;
        _bench.Send(new Datagram().ToPacket() with { Ttl = 1 });
        Assert.Equal(1, _bench.Dropped(DropReason.LinkFull));
    }
}
