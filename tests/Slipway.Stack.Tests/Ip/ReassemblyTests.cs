using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Ip;

public class ReassemblyTests
{
    private readonly StackBench _bench = new();
    private readonly byte[] _body = new byte[4_000];

    public ReassemblyTests() => new Random(5).NextBytes(_body);

    private Ipv4Packet Ping => (IcmpPacket.EchoRequest(7, 9, _body) with
    {
        Destination = VirtualNetwork.Gateway,
    }).ToPacket() with { Identification = 77 };

    [Theory]
    [InlineData(0, 1, 2)]
    [InlineData(2, 1, 0)]
    [InlineData(1, 2, 0)]
    [InlineData(2, 0, 1)]
    public void Fragments_InAnyOrder_MakeThePacket(int first, int second, int third)
    {
        Ipv4Packet[] pieces = Ping.Fragment(1_480);
        _bench.Send(pieces[first]);
        _bench.Send(pieces[second]);
        Assert.Null(_bench.Port.Take());
        _bench.Send(pieces[third]);
        AssertAnswered();
    }

    [Fact]
    public void Fragments_OfEightBytesInRandomOrder_MakeThePacket()
    {
        Ipv4Packet[] pieces = Ping.Fragment(8);
        new Random(3).Shuffle(pieces);
        Array.ForEach(pieces, _bench.Send);
        AssertAnswered();
    }

    [Fact]
    public void Fragments_Duplicated_MakeThePacketOnce()
    {
        Ipv4Packet[] pieces = Ping.Fragment(1_480);
        _bench.Send(pieces[0]);
        _bench.Send(pieces[0]);
        _bench.Send(pieces[2]);
        _bench.Send(pieces[2]);
        _bench.Send(pieces[1]);
        AssertAnswered();
        Assert.Equal(0, _bench.Dropped(DropReason.BadFragment));
    }

    [Fact]
    public void Fragments_OfTwoPackets_AreNotMixed()
    {
        Ipv4Packet[] one = Ping.Fragment(1_480);
        Ipv4Packet[] two = (Ping with { Identification = 78 }).Fragment(1_480);
        _bench.Send(one[0]);
        _bench.Send(two[1]);
        _bench.Send(two[2]);
        _bench.Send(one[1]);
        Assert.Null(_bench.Port.Take());
        Assert.Equal(2, _bench.Stack.ReassemblyCount);
        _bench.Send(one[2]);
        AssertAnswered(waiting: 1);
    }

    [Theory]
    [InlineData(0, 16, 8, 16)]
    [InlineData(8, 16, 0, 16)]
    [InlineData(0, 32, 8, 8)]
    [InlineData(8, 8, 0, 32)]
    [InlineData(0, 24, 0, 16)]
    public void Fragments_ThatOverlap_DropTheDatagram(
        int offset, int length, int overlapOffset, int overlapLength)
    {
        // CVE-2019-15890, CVE-2020-1983, teardrop; RFC 5722.
        _bench.Send(Piece(offset, length));
        _bench.Send(Piece(overlapOffset, overlapLength));
        Assert.Equal(1, _bench.Dropped(DropReason.BadFragment));
        Assert.Equal(0, _bench.Stack.ReassemblyCount);
    }

    [Fact]
    public void Fragment_CoveringTwoOthersExactly_IsAnOverlap()
    {
        _bench.Send(Piece(0, 8));
        _bench.Send(Piece(8, 8));
        _bench.Send(Piece(0, 16));
        Assert.Equal(1, _bench.Dropped(DropReason.BadFragment));
    }

    [Theory]
    [InlineData(65_528, 8)]
    [InlineData(65_512, 16)]
    public void Fragment_PassingTheLongestPacket_IsDropped(int offset, int length)
    {
        _bench.Send(Piece(offset, length));
        Assert.Equal(1, _bench.Dropped(DropReason.BadFragment));
        Assert.Equal(0, _bench.Stack.ReassemblyCount);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(0)]
    [InlineData(1_001)]
    public void Fragment_OfALengthThatOnlyTheLastHas_IsDropped(int length)
    {
        _bench.Send(Piece(0, length));
        Assert.Equal(1, _bench.Dropped(DropReason.BadFragment));
    }

    [Fact]
    public void Fragments_WithTwoEnds_AreDropped()
    {
        _bench.Send(Piece(80, 8) with { MoreFragments = false });
        _bench.Send(Piece(160, 8) with { MoreFragments = false });
        Assert.Equal(1, _bench.Dropped(DropReason.BadFragment));
        _bench.Send(Piece(160, 8));
        _bench.Send(Piece(80, 8) with { MoreFragments = false });
        Assert.Equal(2, _bench.Dropped(DropReason.BadFragment));
    }

    [Fact]
    public void Fragments_OutgrowingTheFirst_HarmNothing()
    {
        // CVE-2018-11806, CVE-2019-14378: a large first fragment, then the rest up to the end.
        Ipv4Packet whole = (IcmpPacket.EchoRequest(1, 1, new byte[65_507]) with
        {
            Destination = VirtualNetwork.Gateway,
        }).ToPacket();
        Assert.Equal(65_515, whole.Payload.Length);
        Array.ForEach(whole.Fragment(1_480), _bench.Send);
        Assert.Equal(65_507, IcmpPacket.Parse(_bench.TakeFragmented()).Body.Length);
    }

    [Fact]
    public void Fragments_OfAnOptionHeader_MayNotPassTheEndWithIt()
    {
        _bench.Send(Piece(65_488, 8) with { Options = [1, 1, 1, 1] });
        _bench.Send(Piece(65_488, 8) with { Options = new byte[40], Identification = 6 });
        Assert.Equal(1, _bench.Dropped(DropReason.BadFragment));
    }

    [Fact]
    public void Rest_NotThereAfterThirtySeconds_IsTimeExceededAboutTheFirst()
    {
        Ipv4Packet first = Ping.Fragment(1_480)[0];
        _bench.Send(first);
        _bench.Wait(Duration.FromSeconds(29));
        Assert.Null(_bench.Port.Take());
        _bench.Wait(Duration.FromSeconds(2));
        IcmpPacket error = _bench.TakeIcmp().Must(Expect.Icmp(11, 1));
        Assert.Equal(576 - 28, error.Body.Length);
        Assert.Equal(first.Payload[..100], error.Quote.Payload[..100]);
        Assert.Equal(77, error.Quote.Identification);
        Assert.Equal(1, _bench.Dropped(DropReason.FragmentTimeout));
        Assert.Equal(0, _bench.Stack.ReassemblyCount);
    }

    [Fact]
    public void First_NeverThere_IsGivenUpSilently()
    {
        // RFC 792: no time exceeded without fragment zero.
        _bench.Send(Ping.Fragment(1_480)[1]);
        _bench.Wait(Duration.FromSeconds(31));
        Assert.Null(_bench.Port.Take());
        Assert.Equal(0, _bench.Stack.ReassemblyCount);
    }

    [Fact]
    public void Fragments_OfManyPackets_StayBoundedAndTheLastIsServed()
    {
        // CVE-2018-5391: 100,000 identifications.
        for (int i = 0; i < 100_000; i++)
        {
            _bench.Stack.OnFrame(
                _bench.Port, (Piece(8, 8) with
                {
                    Identification = (ushort)i, Source = VirtualNetwork.Guest,
                }).ToFrame(),
                _bench.Clock.Now);
        }

        Assert.InRange(_bench.Stack.ReassemblyCount, 1, 64);
        Assert.True(_bench.Dropped(DropReason.FragmentLimit) > 60_000);
        Array.ForEach(Ping.Fragment(1_480), _bench.Send);
        AssertAnswered(waiting: 63);
    }

    [Fact]
    public void Buffers_Reused_DoNotRememberTheFormerDatagram()
    {
        for (int i = 0; i < 200; i++)
        {
            Ipv4Packet[] pieces = (Ping with { Identification = (ushort)i })
                .Fragment(i % 2 == 0 ? 1_480 : 808);
            Array.ForEach(pieces, _bench.Send);
            AssertAnswered();
        }
    }

    [Fact]
    public void Port_Closed_DropsItsFragments()
    {
        _bench.Send(Ping.Fragment(1_480)[0]);
        _bench.Stack.OnPortClosed(_bench.Port, _bench.Clock.Now);
        Assert.Equal(0, _bench.Stack.ReassemblyCount);
        _bench.Wait(Duration.FromSeconds(31));
        Assert.Null(_bench.Port.Take());
    }

    [Fact]
    public void Reassembly_InSteadyState_AllocatesNothing()
    {
        byte[][] frames = [.. Ping.Fragment(1_480).Select(piece => piece.ToFrame())];
        int seen = 0;
        _bench.Port.Sink = _ => seen++;
        SteadyState.AllocatesNothing(100, () =>
        {
            foreach (byte[] frame in frames)
            {
                _bench.Stack.OnFrame(_bench.Port, frame, _bench.Clock.Now);
            }
        });
        Assert.Equal(3 * 100 * SteadyState.Windows, seen);
    }

    private static Ipv4Packet Piece(int offset, int length) => new()
    {
        Destination = VirtualNetwork.Gateway,
        Protocol = IpProtocol.Icmp,
        Identification = 5,
        DontFragment = false,
        MoreFragments = true,
        FragmentOffsetBytes = offset,
        Payload = new byte[length],
    };

    private void AssertAnswered(int waiting = 0)
    {
        IcmpPacket reply = IcmpPacket.Parse(_bench.TakeFragmented());
        Assert.Equal((0, 7, 9), (reply.Type, reply.Identifier, reply.SequenceNumber));
        Assert.Equal(_body, reply.Body);
        Assert.Equal(waiting, _bench.Stack.ReassemblyCount);
    }
}
