using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Tcp;

/// <summary>
/// A guest's link that completes checksums and cuts segments, in both directions.
/// </summary>
public sealed class TcpOffloadTests
{
    private const Offloads Card = Offloads.Checksum | Offloads.TcpSegments4;
    private static readonly StreamPattern Pattern = new(9);

    private readonly TcpScript _script = new();

    public TcpOffloadTests()
    {
        _script.Port.Offloads = Card;
        _script.LeavesChecksums = true;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Text_ToTheGuest_GoesInFewFramesAndArrivesInSegments(bool timestamps)
    {
        SegmentOptions linux = SegmentOptions.Linux;
        SimConnection host = _script.Connect(
            timestamps ? linux : linux with { Timestamps = null });
        const int total = 1_000_000;
        int written = 0;
        int received = 0;
        int segments = 0;
        while (received < total)
        {
            written += host.Write(Pattern.Bytes(written, Math.Min(200_000, total - written)));
            _script.Turn();
            foreach (Segment segment in _script.TakeAll())
            {
                Assert.Equal(_script.EngineNext, segment.Sequence);
                Pattern.Verify(received, segment.Payload);
                received += segment.Payload.Length;
                segments++;
                _script.EngineNext = segment.End;
            }

            _script.Send(_script.Ack);
        }

        Assert.Equal(0, _script.Counters.TcpSegmentsRetransmitted);
        Assert.InRange(_script.Port.SentCount, 1, segments / 8);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(500)]
    public void Text_BeyondASmallSegment_IsCut(int segmentBytes)
    {
        SimConnection host = _script.Connect(SegmentOptions.Linux with
        {
            Timestamps = null, MaximumSegmentSize = (ushort)segmentBytes,
        });
        host.Write(Pattern.Bytes(0, 510));
        _script.Turn();
        List<Segment> segments = _script.TakeAll();
        Assert.Equal(510, segments.Sum(segment => segment.Payload.Length));
        Assert.All(segments, segment =>
            Assert.InRange(segment.Payload.Length, 1, segmentBytes));
    }

    [Fact]
    public void Window_Full_HasNoSmallTail()
    {
        SimConnection host = _script.Connect(
            SegmentOptions.None with { MaximumSegmentSize = 1460 }, 10_000);
        host.Write(Pattern.Bytes(0, 100_000));
        _script.Turn();
        Assert.All(_script.TakeAll(), segment => Assert.Equal(1460, segment.Payload.Length));
    }

    /// <summary>After a timeout only what the guest lacks goes again (RFC 6675).</summary>
    [Fact]
    public void Timeout_ThenSack_PassesOverWhatTheGuestHolds()
    {
        SimConnection host = _script.Connect(SegmentOptions.Linux with { Timestamps = null });
        host.Write(Pattern.Bytes(0, 14_600));
        _script.Turn();
        uint first = _script.EngineNext;
        _script.Elapse(Duration.FromMilliseconds(1_500));
        _script.TakeAll();
        _script.EngineNext = first + 1460;
        _script.Send(_script.Ack with
        {
            Options = new SegmentOptions
            {
                SackBlocks = [(first + (2 * 1460), first + (9 * 1460))],
            },
        });
        Assert.All(_script.TakeAll(), segment =>
            Assert.False(
                segment.Sequence >= first + (2 * 1460) && segment.Sequence < first + (9 * 1460)));
    }

    /// <summary>A short virtqueue at rest has room for one segment and never for 64 KiB.</summary>
    [Fact]
    public void Link_WithLittleRoom_IsNotWaitedForWhenNothingIsUnderWay()
    {
        SimConnection host = _script.Connect(SegmentOptions.Linux with { Timestamps = null });
        _script.Port.LargestNow = 2_000;
        host.Write([1, 2, 3]);
        _script.Turn();
        Assert.Equal([1, 2, 3], Assert.Single(_script.TakeAll()).Payload);
    }

    /// <summary>Programs that read and write raw frames expect what a wire carries.</summary>
    [Fact]
    public void Text_ToAGuestThatWritesWholeFrames_IsWholeFrames()
    {
        _script.LeavesChecksums = false;
        SimConnection host = _script.Connect(SegmentOptions.Linux with { Timestamps = null });
        host.Write(Pattern.Bytes(0, 14_600));
        int before = _script.Port.SentCount;
        _script.Turn();
        Assert.Equal(10, _script.Port.SentCount - before);
        Assert.Equal(10, _script.TakeAll().Count);
    }

    [Fact]
    public void FirstFlight_OfALongStream_IsTheInitialWindow()
    {
        SimConnection host = _script.Connect(SegmentOptions.Linux with { Timestamps = null });
        host.Write(Pattern.Bytes(0, 200_000));
        _script.Turn();
        List<Segment> flight = _script.TakeAll();
        Assert.Equal(10, flight.Count); // RFC 6928
        Assert.All(flight, segment => Assert.Equal(1460, segment.Payload.Length));
    }

    [Fact]
    public void Window_OfTheGuest_IsNotExceededByAFrame()
    {
        SimConnection host =
            _script.Connect(SegmentOptions.None with { MaximumSegmentSize = 1460 });
        _script.Send(_script.Ack with { Window = 3_000 });
        host.Write(Pattern.Bytes(0, 200_000));
        int received = 0;
        for (int i = 0; i < 50; i++)
        {
            _script.Turn();
            List<Segment> segments = _script.TakeAll();
            int got = segments.Sum(segment => segment.Payload.Length);
            Assert.InRange(got, 0, 3_000);
            received += got;
            _script.EngineNext += (uint)got;
            _script.Send(_script.Ack with { Window = 3_000 });
        }

        Assert.InRange(received, 50_000, 150_000);
    }

    [Theory]
    [InlineData(100, 0)]
    [InlineData(60_000, 1460)]
    [InlineData(65_000, 536)]
    public void Text_LeftToTheCardByTheGuest_ReachesTheHost(int length, int segmentBytes)
    {
        SimConnection host = _script.Connect(SegmentOptions.Linux with { Timestamps = null });
        byte[] text = Pattern.Bytes(0, length).ToArray();
        SendLeft(_script.Ack with { Payload = text }, segmentBytes);
        _script.Turn();

        Assert.Equal(text, host.ReadAll());
        Assert.Equal(_script.GuestNext + (uint)length, _script.TakeAll()[^1].Acknowledgment);
    }

    private void SendLeft(Segment segment, int segmentBytes)
    {
        (byte[] frame, FrameOffload offload) = OffloadingCard.Leave(segment, segmentBytes);
        Assert.Equal(ParseError.None, Ipv4Header.TryParse(frame.AsSpan(14), out Ipv4Header header));
        _script.Layer.Receive(
            new GuestPacket
            {
                Route = _script.Route,
                Source = header.Source,
                Destination = header.Destination,
                Protocol = header.Protocol,
                Ttl = header.Ttl,
                TypeOfService = header.TypeOfService,
                DontFragment = header.DontFragment,
                Offload = offload,
                Payload = header.Payload,
                Quote = header.Packet,
            },
            _script.Clock.Now);
    }
}
