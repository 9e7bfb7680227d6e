using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Tcp;

/// <summary>From the guest to the host: order, duplicates, holes, the window offered.</summary>
public sealed class TcpReceiveTests
{
    private static readonly StreamPattern Pattern = new(1);

    private readonly TcpScript _script = new();

    [Fact]
    public void Text_InOrder_ReachesTheHostAndIsAcknowledged()
    {
        SimConnection host = _script.Connect();

        _script.SendText([1, 2, 3]);

        _script.ExpectAck();
        Assert.Equal([1, 2, 3], host.ReadAll());
    }

    [Fact]
    public void Text_ManySegmentsInOneTurn_GetOneAcknowledgment()
    {
        _script.Connect();
        for (int i = 0; i < 10; i++)
        {
            _script.Arrive(_script.Ack with { Payload = [1] });
            _script.GuestNext++;
        }

        _script.Turn();

        _script.ExpectAck();
        _script.ExpectNothing();
    }

    [Fact]
    public void BadChecksum_IsDroppedAndCounted()
    {
        SimConnection host = _script.Connect();

        _script.Send(_script.Ack with { Payload = [1], BadChecksum = true });

        _script.ExpectNothing();
        Assert.Equal(0, host.Available);
        Assert.Equal(1, _script.Counters.Malformeds(ParseError.Checksum));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(15)]
    public void LyingDataOffset_IsDroppedAndCounted(int words)
    {
        _script.Connect();

        _script.Send(_script.Ack with { Payload = [1], LyingDataOffset = words });

        _script.ExpectNothing();
        Assert.Equal(1, _script.Counters.Malformeds(ParseError.HeaderLength));
    }

    [Fact]
    public void Duplicate_IsAcknowledgedAndDeliveredOnce()
    {
        SimConnection host = _script.Connect();
        Segment text = _script.Ack with { Payload = [1, 2, 3] };
        _script.SendText([1, 2, 3]);
        _script.ExpectAck();

        _script.Send(text);

        _script.ExpectAck();
        Assert.Equal([1, 2, 3], host.ReadAll());
    }

    [Fact]
    public void OutOfOrder_IsKeptAndDeliveredInOrder()
    {
        SimConnection host = _script.Connect();

        _script.Send(_script.Ack with { Sequence = _script.GuestNext + 3, Payload = [4, 5, 6] });
        _script.ExpectAck();
        Assert.Equal(0, host.Available);
        _script.SendText([1, 2, 3]);

        _script.GuestNext += 3;
        _script.ExpectAck();
        Assert.Equal([1, 2, 3, 4, 5, 6], host.ReadAll());
    }

    [Fact]
    public void OutOfOrder_EveryOrderOfFiveSegments_GivesTheStream()
    {
        foreach (int[] order in Permutations(5))
        {
            TcpScript script = new();
            SimConnection host = script.Connect();
            uint start = script.GuestNext;
            foreach (int index in order)
            {
                script.Send(script.Ack with
                {
                    Sequence = start + (uint)(index * 100),
                        Payload = Pattern.Bytes(index * 100, 100),
                });
            }

            Assert.Equal(start + 500, script.TakeAll()[^1].Acknowledgment);
            Assert.Equal(Pattern.Bytes(0, 500), host.ReadAll());
        }
    }

    [Fact]
    public void Overlap_IsTrimmedOnBothSides()
    {
        SimConnection host = _script.Connect();
        uint start = _script.GuestNext;
        Send(start, 100);
        Send(start + 150, 100);
        Send(start + 50, 150);
        Send(start + 20, 400);

        Assert.Equal(start + 420, _script.TakeAll()[^1].Acknowledgment);
        Assert.Equal(Pattern.Bytes(0, 420), host.ReadAll());

        void Send(uint sequence, int length) => _script.Send(_script.Ack with
        {
            Sequence = sequence, Payload = Pattern.Bytes(sequence - start, length),
        });
    }

    [Fact]
    public void Overlap_WhatWasDelivered_IsNotReplaced()
    {
        SimConnection host = _script.Connect();
        uint start = _script.GuestNext;

        _script.Send(_script.Ack with { Payload = [1, 1, 1] });
        _script.Send(_script.Ack with { Sequence = start, Payload = [2, 2, 2, 2] });

        Assert.Equal([1, 1, 1, 2], host.ReadAll());
    }

    [Fact]
    public void Overlap_OutOfOrder_FirstCopyWins()
    {
        SimConnection host = _script.Connect();
        uint start = _script.GuestNext;

        _script.Send(_script.Ack with { Sequence = start + 2, Payload = [1, 1] });
        _script.Send(_script.Ack with { Sequence = start + 1, Payload = [2, 2, 2, 2] });
        _script.Send(_script.Ack with { Sequence = start, Payload = [3] });

        Assert.Equal([3, 2, 1, 1, 2], host.ReadAll());
    }

    [Fact]
    public void Sack_HolesAreReported_LatestFirst()
    {
        _script.Connect(SegmentOptions.Linux with { Timestamps = null });
        uint start = _script.GuestNext;

        _script.Send(_script.Ack with { Sequence = start + 10, Payload = new byte[10] });
        _script.Expect(Expect.Acknowledges(start), Expect.Sack((start + 10, start + 20)));
        _script.Send(_script.Ack with { Sequence = start + 40, Payload = new byte[10] });
        _script.Expect(Expect.Sack((start + 40, start + 50), (start + 10, start + 20)));
        _script.Send(_script.Ack with { Sequence = start + 20, Payload = new byte[10] });
        _script.Expect(Expect.Sack((start + 10, start + 30), (start + 40, start + 50)));
        _script.Send(_script.Ack with { Payload = new byte[10] });
        _script.Expect(Expect.Acknowledges(start + 30), Expect.Sack((start + 40, start + 50)));
        _script.Send(_script.Ack with { Sequence = start + 30, Payload = new byte[10] });
        _script.Expect(Expect.Acknowledges(start + 50), Expect.Sack());
    }

    [Fact]
    public void Sack_NotPermitted_IsNotSent()
    {
        _script.Connect();

        _script.Send(_script.Ack with { Sequence = _script.GuestNext + 10, Payload = [1] });

        _script.Expect(Expect.Sack());
    }

    [Fact]
    public void Keepalive_IsAnswered()
    {
        _script.Connect();

        _script.Send(_script.Ack with { Sequence = _script.GuestNext - 1 });
        _script.ExpectAck();
        _script.Send(_script.Ack with { Sequence = _script.GuestNext - 1, Payload = [0] });
        _script.ExpectAck();
    }

    [Fact]
    public void Idle_GuestsKeepalives_KeepItForHours()
    {
        _script.Connect();
        for (int i = 0; i < 24; i++)
        {
            _script.Elapse(Duration.FromSeconds(3600));
            _script.Send(_script.Ack with { Sequence = _script.GuestNext - 1 });
            _script.ExpectAck();
        }

        Assert.Equal(TcpState.Established, _script.State);
    }

    [Fact]
    public void Idle_GuestAnswersProbes_KeepsItForDays()
    {
        SimConnection host = _script.Connect();
        int probes = 0;
        for (int i = 0; i < 72 * 60; i++)
        {
            _script.Elapse(Duration.FromSeconds(60));
            foreach (Segment probe in _script.TakeAll())
            {
                probes++;
                Assert.Equal((_script.EngineNext - 1, 0u), (probe.Sequence, probe.Length));
                _script.Send(_script.Ack);
            }
        }

        Assert.InRange(probes, 30, 36);
        Assert.Equal(TcpState.Established, _script.State);
        Assert.False(host.IsClosed);
    }

    [Fact]
    public void Idle_GuestWasSwitchedOff_BothSidesEnd()
    {
        SimConnection host = _script.Connect();

        _script.Elapse(Duration.FromSeconds(7_440 + (10 * 75) + 20));

        Assert.True(_script.TakeAll()[^1].Has(TcpFlags.Reset));
        Assert.True(host.IsClosed);
        Assert.Equal(0, _script.Layer.Count);
        Assert.Equal(Instant.Never, _script.Timers.NextDeadline);
    }

    [Theory]
    [InlineData((ushort)0)]
    [InlineData((ushort)2)]
    [InlineData((ushort)3)]
    [InlineData((ushort)40_000)]
    [InlineData((ushort)65_535)]
    public void Urgent_IsDeliveredInLine(ushort pointer)
    {
        // URGENT/11: pointers before, behind and far beyond the segment.
        SimConnection host = _script.Connect();

        _script.Send(_script.Ack with
        {
            Flags = TcpFlags.Acknowledgment | TcpFlags.Urgent, UrgentPointer = pointer,
                Payload = [1, 2, 3],
        });

        Assert.Equal([1, 2, 3], host.ReadAll());
    }

    [Fact]
    public void SegmentWithoutAck_IsDropped()
    {
        SimConnection host = _script.Connect();

        _script.Send(_script.Ack with { Flags = TcpFlags.None, Payload = [1] });

        Assert.Equal(0, host.Available);
        Assert.Equal(TcpState.Established, _script.State);
    }

    [Fact]
    public void Text_BeyondTheWindow_IsDroppedAndAcknowledged()
    {
        SimConnection host = _script.Connect();

        _script.Send(_script.Ack with { Sequence = _script.GuestNext + (2 << 20), Payload = [1] });

        _script.ExpectAck();
        Assert.Equal(0, host.Available);
    }

    [Fact]
    public void Ack_WhenSentDataFillsTheWindow_StillCounts()
    {
        // The guest has filled the window, and its first segment was lost: its ACKs of the engine's
        // data carry the sequence number of the window's right edge.
        SimConnection host = _script.Connect(SegmentOptions.Linux with { Timestamps = null });
        uint edge = WindowEdge();
        host.Write([1, 2, 3]);
        _script.Turn();
        Segment data = _script.Expect(Expect.PayloadLength(3));

        _script.Send(_script.Ack with { Sequence = edge, Acknowledgment = data.End });

        Assert.Equal(0, host.Unread);
    }

    private uint WindowEdge()
    {
        _script.SendText([1]);
        Segment ack = _script.ExpectAck();
        return ack.Acknowledgment + ((uint)ack.Window << 7);
    }

    private static IEnumerable<int[]> Permutations(int count)
    {
        if (count == 0)
        {
            return [[]];
        }

        return Permutations(count - 1).SelectMany(
            _ => Enumerable.Range(0, count),
            (shorter, at) => (int[])[.. shorter[..at], count - 1, .. shorter[at..]]);
    }
}
