using Slipway.Testing;

namespace Slipway.Stack.Tests.Tcp;

/// <summary>
/// What RFC 8985 finds long before the retransmission timer: a lost tail, and a retransmission
/// that was lost.
/// </summary>
public sealed class TcpLostAgainTests
{
    private const int Mss = 1460;
    private const int FlightSegments = 10;

    private static readonly StreamPattern Pattern = new(3);
    private static readonly SegmentOptions WithSack =
        SegmentOptions.Linux with { Timestamps = null };

    /// <summary>Well below the least retransmission timeout of 200 ms.</summary>
    private static readonly Duration Soon = Duration.FromMilliseconds(30);

    private readonly TcpScript _script = new();

    [Fact]
    public void LostTail_IsProbedOnce_AndWhatIsMissingBeforeItComesAgain()
    {
        List<Segment> flight = Start(WithSack, FlightSegments);
        Acknowledge(flight[4].End); // the rest is lost
        _script.TakeAll();
        _script.Elapse(Soon);
        Segment probe = _script.Expect(Expect.Sequence(flight[^1].Sequence));
        _script.Elapse(Soon);
        _script.ExpectNothing();

        _script.Send(_script.Ack with { Options = Holds(probe) });

        uint[] again = [.. _script.TakeAll().Select(segment => segment.Sequence)];
        Assert.Equal(flight[5].Sequence, again[0]);
        Assert.DoesNotContain(probe.Sequence, again);
        for (int i = 5; i < FlightSegments; i++)
        {
            Acknowledge(flight[i].End);
            again = [.. again, .. _script.TakeAll().Select(segment => segment.Sequence)];
        }

        Assert.Equal(
            flight[5..^1].Select(segment => segment.Sequence), again.Distinct().Order());
    }

    [Fact]
    public void LostAcknowledgment_IsSentForByTheProbe()
    {
        List<Segment> flight = Start(WithSack, FlightSegments);
        _script.Elapse(Soon);
        _script.Expect(Expect.Sequence(flight[^1].Sequence));

        Acknowledge(flight[^1].End);
        _script.Elapse(Duration.FromSeconds(10));

        _script.ExpectNothing();
    }

    [Fact]
    public void SingleSegment_HasTheTimeOfADelayedAcknowledgment()
    {
        List<Segment> flight = Start(WithSack, 1);
        _script.Elapse(Duration.FromMilliseconds(45));
        _script.ExpectNothing();
        _script.Elapse(Soon);
        _script.Expect(Expect.Sequence(flight[0].Sequence));
    }

    [Fact]
    public void WithoutSack_NothingIsProbed()
    {
        Start(new SegmentOptions { MaximumSegmentSize = Mss }, FlightSegments);
        _script.Elapse(Duration.FromMilliseconds(190));
        _script.ExpectNothing();
    }

    [Fact]
    public void LostFin_IsProbed()
    {
        List<Segment> flight = Start(WithSack, 3);
        Acknowledge(flight[^1].End);
        _host!.ShutdownSend();
        _script.Turn();
        Segment fin = _script.Expect(Expect.Flags(TcpScript.FinAck));
        _script.Elapse(Duration.FromMilliseconds(100));
        _script.Expect(Expect.Flags(TcpScript.FinAck), Expect.Sequence(fin.Sequence));
    }

    [Fact]
    public void LostRetransmission_ComesAgainWithNewsOfLaterSegments()
    {
        List<Segment> flight = Start(WithSack, FlightSegments);
        for (int i = 1; i < 6; i++)
        {
            _script.Send(_script.Ack with { Options = Holds(flight[1], flight[i]) });
        }

        Assert.Contains(flight[0].Sequence, _script.TakeAll().Select(segment => segment.Sequence));
        _script.Send(_script.Ack with { Options = Holds(flight[1], flight[6]) });
        Assert.DoesNotContain(
            flight[0].Sequence, _script.TakeAll().Select(segment => segment.Sequence));

        _script.Elapse(Soon); // more than a round trip later
        _script.Send(_script.Ack with { Options = Holds(flight[1], flight[7]) });

        Assert.Contains(flight[0].Sequence, _script.TakeAll().Select(segment => segment.Sequence));
    }

    [Fact]
    public void LostAgainAfterTheTimer_DoesNotWaitForItAgain()
    {
        List<Segment> flight = Start(WithSack, FlightSegments);
        _script.Elapse(Duration.FromMilliseconds(300)); // the probe and the timer
        _script.TakeAll();
        Acknowledge(flight[0].End);
        Acknowledge(flight[2].End);
        Acknowledge(flight[4].End);
        _script.TakeAll();

        _script.Elapse(Soon); // what follows was sent again, and its first segment is lost again
        for (int i = 6; i < FlightSegments; i++)
        {
            _script.Send(_script.Ack with { Options = Holds(flight[6], flight[i]) });
        }

        Assert.Contains(flight[5].Sequence, _script.TakeAll().Select(segment => segment.Sequence));
    }

    private SimConnection? _host;

    private List<Segment> Start(SegmentOptions options, int segments)
    {
        _host = _script.Connect(options);
        Assert.Equal(segments * Mss, _host.Write(Pattern.Bytes(0, segments * Mss)));
        _script.Turn();
        List<Segment> flight = _script.TakeAll();
        Assert.Equal(segments, flight.Count);
        return flight;
    }

    private void Acknowledge(uint end)
    {
        _script.EngineNext = end;
        _script.Send(_script.Ack);
    }

    private static SegmentOptions Holds(Segment only) => Holds(only, only);

    private static SegmentOptions Holds(Segment first, Segment last) =>
        new() { SackBlocks = [(first.Sequence, last.End)] };
}
