using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Tcp;

/// <summary>The ends of a connection: each direction on its own, both at once, by reset.</summary>
public sealed class TcpCloseTests
{
    private readonly TcpScript _script = new();

    [Fact]
    public void HalfClose_ByTheGuest_HostStillSends()
    {
        SimConnection host = _script.Connect();
        _script.SendFin();
        _script.ExpectAck();
        Assert.True(host.IsEndOfStream);

        host.Write([1, 2, 3]);
        _script.Turn();
        Segment data = _script.Expect(Expect.Payload([1, 2, 3]));
        _script.EngineNext = data.End;
        _script.Send(_script.Ack);
        host.ShutdownSend();
        _script.Turn();
        _script.Expect(Expect.Flags(TcpScript.FinAck), Expect.Sequence(_script.EngineNext));
        _script.EngineNext++;
        _script.Send(_script.Ack);

        _script.AssertGone(host);
    }

    [Fact]
    public void HalfClose_ByTheHost_GuestStillSends()
    {
        SimConnection host = _script.Connect();
        host.ShutdownSend();
        _script.Turn();
        _script.Expect(Expect.Flags(TcpScript.FinAck), Expect.Sequence(_script.EngineNext));
        _script.EngineNext++;
        _script.Send(_script.Ack);

        _script.SendText([1, 2, 3]);
        _script.ExpectAck();
        Assert.Equal([1, 2, 3], host.ReadAll());
        _script.SendFin();
        _script.ExpectAck();

        Assert.True(host.IsEndOfStream);
        _script.Elapse(Duration.FromSeconds(5));
        _script.AssertGone(host);
    }

    [Fact]
    public void HalfClose_ByTheHost_LastsWhileTheGuestSends()
    {
        SimConnection host = _script.Connect();
        host.ShutdownSend();
        _script.Turn();
        _script.EngineNext++;
        _script.Send(_script.Ack);
        for (int i = 0; i < 120; i++)
        {
            _script.Elapse(Duration.FromSeconds(60));
            _script.SendText([1]);
        }

        Assert.Equal(TcpState.FinWait2, _script.State);
        Assert.Equal(120, host.Available);
    }

    [Fact]
    public void FinWait2_SilentGuest_TimesOut()
    {
        SimConnection host = _script.Connect();
        host.ShutdownSend();
        _script.Turn();
        _script.EngineNext++;
        _script.Send(_script.Ack);

        _script.Elapse(Duration.FromSeconds(3600));

        _script.AssertGone(host);
    }

    [Fact]
    public void SimultaneousClose_BothEnd()
    {
        SimConnection host = _script.Connect();
        host.ShutdownSend();
        _script.Turn();
        _script.Expect(Expect.Flags(TcpScript.FinAck));

        _script.SendFin();
        _script.Expect(Expect.Flags(TcpFlags.Acknowledgment),
            Expect.Acknowledges(_script.GuestNext));
        Assert.Equal(TcpState.Closing, _script.State);
        _script.EngineNext++;
        _script.Send(_script.Ack);
        Assert.Equal(TcpState.TimeWait, _script.State);

        _script.Elapse(Duration.FromSeconds(5));
        _script.AssertGone(host);
    }

    /// <summary>
    /// The guest has ended its side and is gone; its kernel answers by reset. What it had sent and
    /// had acknowledged is the host's, however slowly that reads.
    /// </summary>
    [Theory]
    [InlineData(false, 1_000)]
    [InlineData(true, 1_000)]
    [InlineData(false, 100_000)]
    [InlineData(true, 100_000)]
    public void Reset_AfterBothFins_LeavesTheHostWhatItHasNotReadYet(
        bool isFinAcknowledged, int bufferBytes)
    {
        _script.Server.SendBufferBytes = bufferBytes;
        _script.Server.ReceiveBufferBytes = bufferBytes;
        SimConnection host = _script.Connect();
        byte[] text = [.. Enumerable.Range(0, 5_000).Select(i => (byte)i)];
        _script.SendText(text);
        _script.SendFin();
        host.ShutdownSend();
        _script.Turn();
        _script.TakeAll();
        _script.EngineNext++;
        if (isFinAcknowledged)
        {
            _script.Send(_script.Ack);
        }

        _script.Send(_script.Ack with { Flags = TcpFlags.Reset | TcpFlags.Acknowledgment });
        List<byte> read = [];
        while (!host.IsEndOfStream && read.Count < 10_000)
        {
            read.AddRange(host.ReadAll());
            _script.Elapse(Duration.FromMilliseconds(10));
        }

        Assert.Equal(text, read);
        Assert.False(host.WasReset);
        _script.Elapse(Duration.FromSeconds(60));
        _script.AssertGone(host);
    }

    [Fact]
    public void Fin_WithData_BothCount()
    {
        SimConnection host = _script.Connect();

        _script.Send(_script.Ack with { Flags = TcpScript.FinAck, Payload = [1, 2, 3] });

        _script.GuestNext += 4;
        _script.ExpectAck();
        Assert.Equal([1, 2, 3], host.ReadAll());
        Assert.True(host.IsEndOfStream);
    }

    [Fact]
    public void Fin_OutOfOrder_WaitsForTheHole()
    {
        SimConnection host = _script.Connect();

        _script.Send(
            _script.Ack with
            {
                Sequence = _script.GuestNext + 3, Flags = TcpScript.FinAck, Payload = [4],
            });
        _script.ExpectAck();
        Assert.False(host.HasFin);
        _script.Send(_script.Ack with { Payload = [1, 2, 3] });

        _script.GuestNext += 5;
        _script.ExpectAck();
        Assert.Equal([1, 2, 3, 4], host.ReadAll());
        Assert.True(host.IsEndOfStream);
    }

    [Fact]
    public void Fin_Retransmitted_IsAcknowledgedAgain()
    {
        _script.Connect();
        Segment fin = _script.Ack with { Flags = TcpScript.FinAck };
        _script.SendFin();
        _script.ExpectAck();

        _script.Send(fin);

        _script.ExpectAck();
        Assert.Equal(TcpState.CloseWait, _script.State);
    }

    [Fact]
    public void Fin_HostHasNotTakenAll_IsPassedOnAfterTheData()
    {
        _script.Server.SendBufferBytes = 1_000;
        SimConnection host = _script.Connect();
        byte[] text = new StreamPattern(1).Bytes(0, 1_400);
        _script.SendText(text);
        _script.SendFin();
        Assert.False(host.HasFin);

        List<byte> received = [];
        while (host.Available > 0)
        {
            received.AddRange(host.ReadAll());
            _script.Turn();
        }

        Assert.Equal(text, received);
        Assert.True(host.IsEndOfStream);
    }

    [Fact]
    public void Text_AfterTheGuestsFin_IsNotDelivered()
    {
        SimConnection host = _script.Connect();
        _script.SendFin();

        _script.Send(_script.Ack with { Payload = [1] });

        Assert.Equal(0, host.Available);
    }

    [Fact]
    public void LateData_AfterFullClose_GetsReset()
    {
        SimConnection host = _script.Connect();
        _script.SendFin();
        host.ShutdownSend();
        _script.Turn();
        _script.EngineNext++;
        _script.Send(_script.Ack);
        _script.Elapse(Duration.FromSeconds(5));
        _script.TakeAll();

        _script.Send(_script.Ack with { Payload = [1] });

        _script.Expect(Expect.Flags(TcpFlags.Reset), Expect.Sequence(_script.EngineNext));
    }

    [Fact]
    public void AckToNothing_GetsResetWithItsSequence()
    {
        _script.Send(new Segment { Sequence = 500, Acknowledgment = 900 });

        _script.Expect(Expect.Flags(TcpFlags.Reset), Expect.Sequence(900), Expect.NoPayload);
    }

    [Fact]
    public void DataToNothing_WithoutAck_GetsResetThatAcknowledges()
    {
        _script.Send(new Segment { Sequence = 500, Flags = TcpFlags.Fin, Payload = [1, 2, 3] });

        _script.Expect(Expect.Flags(TcpFlags.Reset | TcpFlags.Acknowledgment),
            Expect.Acknowledges(504));
    }

    [Fact]
    public void ResetToNothing_GetsSilence()
    {
        _script.Send(new Segment { Flags = TcpFlags.Reset });
        _script.Send(new Segment { Flags = TcpFlags.Reset | TcpFlags.Acknowledgment });

        _script.ExpectNothing();
    }

    [Fact]
    public void TimeWait_ShortEnough_AndReusedBySyn()
    {
        for (int i = 0; i < 1_000; i++)
        {
            SimConnection host = Open(1_000_000 + ((uint)i * 100));
            host.ShutdownSend();
            _script.Turn();
            _script.EngineNext++;
            _script.Send(_script.Ack);
            _script.SendFin();
            Assert.Equal(TcpState.TimeWait, _script.State);
            _script.TakeAll();
        }

        Assert.Equal(1, _script.Layer.Count);
        _script.Elapse(Duration.FromSeconds(3));
        Assert.Equal(0, _script.Layer.Count);
    }

    [Fact]
    public void TimeWait_SynWithOlderSequence_IsChallenged()
    {
        SimConnection host = Open(1_000_000);
        host.ShutdownSend();
        _script.Turn();
        _script.EngineNext++;
        _script.Send(_script.Ack);
        _script.SendFin();
        _script.TakeAll();

        _script.Send(TcpScript.Syn with { Sequence = 999_000 });

        _script.Expect(Expect.Flags(TcpFlags.Acknowledgment),
            Expect.Acknowledges(_script.GuestNext));
        Assert.Equal(TcpState.TimeWait, _script.State);
    }

    [Fact]
    public void TimeWait_FinRetransmitted_IsAcknowledged()
    {
        SimConnection host = Open(1_000_000);
        host.ShutdownSend();
        _script.Turn();
        _script.EngineNext++;
        Segment fin = _script.Ack with { Flags = TcpScript.FinAck };
        _script.SendFin();
        _script.TakeAll();

        _script.Send(fin);

        _script.Expect(Expect.Flags(TcpFlags.Acknowledgment),
            Expect.Acknowledges(_script.GuestNext));
    }

    [Fact]
    public void PortClosed_GuestStaysAway_HostIsResetInTheEnd()
    {
        SimConnection host = _script.Connect();
        host.Write(new byte[100]);
        _script.Turn();

        _script.Layer.OnPortClosed(_script.Port, _script.Clock.Now);
        _script.Port.Room = 0;
        _script.Elapse(Duration.FromSeconds(3600));

        _script.AssertGone(host);
        Assert.True(host.WasReset);
    }

    private SimConnection Open(uint initial)
    {
        _script.Send(TcpScript.Syn with { Sequence = initial });
        Segment answer = _script.Expect(
            Expect.Flags(TcpFlags.Syn | TcpFlags.Acknowledgment), Expect.Acknowledges(initial + 1));
        _script.GuestNext = initial + 1;
        _script.EngineNext = answer.Sequence + 1;
        _script.Send(_script.Ack);
        return _script.Server.Connections[^1];
    }
}
