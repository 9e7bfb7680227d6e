using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Tcp;

/// <summary>
/// What was lost towards the guest comes again: by timer, by duplicates, by SACK.
/// </summary>
public sealed class TcpRecoveryTests
{
    private const int Mss = 1460;

    private static readonly StreamPattern Pattern = new(3);
    private static readonly SegmentOptions WithSack =
        SegmentOptions.Linux with { Timestamps = null };

    private readonly TcpScript _script = new();
    private SimConnection? _host;

    [Fact]
    public void Timer_DataIsRetransmittedWithBackoff()
    {
        Start(TcpScript.Syn.Options, 100);
        Segment first = _script.Expect();

        Instant sent = _script.Clock.Now;
        Duration previous = Duration.Zero;
        for (int i = 0; i < 6; i++)
        {
            Instant at = WaitForSegment();
            Assert.True(at - sent >= Duration.FromMilliseconds(200), "RTO is at least 200 ms");
            Assert.True(at - sent > previous, "each RTO is longer");
            previous = at - sent;
            sent = at;
            _script.Expect(Expect.Sequence(first.Sequence), Expect.Payload(first.Payload));
        }
    }

    [Fact]
    public void Timer_NeverAcknowledged_ResetsBothSides()
    {
        Start(TcpScript.Syn.Options, 100);

        _script.Elapse(Duration.FromSeconds(3600));

        Assert.Equal(TcpState.Closed, _script.State);
        Assert.True(_host!.WasReset);
        Assert.True(_script.TakeAll()[^1].Has(TcpFlags.Reset));
    }

    [Fact]
    public void Timer_AckArrives_RestOfTheFlightFollows()
    {
        Start(TcpScript.Syn.Options, 5 * Mss);
        _script.TakeAll();
        _script.Elapse(Duration.FromMilliseconds(250));
        Segment again =
            _script.Expect(Expect.Sequence(_script.EngineNext), Expect.PayloadLength(Mss));
        _script.ExpectNothing();

        _script.EngineNext = again.End;
        _script.Send(_script.Ack);

        _script.Expect(Expect.Sequence(_script.EngineNext), Expect.PayloadLength(Mss));
    }

    [Fact]
    public void FastRetransmit_AtTheThirdDuplicate()
    {
        Start(TcpScript.Syn.Options, 8 * Mss);
        List<Segment> flight = _script.TakeAll();

        SendDuplicates(2);
        Assert.DoesNotContain(_script.TakeAll(), segment => segment.Sequence == flight[0].Sequence);
        SendDuplicates(1);

        _script.Expect(Expect.Sequence(flight[0].Sequence), Expect.Payload(flight[0].Payload));
    }

    [Fact]
    public void FastRetransmit_PartialAcknowledgment_SendsTheNextHole()
    {
        Start(TcpScript.Syn.Options, 8 * Mss);
        List<Segment> flight = _script.TakeAll();
        SendDuplicates(3);
        _script.TakeAll();

        _script.EngineNext = flight[3].Sequence;
        _script.Send(_script.Ack);

        Assert.Contains(_script.TakeAll(), segment => segment.Sequence == flight[3].Sequence);
    }

    [Fact]
    public void FastRetransmit_WindowUpdates_AreNoDuplicates()
    {
        Start(TcpScript.Syn.Options, 8 * Mss);
        List<Segment> flight = _script.TakeAll();

        for (ushort i = 1; i <= 5; i++)
        {
            _script.Send(_script.Ack with { Window = (ushort)(60_000 + i) });
        }

        Assert.DoesNotContain(_script.TakeAll(), segment => segment.Sequence == flight[0].Sequence);
    }

    [Fact]
    public void Sack_OnlyTheHolesAreSentAgain()
    {
        Start(WithSack, 10 * Mss);
        List<Segment> flight = _script.TakeAll();
        Assert.Equal(10, flight.Count);

        // 0 and 4 were lost.
        for (int i = 1; i < 10; i++)
        {
            if (i != 4)
            {
                _script.Send(_script.Ack with { Options = Blocks(flight, 4, i) });
            }
        }

        _script.Elapse(Duration.FromMilliseconds(100));
        uint[] again = [.. _script.TakeAll().Select(segment => segment.Sequence)];
        Assert.Equal([flight[0].Sequence, flight[4].Sequence], again);
        Assert.Equal(2, _script.Counters.TcpSegmentsRetransmitted);
    }

    [Theory]
    [InlineData(-1000, 1000)]
    [InlineData(500, 500)]
    [InlineData(500, 100)]
    [InlineData(1, 1_000_000)]
    [InlineData(1_000_000, 1_001_000)]
    [InlineData(int.MinValue, int.MaxValue)]
    public void Sack_LyingBlocks_DoNoHarm(int left, int right)
    {
        Start(WithSack, 5 * Mss);
        List<Segment> flight = _script.TakeAll();
        for (int i = 0; i < 5; i++)
        {
            _script.Send(_script.Ack with
            {
                Options = new SegmentOptions
                {
                    SackBlocks =
                        [(_script.EngineNext + (uint)left, _script.EngineNext + (uint)right)],
                },
            });
        }

        ReceiveAll(flight, 5 * Mss);
    }

    [Theory]
    [InlineData(48)]
    [InlineData(64)]
    public void Sack_TinyBlocksAndSmallMss_WorkIsBounded(ushort mss)
    {
        // CVE-2019-11477, -11478: a queue of segments torn into crumbs by SACK.
        Start(WithSack with { MaximumSegmentSize = mss }, 60_000);
        _script.TakeAll();
        for (uint i = 0; i < 20_000; i++)
        {
            uint left = _script.EngineNext + 1 + (i * 2 % 600);
            _script.Arrive(_script.Ack with { Options =
                new SegmentOptions { SackBlocks = [(left, left + 1)] } });
        }

        _script.Turn();
        Assert.InRange(_script.TakeAll().Count, 0, 200);
        Assert.Equal(TcpState.Established, _script.State);
    }

    [Fact]
    public void Congestion_InitialWindow_IsTenSegments()
    {
        Start(TcpScript.Syn.Options, 100_000);

        Assert.InRange(_script.TakeAll().Sum(segment => segment.Payload.Length), 9 * Mss, 10 * Mss);
    }

    [Fact]
    public void Congestion_GrowsWithAcknowledgments()
    {
        Start(WithSack, 200_000);
        List<Segment> first = _script.TakeAll();
        _script.EngineNext = first[^1].End;

        _script.Send(_script.Ack);

        Assert.True(_script.TakeAll().Count > first.Count);
    }

    [Fact]
    public void Congestion_HalvedByLoss()
    {
        Start(WithSack, 250_000);
        for (int i = 0; i < 2; i++)
        {
            _script.EngineNext = _script.TakeAll()[^1].End;
            _script.Send(_script.Ack);
        }

        List<Segment> flight = _script.TakeAll();
        _script.Send(_script.Ack with { Options = Blocks(flight, -1, flight.Count - 1, first: 1) });
        int duringRecovery = _script.TakeAll().Count;

        Assert.InRange(duringRecovery, 1, (flight.Count / 2) + 1);
    }

    [Fact]
    public void Fin_IsRetransmitted()
    {
        _host = _script.Connect();
        _host.ShutdownSend();
        _script.Turn();
        Segment fin = _script.Expect(Expect.Flags(TcpFlags.Fin | TcpFlags.Acknowledgment));

        _script.Elapse(Duration.FromSeconds(2));

        _script.Expect(Expect.Flags(TcpFlags.Fin | TcpFlags.Acknowledgment),
            Expect.Sequence(fin.Sequence));
    }

    [Fact]
    public void Fin_LostWithDataBeforeIt_BothComeAgain()
    {
        _host = _script.Connect();
        _host.Write(Pattern.Bytes(0, 100));
        _host.ShutdownSend();
        _script.Turn();
        List<Segment> flight = _script.TakeAll();
        Assert.True(flight[^1].Has(TcpFlags.Fin));

        _script.Elapse(Duration.FromMilliseconds(250));
        Segment text = _script.Expect(Expect.Sequence(flight[0].Sequence));
        _script.EngineNext = text.Sequence + 100;
        _script.Send(_script.Ack);

        Assert.Contains(_script.TakeAll(), segment => segment.Has(TcpFlags.Fin));
    }

    [Fact]
    public void Rtt_Slow_RaisesTheTimeout()
    {
        _host = _script.Connect();
        for (int i = 0; i < 10; i++)
        {
            _host.Write([1]);
            _script.Turn();
            _script.TakeAll();
            _script.Elapse(Duration.FromMilliseconds(190));
            _script.EngineNext++;
            _script.Send(_script.Ack);
        }

        Assert.Equal(0, _script.Counters.TcpSegmentsRetransmitted);
        _host.Write([1]);
        _script.Turn();
        _script.TakeAll();
        Instant sent = _script.Clock.Now;
        Assert.InRange((WaitForSegment() - sent).Milliseconds, 200, 1_000);
    }

    [Fact]
    public void Ambiguous_AcknowledgmentOfRetransmission_DoesNotMeasure()
    {
        // Karn: an ACK 3 s after the first transmission, just after a retransmission, says nothing
        // of the round trip; the next RTO must not be above the backed-off one.
        Start(TcpScript.Syn.Options, 100);
        _script.Elapse(Duration.FromMilliseconds(3_100));
        _script.TakeAll();
        _script.EngineNext += 100;
        _script.Send(_script.Ack);

        _host!.Write([1]);
        _script.Turn();
        _script.TakeAll();
        Instant sent = _script.Clock.Now;
        Assert.InRange((WaitForSegment() - sent).Milliseconds, 200, 1_100);
    }

    private void Start(SegmentOptions options, int bytes)
    {
        _host = _script.Connect(options);
        Assert.Equal(bytes, _host.Write(Pattern.Bytes(0, bytes)));
        _script.Turn();
    }

    private void SendDuplicates(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _script.Send(_script.Ack);
        }
    }

    private Instant WaitForSegment()
    {
        for (int i = 0; i < 200_000 && _script.Port.PendingCount == 0; i++)
        {
            _script.Elapse(Duration.FromMilliseconds(1));
        }

        Assert.NotEqual(0, _script.Port.PendingCount);
        return _script.Clock.Now;
    }

    /// <summary>
    /// One block from the segment after a hole, or from <paramref name="first"/>, to the last that
    /// came.
    /// </summary>
    private static SegmentOptions Blocks(List<Segment> flight, int hole, int last, int first = 1)
    {
        (uint Left, uint Right)[] blocks = last < hole || hole < 0
            ? [(flight[first].Sequence, flight[last].End)]
            : [(flight[hole + 1].Sequence, flight[last].End),
                (flight[first].Sequence, flight[hole].Sequence)];
        return new SegmentOptions { SackBlocks = blocks };
    }

    /// <summary>
    /// Takes everything in whatever order it comes, acknowledging it, and checks it.
    /// </summary>
    private void ReceiveAll(List<Segment> flight, int total)
    {
        uint start = _script.EngineNext;
        byte[] stream = new byte[total];
        List<Segment> segments = [.. flight];
        for (int i = 0; i < 50 && _script.EngineNext != start + (uint)total; i++)
        {
            foreach (Segment segment in segments)
            {
                segment.Payload.CopyTo(stream, segment.Sequence - start);
                _script.EngineNext = Math.Max(_script.EngineNext, segment.End);
            }

            _script.Send(_script.Ack);
            _script.Elapse(Duration.FromSeconds(1));
            segments = _script.TakeAll();
        }

        Pattern.Verify(0, stream);
        Assert.Equal(0, _host!.Unread);
    }
}
