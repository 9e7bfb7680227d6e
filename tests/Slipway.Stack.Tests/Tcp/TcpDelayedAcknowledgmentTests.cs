using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Tcp;

/// <summary>
/// The acknowledgment of a small message waits for its answer, to go along with it (RFC 9293
/// section 3.8.6.3).
/// </summary>
public sealed class TcpDelayedAcknowledgmentTests
{
    private const TcpFlags PushAck = TcpFlags.Push | TcpFlags.Acknowledgment;

    private readonly TcpScript _script = new();
    private readonly SimConnection _host;

    public TcpDelayedAcknowledgmentTests() => _host = _script.Connect();

    [Fact]
    public void Message_AnsweredAtOnce_IsAcknowledgedByTheAnswer()
    {
        for (int i = 0; i < 3; i++)
        {
            Say(100);
            _script.ExpectNothing();
            Assert.Equal(100, _host.ReadAll().Length);
            Answer(50);
        }
    }

    [Fact]
    public void Message_ThatIsNotAnswered_IsAcknowledgedAfterTenMilliseconds_AndLaterOnesAtOnce()
    {
        Say(100);
        _script.Elapse(Duration.FromMilliseconds(8));
        _script.ExpectNothing();
        _script.Elapse(Duration.FromMilliseconds(4));
        _script.ExpectAck();

        Say(100);
        _script.ExpectAck();
        _script.Elapse(Duration.FromSeconds(60));
        _script.ExpectNothing();
    }

    [Fact]
    public void HostThatAnswersFastAgain_IsWaitedForAgain()
    {
        Say(1);
        _script.Elapse(Duration.FromMilliseconds(20));
        _script.ExpectAck();
        Say(1);
        _script.ExpectAck();
        Answer(1); // to two messages
        Say(1);
        _script.ExpectAck();
        Answer(1);
        Say(1);
        _script.ExpectNothing();
    }

    [Fact]
    public void RequestsInTwoPieces_AreWaitedForAFewTimesOnly()
    {
        int waited = 0;
        for (int i = 0; i < 20; i++)
        {
            Say(100);
            if (_script.TakeAll().Count == 0)
            {
                waited++;
                _script.Elapse(Duration.FromMilliseconds(12));
                _script.ExpectAck();
            }

            Say(10);
            _script.TakeAll();
            Answer(50);
        }

        Assert.InRange(waited, 1, 3);
    }

    [Fact]
    public void SecondMessage_IsAcknowledgedAtOnce()
    {
        Say(100);
        _script.ExpectNothing();
        Say(100);
        _script.ExpectAck();
    }

    [Fact]
    public void LargeText_TextWithoutPush_AndFin_AreAcknowledgedAtOnce()
    {
        Say(1_460);
        _script.ExpectAck();
        _script.SendText([1]);
        _script.ExpectAck();
        _script.SendFin();
        _script.ExpectAck();
    }

    [Fact]
    public void MessageOutOfOrder_IsAcknowledgedAtOnce()
    {
        _script.Send(_script.Ack with
        {
            Sequence = _script.GuestNext + 10, Payload = [1], Flags = PushAck,
        });
        _script.ExpectAck();
    }

    [Fact]
    public void Message_RepeatedWhileItWaits_IsAcknowledgedAtOnce()
    {
        Segment message = _script.Ack with { Payload = [1, 2, 3], Flags = PushAck };
        _script.Send(message);
        _script.ExpectNothing();
        _script.Send(message);
        _script.GuestNext += 3;
        _script.ExpectAck();
    }

    [Fact]
    public void Message_ThatTheHostDoesNotTake_IsAcknowledgedInTime()
    {
        _script.Server.SendBufferBytes = 0;
        Say(100);
        _script.Elapse(Duration.FromMilliseconds(20));
        Assert.Contains(_script.TakeAll(), ack => ack.Acknowledgment == _script.GuestNext);
    }

    [Fact]
    public void FlowThatEndsWhileItWaits_LeavesNoTimer()
    {
        Say(100);
        _script.Send(_script.Ack with { Flags = TcpFlags.Reset, Acknowledgment = 0 });
        _script.AssertGone(_host);
    }

    [Fact]
    public void HostsFin_ThatFollowsItsLastBytes_GoesAlongWithThem()
    {
        Say(10);
        _host.ReadAll();
        _host.Write(new byte[20]);
        _host.ShutdownSend();
        _script.Turn();
        _script.Expect(
            Expect.Flags(TcpFlags.Fin | PushAck), Expect.Acknowledges(_script.GuestNext),
            Expect.Payload(new byte[20]));
        _script.EngineNext += 21;
        Assert.Equal(TcpState.FinWait1, _script.State);
        _script.SendFin();
        _script.ExpectAck();
        _script.Elapse(Duration.FromSeconds(5));
        _script.AssertGone(_host);
        Assert.False(_host.WasReset);
    }

    [Fact]
    public void HostsBytes_AfterAShortRead_AreNotForgotten()
    {
        Answer(10);
        for (int i = 0; i < 5; i++)
        {
            Answer(1_000 + i);
        }

        _host.ShutdownSend();
        _script.Turn();
        _script.Expect(Expect.Flags(TcpScript.FinAck), Expect.NoPayload);
    }

    private void Say(int length)
    {
        _script.Send(_script.Ack with { Payload = new byte[length], Flags = PushAck });
        _script.GuestNext += (uint)length;
    }

    private void Answer(int length)
    {
        _host.Write(new byte[length]);
        _script.Turn();
        _script.Expect(Expect.Acknowledges(_script.GuestNext), Expect.Payload(new byte[length]));
        _script.EngineNext += (uint)length;
        _script.Send(_script.Ack);
    }
}
