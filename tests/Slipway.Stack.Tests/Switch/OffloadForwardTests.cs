using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Switching;

/// <summary>Frames with open ends between guests, and lies about them.</summary>
public sealed class OffloadForwardTests
{
    private const Offloads Card =
        Offloads.Checksum | Offloads.TcpSegments4 | Offloads.UdpSegments;

    private static readonly StreamPattern Pattern = new(4);

    private readonly StackBench _bench = new();
    private readonly RecordingPort _second;

    public OffloadForwardTests()
    {
        _second = _bench.Open(2);
        _bench.Introduce();
        _bench.Introduce(_second, StackBench.OtherMac, StackBench.OtherGuest);
        _bench.Port.TakeAll();
    }

    [Theory]
    [InlineData(Card, 1)]
    [InlineData(Offloads.Checksum, 42)]
    [InlineData(Offloads.None, 42)]
    public void TcpSegments_ToAnotherGuest_ArriveAsItsLinkTakesThem(Offloads offloads, int frames)
    {
        _second.Offloads = offloads;
        Segment segment = ToOther() with
        {
            Payload = Pattern.Bytes(0, 60_001).ToArray(),
            Sequence = uint.MaxValue - 5_000,
            Flags = TcpFlags.Acknowledgment | TcpFlags.Push | TcpFlags.Fin,
        };
        (byte[] frame, FrameOffload offload) = OffloadingCard.Leave(segment, 1_460);
        SendToOther(frame, offload);

        Assert.Equal(frames, _second.SentCount - SentBefore);
        Segment[] got = [.. _second.TakeAll().Select(bytes => Segment.ParseFrame(bytes))];
        Assert.Equal(42, got.Length);
        int offset = 0;
        foreach (Segment piece in got)
        {
            Assert.Equal(segment.Sequence + (uint)offset, piece.Sequence);
            Pattern.Verify(offset, piece.Payload);
            offset += piece.Payload.Length;
            bool isLast = offset == 60_001;
            Assert.Equal(isLast, piece.Has(TcpFlags.Fin));
            Assert.Equal(isLast, piece.Has(TcpFlags.Push));
        }

        Assert.Equal(60_001, offset);
    }

    [Theory]
    [InlineData(Card)]
    [InlineData(Offloads.None)]
    public void UdpSegments_ToAnotherGuest_ArriveOneByOne(Offloads offloads)
    {
        _second.Offloads = offloads;
        Datagram datagram = new()
        {
            Destination = new IpEndpoint(StackBench.OtherGuest, 9),
            Payload = Pattern.Bytes(0, 5_000).ToArray(),
        };
        (byte[] frame, FrameOffload offload) = OffloadingCard.Leave(datagram, 1_400);
        SendToOther(frame, offload);

        Datagram[] got = [.. _second.TakeAll().Select(bytes =>
            Datagram.Parse(Ipv4Packet.ParseFrame(bytes)))];
        Assert.Equal([1_400, 1_400, 1_400, 800], got.Select(piece => piece.Payload.Length));
        Assert.Equal(datagram.Payload, got.SelectMany(piece => piece.Payload));
    }

    [Theory]
    [InlineData(Card)]
    [InlineData(Offloads.None)]
    public void OpenChecksum_ToAnotherGuest_IsCompletedWhereItsLinkDoesNot(Offloads offloads)
    {
        _second.Offloads = offloads;
        (byte[] frame, FrameOffload offload) = OffloadingCard.Leave(
            ToOther() with { Payload = [1, 2, 3] });
        SendToOther(frame, offload);
        Assert.Equal([1, 2, 3], Segment.ParseFrame(_second.Take()!).Payload);
    }

    [Fact]
    public void Segments_LongerThanTheOtherLinksFrames_AreDropped()
    {
        (byte[] frame, FrameOffload offload) = OffloadingCard.Leave(
            ToOther() with { Payload = Pattern.Bytes(0, 9_000).ToArray() }, 3_000);
        SendToOther(frame, offload);
        Assert.Null(_second.Take());
        Assert.Equal(1, _bench.Dropped(DropReason.FrameTooLong));
    }

    /// <summary>
    /// Completing such a "checksum" would write the gateway's address over the ARP sender's.
    /// </summary>
    [Theory]
    [InlineData(Card)]
    [InlineData(Offloads.None)]
    public void OpenChecksum_InAnArpFrame_IsNotPassedOn(Offloads offloads)
    {
        _second.Offloads = offloads;
        byte[] frame = new byte[60];
        new ArpFrame
        {
            SenderMac = VirtualNetwork.GuestMac, Sender = VirtualNetwork.Guest,
        }.ToFrame().CopyTo(frame, 0);
        SendToOther(frame, new FrameOffload { ChecksumStart = 14, ChecksumOffset = 16 });
        Assert.Null(_second.Take());
    }

    [Theory]
    [InlineData(14, 12)] // the source address
    [InlineData(34, 4)]
    [InlineData(36, 16)]
    public void OpenChecksum_ElsewhereInAPacket_IsNotPassedOn(int start, int offset)
    {
        (byte[] frame, _) = OffloadingCard.Leave(ToOther() with { Payload = [1, 2, 3] });
        SendToOther(frame, new FrameOffload
        {
            ChecksumStart = (ushort)start, ChecksumOffset = (ushort)offset,
        });
        Assert.Null(_second.Take());
    }

    /// <summary>
    /// Cutting would make a good header of it, whose source nobody has looked at.
    /// </summary>
    [Fact]
    public void Segments_WithAWrongHeaderChecksum_AreNotRepaired()
    {
        (byte[] frame, FrameOffload offload) = OffloadingCard.Leave(
            ToOther() with { Payload = new byte[3_000] }, 1_000);
        VirtualNetwork.Gateway.WriteIPv4(frame.AsSpan(26));
        SendToOther(frame, offload);
        Assert.Null(_second.Take());
    }

    [Fact]
    public void HeaderLength_ThatLies_IsNotPassedOn()
    {
        _second.Offloads = Card;
        (byte[] frame, FrameOffload offload) = OffloadingCard.Leave(
            ToOther() with { Payload = new byte[3_000] }, 1_000);
        SendToOther(frame, offload with { HeaderBytes = 60_000 });
        Assert.Equal(3, _second.TakeAll().Length); // the card checks it
    }

    /// <summary>What a hostile guest may say of a frame: nothing of it breaks the switch.</summary>
    [Fact]
    public void Offloads_ThatLie_HarmNobody()
    {
        Random random = new(1);
        (byte[] good, _) = OffloadingCard.Leave(ToOther() with { Payload = new byte[3_000] }, 500);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] frame = good[..random.Next(15, good.Length + 1)];
            frame[14 + random.Next(Math.Min(40, frame.Length - 14))] = (byte)random.Next(256);
            bool toGateway = random.Next(2) == 0;
            (toGateway ? VirtualNetwork.GatewayMac : StackBench.OtherMac).Write(frame);
            int start = random.Next(14, Math.Max(15, frame.Length - 2));
            FrameOffload offload = new()
            {
                ChecksumStart = (ushort)(random.Next(3) == 0 ? 34 : start),
                ChecksumOffset = (ushort)random.Next(0, Math.Max(1, frame.Length - start - 2)),
                Kind = (SegmentKind)random.Next(4),
                SegmentBytes = (ushort)random.Next(1, 2_000),
                HeaderBytes = (ushort)random.Next(ushort.MaxValue),
            };
            offload = offload.ChecksumStart + offload.ChecksumOffset + 2 > frame.Length
                ? default : offload;
            offload = offload.Kind == SegmentKind.None
                ? offload with { SegmentBytes = 0 } : offload;
            Send(frame, offload);
            _second.TakeAll();
            _bench.Port.TakeAll();
        }
    }

    private int SentBefore { get; set; }

    private static Segment ToOther() => new()
    {
        Destination = new IpEndpoint(StackBench.OtherGuest, 80),
    };

    private void SendToOther(byte[] frame, FrameOffload offload)
    {
        StackBench.OtherMac.Write(frame);
        Send(frame, offload);
    }

    private void Send(byte[] frame, FrameOffload offload)
    {
        SentBefore = _second.SentCount;
        _bench.Stack.OnFrame(_bench.Port, frame, offload, _bench.Clock.Now);
        _bench.Turn();
    }
}
