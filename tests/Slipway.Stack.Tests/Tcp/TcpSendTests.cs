using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Tcp;

/// <summary>From the host to the guest: windows, probes, the link's room.</summary>
public sealed class TcpSendTests
{
    private static readonly StreamPattern Pattern = new(2);

    private readonly TcpScript _script = new();

    [Fact]
    public void Text_FromTheHost_ReachesTheGuest()
    {
        SimConnection host = _script.Connect();

        host.Write([1, 2, 3]);
        _script.Turn();

        _script.Expect(
            Expect.Flags(TcpFlags.Acknowledgment), Expect.Sequence(_script.EngineNext),
            Expect.Acknowledges(_script.GuestNext), Expect.Payload([1, 2, 3]));
    }

    [Fact]
    public void Text_Acknowledged_IsDiscardedFromTheHost()
    {
        SimConnection host = _script.Connect();
        host.Write([1, 2, 3]);
        _script.Turn();
        Assert.Equal(3, host.Unread);

        Acknowledge(2);
        Assert.Equal(1, host.Unread);
        Acknowledge(1);

        Assert.Equal(0, host.Unread);
    }

    /// <summary>
    /// Segments that cross on the way: the acknowledgment is of an older sequence number than the
    /// segment that last told a window, and its window is the smaller for what it acknowledges.
    /// </summary>
    [Fact]
    public void Window_OfAnAcknowledgmentThatWasOvertaken_IsNotExceeded()
    {
        SimConnection host = _script.Connect(SegmentOptions.None);
        _script.Send(_script.Ack with { Window = 3_000 });
        host.Write(Pattern.Bytes(0, 10_000));
        _script.Turn();
        uint start = _script.EngineNext;
        Assert.InRange(_script.TakeAll().Sum(segment => segment.Payload.Length), 2_000, 3_000);

        Segment later = _script.Ack with
        {
            Sequence = _script.GuestNext + 10, Payload = [1], Window = 3_000,
        };
        _script.Send(later);
        _script.Send(_script.Ack with { Acknowledgment = start + 1_072, Window = 1_928 });

        Assert.All(_script.TakeAll(), segment =>
            Assert.InRange(segment.End - start, 0u, 3_000u));
    }

    [Fact]
    public void Text_LongStream_IsWholeAndInOrder()
    {
        SimConnection host = _script.Connect(SegmentOptions.Linux with { Timestamps = null });
        const int total = 3_000_000;
        int written = 0;
        int received = 0;
        while (received < total)
        {
            written += host.Write(Pattern.Bytes(written, Math.Min(50_000, total - written)));
            _script.Turn();
            foreach (Segment segment in _script.TakeAll())
            {
                Assert.Equal(_script.EngineNext, segment.Sequence);
                Pattern.Verify(received, segment.Payload);
                received += segment.Payload.Length;
                _script.EngineNext = segment.End;
            }

            _script.Send(_script.Ack);
        }

        Assert.Equal(0, _script.Counters.TcpSegmentsRetransmitted);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(99)]
    [InlineData(1460)]
    [InlineData(4001)]
    public void Window_ObeyedToTheByte(int window)
    {
        SimConnection host = _script.Connect(window: (ushort)window);

        host.Write(new byte[10_000]);
        _script.Turn();

        // What is less than a segment may wait for more window (RFC 9293 section 3.8.6.2.1).
        int sent = _script.TakeAll().Sum(segment => segment.Payload.Length);
        Assert.InRange(sent, Math.Max(Math.Min(window, 1460), window - 1459), window);
    }

    [Fact]
    public void Window_Shrunk_NothingNewIsSent()
    {
        SimConnection host = _script.Connect(window: 5_000);
        host.Write(new byte[4_000]);
        _script.Turn();
        _script.TakeAll();

        _script.Send(_script.Ack with { Window = 1_000 });
        host.Write(new byte[4_000]);
        _script.Turn();

        _script.ExpectNothing();
    }

    [Fact]
    public void ZeroWindow_Probed_WithBackoffForEverWhileAnswered()
    {
        SimConnection host = _script.Connect(window: 0);
        host.Write(new byte[100]);
        _script.Turn();
        _script.ExpectNothing();

        List<Instant> probes = [];
        Instant end = _script.Clock.Now + Duration.FromSeconds(3 * 3600);
        while (_script.Clock.Now < end)
        {
            _script.Elapse(Duration.FromMilliseconds(100));
            foreach (Segment probe in _script.TakeAll())
            {
                // An old sequence number without data, or one byte of data.
                Assert.InRange((int)(probe.Sequence - _script.EngineNext), -1, 0);
                Assert.InRange(probe.Payload.Length, 0, 1);
                probes.Add(_script.Clock.Now);
                _script.Send(_script.Ack with { Window = 0 });
            }
        }

        Assert.Equal(TcpState.Established, _script.State);
        Assert.InRange((probes[1] - probes[0]).Milliseconds, 200, 3_000);
        Assert.True(probes[2] - probes[1] > probes[1] - probes[0]);
        Assert.All(
            probes.Zip(probes.Skip(1)),
            pair => Assert.True(pair.Second - pair.First <= Duration.FromSeconds(121)));
    }

    [Fact]
    public void ZeroWindow_ProbeNeverAnswered_GivesUpInTheEnd()
    {
        SimConnection host = _script.Connect(window: 0);
        host.Write(new byte[100]);

        _script.Elapse(Duration.FromSeconds(3600));

        Assert.Equal(TcpState.Closed, _script.State);
        Assert.True(host.WasReset);
    }

    [Fact]
    public void ZeroWindow_Reopened_SendingResumes()
    {
        SimConnection host = _script.Connect(window: 0);
        host.Write(new byte[100]);
        _script.Elapse(Duration.FromSeconds(30));
        _script.TakeAll();

        _script.Send(_script.Ack);

        _script.Expect(Expect.Sequence(_script.EngineNext), Expect.PayloadLength(100));
        _script.ExpectNothing();
    }

    [Fact]
    public void ZeroWindow_AfterDataInFlight_IsNotGivenUpWhileAnswered()
    {
        SimConnection host = _script.Connect(window: 3_000);
        host.Write(new byte[10_000]);
        _script.Turn();
        _script.TakeAll();
        _script.Send(_script.Ack with { Window = 0 });

        for (int i = 0; i < 18_000; i++)
        {
            _script.Elapse(Duration.FromMilliseconds(200));
            if (_script.TakeAll().Count > 0)
            {
                _script.Send(_script.Ack with { Window = 0 });
            }
        }

        Assert.Equal(TcpState.Established, _script.State);
        _script.Send(_script.Ack);
        _script.Elapse(Duration.FromSeconds(61));
        Assert.Contains(_script.TakeAll(), segment =>
            segment.Sequence == _script.EngineNext && segment.Payload.Length > 0);
    }

    [Fact]
    public void ZeroWindow_HostEnds_FinWaitsForTheWindowOrFollowsProbes()
    {
        SimConnection host = _script.Connect(window: 0);
        host.ShutdownSend();
        _script.Elapse(Duration.FromSeconds(10));
        _script.TakeAll();

        _script.Send(_script.Ack);
        _script.Elapse(Duration.FromSeconds(61));

        Assert.Contains(_script.TakeAll(), segment => segment.Has(TcpFlags.Fin));
    }

    [Fact]
    public void SillyWindow_SmallOpenings_AreNotFilledWithCrumbs()
    {
        SimConnection host = _script.Connect(window: 20_000);
        host.Write(new byte[100_000]);
        _script.Turn();
        List<Segment> first = _script.TakeAll();
        Acknowledge((uint)first[0].Payload.Length,
            (ushort)(first.Sum(s => s.Payload.Length) - first[0].Payload.Length + 10));

        // Ten bytes of window while much is in flight: nothing, or a whole segment, but no crumb.
        Assert.All(_script.TakeAll(), segment => Assert.True(segment.Payload.Length >= 1460));
    }

    [Fact]
    public void FullLink_IsWaitedFor()
    {
        SimConnection host = _script.Connect();
        _script.Port.Room = 0;
        host.Write([1, 2, 3]);
        _script.Turn();
        _script.ExpectNothing();

        _script.Port.Room = int.MaxValue;
        _script.Layer.OnPortWritable(_script.Port);
        _script.Turn();

        _script.Expect(Expect.Payload([1, 2, 3]));
    }

    [Fact]
    public void FullLink_AcknowledgmentsWaitToo()
    {
        _script.Connect();
        _script.Port.Room = 0;
        _script.SendText([1]);
        _script.ExpectNothing();

        _script.Port.Room = int.MaxValue;
        _script.Layer.OnPortWritable(_script.Port);
        _script.Turn();

        _script.ExpectAck();
    }

    [Fact]
    public void FullLink_ClosedMeanwhile_DoesNoHarm()
    {
        // CVE-2017-13711: replies queued for a full link when the connection goes.
        SimConnection host = _script.Connect();
        _script.Port.Room = 0;
        host.Write([1, 2, 3]);
        _script.Turn();
        host.Reset();
        _script.Turn();

        _script.Port.Room = int.MaxValue;
        _script.Layer.OnPortWritable(_script.Port);
        _script.Turn();
        _script.EngineNext = _script.Expect(Expect.Payload([1, 2, 3])).End;
        _script.Send(_script.Ack);

        Assert.True(_script.Expect().Has(TcpFlags.Reset));
        Assert.Equal(0, _script.Layer.Count);
    }

    [Fact]
    public void LostCommit_IsRetransmitted()
    {
        SimConnection host = _script.Connect();
        _script.Port.LosesCommits = true;
        host.Write([1, 2, 3]);
        _script.Turn();
        _script.Port.LosesCommits = false;

        _script.Elapse(Duration.FromSeconds(2));

        _script.Expect(Expect.Payload([1, 2, 3]));
    }

    [Fact]
    public void Idle_Connection_HasNoDeadlineForHours()
    {
        SimConnection host = _script.Connect();
        host.Write([1]);
        _script.Turn();
        _script.TakeAll();
        Acknowledge(1);

        _script.Elapse(Duration.FromSeconds(5));

        _script.ExpectNothing();
        Assert.True(_script.Timers.NextDeadline > _script.Clock.Now + Duration.FromSeconds(3_600));
    }

    [Fact]
    public void ZeroWindow_Reopened_WhatWasLostComesWithoutTheBackedOffTimer()
    {
        SimConnection host = _script.Connect();
        host.Write(new byte[100]);
        _script.Turn();
        _script.TakeAll(); // lost, as the guest has no memory
        _script.Send(_script.Ack with { Window = 0 });
        for (int i = 0; i < 40; i++)
        {
            _script.Elapse(Duration.FromSeconds(1));
            if (_script.TakeAll().Count > 0)
            {
                _script.Send(_script.Ack with { Window = 0 });
            }
        }

        _script.Send(_script.Ack);
        _script.Elapse(Duration.FromSeconds(2));

        _script.Expect(Expect.PayloadLength(100));
    }

    private void Acknowledge(uint bytes, ushort window = 65_535)
    {
        _script.EngineNext += bytes;
        _script.Send(_script.Ack with { Window = window });
    }
}
