using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Tcp;

/// <summary>Connections that end by reset, from either side.</summary>
public sealed class TcpResetTests
{
    private readonly TcpScript _script = new();

    [Fact]
    public void HostReset_BecomesGuestReset()
    {
        SimConnection host = _script.Connect();

        host.Reset();
        _script.Turn();

        Segment reset = _script.Expect(Expect.Sequence(_script.EngineNext));
        Assert.True(reset.Has(TcpFlags.Reset));
        _script.AssertGone(host);
    }

    [Fact]
    public void HostReset_BehindDataAndZeroWindow_FollowsTheData()
    {
        SimConnection host = _script.Connect(window: 0);
        host.Write([1, 2, 3]);
        host.Reset();
        _script.Turn();
        _script.ExpectNothing();

        _script.Send(_script.Ack);

        _script.EngineNext = _script.Expect(Expect.Payload([1, 2, 3])).End;
        _script.ExpectNothing();
        _script.Send(_script.Ack);
        Segment reset = _script.Expect(Expect.Sequence(_script.EngineNext));
        Assert.True(reset.Has(TcpFlags.Reset));
        _script.AssertGone(host);
    }

    [Fact]
    public void HostReset_GuestStillSending_IsAcknowledgedUntilTheAnswerArrived()
    {
        SimConnection host = _script.Connect();
        host.Write([1, 2, 3]);
        host.Reset();
        _script.Turn();
        Segment answer = _script.Expect(Expect.Payload([1, 2, 3]));

        _script.SendText([7, 8, 9]);
        _script.Expect(Expect.Sequence(answer.End), Expect.Acknowledges(_script.GuestNext));

        // The answer was lost: it comes again, and only when it is acknowledged the RST.
        _script.Elapse(Duration.FromSeconds(2));
        _script.Expect(Expect.Payload([1, 2, 3]), Expect.Sequence(answer.Sequence));
        _script.TakeAllFrames();
        _script.EngineNext = answer.End;
        _script.Send(_script.Ack);
        Segment reset = _script.Expect(Expect.Sequence(answer.End));
        Assert.True(reset.Has(TcpFlags.Reset));
        _script.AssertGone(host);
    }

    [Fact]
    public void HostReset_LinkFull_GuestIsResetWhenThereIsRoom()
    {
        SimConnection host = _script.Connect();
        host.ShutdownSend();
        _script.Turn();
        _script.EngineNext = _script.Expect(Expect.Flags(TcpScript.FinAck)).End;
        _script.Send(_script.Ack);
        _script.Port.Room = 0;
        host.Reset();
        _script.Turn();
        _script.ExpectNothing();
        _script.AssertGone(host);

        _script.Port.Room = int.MaxValue;
        _script.Layer.OnPortWritable(_script.Port);
        Assert.True(_script.Layer.HasPendingWork);
        _script.Turn();

        Segment reset = _script.Expect(Expect.Sequence(_script.EngineNext));
        Assert.True(reset.Has(TcpFlags.Reset));
    }

    [Fact]
    public void HostReset_AfterHalfClose_BecomesGuestReset()
    {
        SimConnection host = _script.Connect();
        _script.SendFin();
        _script.ExpectAck();

        host.Reset();
        _script.Turn();

        Assert.True(_script.Expect().Has(TcpFlags.Reset));
        _script.AssertGone(host);
    }

    [Fact]
    public void GuestReset_BecomesHostReset()
    {
        SimConnection host = _script.Connect();

        _script.Send(_script.Ack with { Flags = TcpFlags.Reset });

        _script.ExpectNothing();
        Assert.True(host.WasReset);
        _script.AssertGone(host);
    }

    [Fact]
    public void HostStillSending_AfterGuestClosedBoth_GuestsResetReachesIt()
    {
        SimConnection host = _script.Connect();
        _script.SendFin();
        _script.ExpectAck();
        host.Write([1]);
        _script.Turn();
        Segment data = _script.Expect(Expect.PayloadLength(1));

        _script.Send(new Segment { Sequence = data.Acknowledgment, Flags = TcpFlags.Reset });

        Assert.True(host.WasReset);
    }
}
