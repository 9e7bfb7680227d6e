using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Ipv6;

/// <summary>Fragments of IPv6 (RFC 8200 section 4.5, RFC 5722, RFC 6946).</summary>
public class Ipv6FragmentTests
{
    private readonly StackBench _bench = new(VirtualNetwork.Settings6);
    private readonly byte[] _body = new byte[4_000];

    public Ipv6FragmentTests() => new Random(5).NextBytes(_body);

    private Ipv6Packet Ping => IcmpPacket.EchoRequest6(7, 9, _body).ToPacket6() with
    {
        Identification = 0x7700_0077,
    };

    [Theory]
    [InlineData(0, 1, 2)]
    [InlineData(2, 1, 0)]
    [InlineData(1, 2, 0)]
    [InlineData(2, 0, 1)]
    public void Fragments_InAnyOrder_MakeThePacket(int first, int second, int third)
    {
        Ipv6Packet[] pieces = Ping.Fragment(1_440);
        _bench.Send(pieces[first]);
        _bench.Send(pieces[second]);
        Assert.Null(_bench.Port.Take());
        _bench.Send(pieces[third]);
        AssertAnswered();
    }

    [Fact]
    public void Fragments_OfEightBytesInRandomOrder_MakeThePacket()
    {
        Ipv6Packet[] pieces = Ping.Fragment(8);
        new Random(3).Shuffle(pieces);
        Array.ForEach(pieces, _bench.Send);
        AssertAnswered();
    }

    [Fact]
    public void Fragments_Duplicated_MakeThePacketOnce()
    {
        foreach (Ipv6Packet piece in Ping.Fragment(1_440).Reverse())
        {
            Assert.Null(_bench.Port.Take());
            _bench.Send(piece);
            if (piece.FragmentOffsetBytes > 0)
            {
                _bench.Send(piece);
            }
        }

        AssertAnswered();
        Assert.Equal(0, _bench.Dropped(DropReason.BadFragment));
    }

    [Fact]
    public void Fragments_OfTwoPackets_AreNotMixed()
    {
        Ipv6Packet[] one = Ping.Fragment(1_440);
        Ipv6Packet[] two = (Ping with { Identification = 0x0000_0077 }).Fragment(1_440);
        _bench.Send(one[0]);
        _bench.Send(two[1]);
        _bench.Send(two[2]);
        _bench.Send(one[1]);
        Assert.Equal(2, _bench.Stack.ReassemblyCount);
        _bench.Send(one[2]);
        AssertAnswered(waiting: 1);
    }

    [Fact]
    public void Fragments_OfIpv4WithTheSameIdentification_AreNotMixed()
    {
        IcmpPacket ping = IcmpPacket.EchoRequest(7, 9, _body) with
        {
            Destination = VirtualNetwork.Gateway,
        };
        Ipv4Packet[] four = (ping.ToPacket() with { Identification = 0x77 }).Fragment(1_440);
        Ipv6Packet[] six = (Ping with { Identification = 0x77 }).Fragment(1_440);
        _bench.Send(four[0]);
        _bench.Send(six[1]);
        _bench.Send(six[2]);
        Assert.Equal(2, _bench.Stack.ReassemblyCount);
        _bench.Send(six[0]);
        AssertAnswered(waiting: 1);
        _bench.Send(four[1]);
        _bench.Send(four[2]);
        Assert.Equal(_body, IcmpPacket.Parse(_bench.TakeFragmented()).Body);
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
        _bench.Send(Piece(offset, length));
        _bench.Send(Piece(overlapOffset, overlapLength));
        Assert.Null(_bench.Port.Take());
        Assert.Equal(1, _bench.Dropped(DropReason.BadFragment));
        Assert.Equal(0, _bench.Stack.ReassemblyCount);
    }

    [Fact]
    public void Fragment_Atomic_IsHandledWholeAndApart()
    {
        // RFC 6946: whatever waits under the same identification.
        Ipv6Packet[] pieces = Ping.Fragment(1_440);
        _bench.Send(pieces[0]);
        _bench.Send(IcmpPacket.EchoRequest6(1, 2, [3]).ToPacket6() with
        {
            HasFragmentHeader = true, Identification = 0x7700_0077,
        });
        Assert.Equal([3], _bench.TakeIcmp().Must().Body);
        _bench.Send(pieces[1]);
        _bench.Send(pieces[2]);
        AssertAnswered();
    }

    [Theory]
    [InlineData(7)]
    [InlineData(1_001)]
    public void Fragment_OfALengthThatOnlyTheLastHas_IsToldThePayloadLength(int length)
    {
        _bench.Send(Piece(0, length));
        Assert.Equal(4u, _bench.TakeIcmp().Must(Expect.Icmp(4, 0)).RestOfHeader);
        Assert.Equal(1, _bench.Dropped(DropReason.BadFragment));
        Assert.Equal(0, _bench.Stack.ReassemblyCount);
    }

    [Theory]
    [InlineData(65_528, 8, false, 42)]
    [InlineData(65_520, 16, false, 42)]
    [InlineData(65_528, 7, true, 50)]
    [InlineData(65_520, 8, true, 50)]
    public void Fragment_PassingTheLongestPacket_IsToldTheOffset(
        int offset, int length, bool hasOptions, uint pointer)
    {
        // What stands before the fragment header is part of the payload that is put together.
        _bench.Send(Piece(offset, length) with
        {
            MoreFragments = false,
            Extensions = hasOptions ? [(IpProtocol.DestinationOptions, new byte[8])] : [],
        });
        Assert.Equal(pointer, _bench.TakeIcmp().Must(Expect.Icmp(4, 0)).RestOfHeader);
        Assert.Equal(1, _bench.Dropped(DropReason.BadFragment));
        Assert.Equal(0, _bench.Stack.ReassemblyCount);
    }

    [Theory]
    [InlineData(58, 8, false)]
    [InlineData(17, 8, false)]
    [InlineData(6, 16, true)]
    [InlineData(6, 24, false)]
    [InlineData(60, 8, true)]
    [InlineData(60, 16, false)]
    public void Fragment_ThatIsTheFirst_HoldsAllHeaders(byte protocol, int length, bool isCut)
    {
        // RFC 7112: else what stands in it is hidden from who looks at first fragments.
        _bench.Send(Piece(0, length) with
        {
            Protocol = (IpProtocol)protocol,
            Payload = [protocol == 60 ? (byte)17 : (byte)128, 0, 1, 4, .. new byte[length - 4]],
        });
        Assert.Equal(isCut, _bench.TakeIcmp()?.Must(Expect.Icmp(4, 3)).RestOfHeader == 0);
        Assert.Equal(isCut ? 0 : 1, _bench.Stack.ReassemblyCount);
    }

    [Theory]
    [InlineData(65_526)]
    [InlineData(65_527)]
    public void Fragments_OfTheLongestPacket_AreAnswered(int body)
    {
        byte[] bytes = new byte[body];
        new Random(1).NextBytes(bytes);
        Ipv6Packet[] pieces = IcmpPacket.EchoRequest6(1, 1, bytes).ToPacket6().Fragment(1_440);
        Array.ForEach(pieces, _bench.Send);
        Assert.Equal(bytes, IcmpPacket.Parse(_bench.TakeFragmented6()).Body);
    }

    [Fact]
    public void Fragments_WithOptionsInFront_MakeThePacket()
    {
        Ipv6Packet packet = Ping with
        {
            Extensions = [(IpProtocol.HopByHop, new byte[8])],
            Protocol = IpProtocol.DestinationOptions,
            Payload = [58, 0, 1, 4, 0, 0, 0, 0, .. Ping.Payload],
        };
        Array.ForEach(packet.Fragment(1_440), _bench.Send);
        AssertAnswered();
    }

    [Theory]
    [InlineData(44)]
    [InlineData(0)]
    public void Fragments_ThatHoldWhatMayNotBeThere_HarmNothing(byte next)
    {
        Ipv6Packet packet = Ping with
        {
            Protocol = (IpProtocol)next, Payload = [58, 0, 0, 1, 0, 0, 0, 0, .. Ping.Payload],
        };
        Array.ForEach(packet.Fragment(1_440), _bench.Send);
        Assert.All(_bench.Port.TakeAll(), frame => FrameCheck.MustBeWellFormed(frame));
        Assert.Equal(0, _bench.Stack.ReassemblyCount);
    }

    [Fact]
    public void Rest_NeverThere_IsTimeExceededAboutTheFirst()
    {
        Ipv6Packet first = Ping.Fragment(1_440)[0];
        _bench.Send(first);
        _bench.Wait(Duration.FromSeconds(61));
        IcmpPacket error = _bench.Port.TakeAll().Select(frame => IcmpPacket.ParseFrame(frame))
            .Single();
        error.Must(Expect.Icmp(3, 1));
        Assert.Equal(first.Payload[..100], error.Quote6.Payload[..100]);
        Assert.Equal(1, _bench.Dropped(DropReason.FragmentTimeout));
        Assert.Equal(0, _bench.Stack.ReassemblyCount);
    }

    [Fact]
    public void First_NeverThere_IsGivenUpSilently()
    {
        _bench.Send(Ping.Fragment(1_440)[1]);
        _bench.Wait(Duration.FromSeconds(61));
        Assert.Null(_bench.Port.Take());
        Assert.Equal(0, _bench.Stack.ReassemblyCount);
    }

    [Fact]
    public void Fragment_OtherThanTheFirst_HasNoErrorAboutItsWay()
    {
        Ipv6Packet[] pieces = Ping.Fragment(1_440);
        _bench.Send(pieces[1] with { Destination = StackBench.OtherGuest6 });
        _bench.Send(pieces[1] with { Destination = VirtualNetwork.Far6, HopLimit = 1 });
        Assert.Null(_bench.Port.Take());
        _bench.Send(pieces[0] with { Destination = StackBench.OtherGuest6 });
        _bench.TakeIcmp().Must(Expect.Icmp(1, 3));
    }

    [Fact]
    public void Fragments_OfManyPackets_StayBoundedAndTheLastIsServed()
    {
        for (uint i = 0; i < 10_000; i++)
        {
            _bench.Stack.OnFrame(
                _bench.Port, (Piece(8, 8) with { Identification = i }).ToFrame(),
                _bench.Clock.Now);
        }

        Assert.InRange(_bench.Stack.ReassemblyCount, 1, 64);
        Array.ForEach(Ping.Fragment(1_440), _bench.Send);
        AssertAnswered(waiting: 63);
    }

    [Fact]
    public void Fragments_OfTcpToAGroup_OpenNothing()
    {
        // The first names a protocol that groups may have, the upper layer is another.
        Segment syn = new()
        {
            Source = VirtualNetwork.GuestEndpoint6, Destination = new(VirtualNetwork.AllNodes, 80),
            Flags = TcpFlags.Syn,
        };
        Ipv6Packet packet = syn.ToPacket6() with
        {
            Protocol = IpProtocol.DestinationOptions,
            Payload = [6, 0, 1, 4, 0, 0, 0, 0, .. syn.ToBytes()],
        };
        Array.ForEach(packet.Fragment(32), _bench.Send);
        Array.ForEach((syn with { Payload = new byte[9] }).ToPacket6().Fragment(24), _bench.Send);
        Assert.Null(_bench.Port.Take());
        Assert.Equal(0, _bench.Host.ConnectCount);
    }

    [Fact]
    public void Reassembly_InSteadyState_AllocatesNothing()
    {
        byte[][] frames = [.. Ping.Fragment(1_440).Select(piece => piece.ToFrame())];
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

    private static Ipv6Packet Piece(int offset, int length) => new()
    {
        Destination = VirtualNetwork.Gateway6,
        Protocol = IpProtocol.IcmpV6,
        HasFragmentHeader = true,
        Identification = 5,
        MoreFragments = true,
        FragmentOffsetBytes = offset,
        Payload = [128, .. new byte[length - 1]],
    };

    private void AssertAnswered(int waiting = 0)
    {
        IcmpPacket reply = IcmpPacket.Parse(_bench.TakeFragmented6());
        Assert.Equal((129, 7, 9), (reply.Type, reply.Identifier, reply.SequenceNumber));
        Assert.Equal(_body, reply.Body);
        Assert.Equal(waiting, _bench.Stack.ReassemblyCount);
    }
}
