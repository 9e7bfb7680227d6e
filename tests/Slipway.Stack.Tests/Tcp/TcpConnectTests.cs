using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Tcp;

/// <summary>The guest's SYN waits for the host, and gets the host's answer.</summary>
public sealed class TcpConnectTests
{
    private readonly TcpScript _script = new();

    [Fact]
    public void Syn_HostConnecting_IsNotAnswered()
    {
        _script.Server.Outcome = HostError.InProgress;

        _script.Send(TcpScript.Syn);

        _script.ExpectNothing();
        Assert.Equal(TcpState.SynHeld, _script.State);
    }

    [Fact]
    public void Syn_HostConnected_GetsSynAcknowledgmentThen()
    {
        _script.Server.Delay = Duration.FromMilliseconds(300);

        _script.Send(TcpScript.Syn);
        _script.Elapse(Duration.FromMilliseconds(299));
        _script.ExpectNothing();
        _script.Elapse(Duration.FromMilliseconds(1));

        _script.Expect(
            Expect.Flags(TcpFlags.Syn | TcpFlags.Acknowledgment),
            Expect.Acknowledges(TcpScript.GuestInitial + 1), Expect.NoPayload);
    }

    [Fact]
    public void Syn_HostRefused_GetsReset()
    {
        _script.Server.Outcome = HostError.Refused;

        _script.Send(TcpScript.Syn);

        _script.Expect(
            Expect.Flags(TcpFlags.Reset | TcpFlags.Acknowledgment), Expect.Sequence(0),
            Expect.Acknowledges(TcpScript.GuestInitial + 1));
        AssertForgotten();
    }

    [Theory]
    [InlineData(HostError.HostUnreachable, 1, false)]
    [InlineData(HostError.NetworkUnreachable, 0, false)]
    [InlineData(HostError.NetworkUnreachable, 0, true)]
    [InlineData(HostError.Prohibited, 13, true)]
    public void Syn_HostSaysUnreachable_GetsIcmp(HostError error, byte code, bool atOnce)
    {
        _script.Server.Outcome = error;
        _script.Server.FailsAtOnce = atOnce;

        _script.Send(TcpScript.Syn);

        _script.ExpectIcmp(3, code);
        _script.ExpectNothing();
        AssertForgotten();
    }

    [Fact]
    public void Syn_HostTimedOut_GetsSilence()
    {
        _script.Server.Outcome = HostError.TimedOut;
        _script.Server.Delay = Duration.FromSeconds(20);

        _script.Send(TcpScript.Syn);
        _script.Elapse(Duration.FromSeconds(21));

        _script.ExpectNothing();
        AssertForgotten();
    }

    [Fact]
    public void Syn_BlackHole_EndsWithItsOwnDeadline()
    {
        _script.Server.Outcome = HostError.InProgress;

        _script.Send(TcpScript.Syn);
        _script.Elapse(Duration.FromSeconds(180));

        _script.ExpectNothing();
        AssertForgotten();
    }

    [Fact]
    public void Syn_TwoHundredBlackHoles_DoNotDelayAnother()
    {
        for (int i = 0; i < 200; i++)
        {
            IpEndpoint hole = new(VirtualNetwork.Far, (ushort)(10_000 + i));
            _script.Host.Serve(hole, new SimServer { Outcome = HostError.InProgress });
            _script.Send(TcpScript.Syn with { Destination = hole });
        }

        _script.Send(TcpScript.Syn);

        _script.Expect(Expect.Flags(TcpFlags.Syn | TcpFlags.Acknowledgment));
    }

    [Fact]
    public void Syn_OutOfDescriptors_GetsReset()
    {
        _script.Host.SocketLimit = 0;

        _script.Send(TcpScript.Syn);

        _script.Expect(Expect.Flags(TcpFlags.Reset | TcpFlags.Acknowledgment));
        Assert.Equal(1, _script.Counters.Dropped(DropReason.HostResources));
        AssertForgotten();
    }

    [Fact]
    public void Syn_RepeatedWhileHeld_ConnectsOnce()
    {
        _script.Server.Delay = Duration.FromSeconds(3);

        _script.Send(TcpScript.Syn);
        _script.Elapse(Duration.FromSeconds(1));
        _script.Send(TcpScript.Syn);
        _script.Elapse(Duration.FromSeconds(2));

        _script.Expect(Expect.Flags(TcpFlags.Syn | TcpFlags.Acknowledgment));
        _script.ExpectNothing();
        Assert.Equal(1, _script.Host.ConnectCount);
    }

    [Fact]
    public void Syn_OtherSequenceWhileHeld_ReplacesTheFirst()
    {
        _script.Server.Outcome = HostError.InProgress;
        _script.Send(TcpScript.Syn);
        _script.Server.Outcome = HostError.None;

        _script.Send(TcpScript.Syn with { Sequence = 77 });

        _script.Expect(Expect.Flags(TcpFlags.Syn | TcpFlags.Acknowledgment),
            Expect.Acknowledges(78));
        Assert.Equal(1, _script.Layer.Count);
        Assert.Equal(1, _script.Host.OpenSockets);
    }

    [Fact]
    public void SynAcknowledgment_Lost_IsRetransmittedWithBackoff()
    {
        _script.Send(TcpScript.Syn);
        Segment first = _script.Expect();

        // RFC 6298: after 1 s first, and doubled each time.
        Instant start = _script.Clock.Now;
        foreach (int seconds in (ReadOnlySpan<int>)[1, 3, 7])
        {
            Instant due = start + Duration.FromSeconds(seconds);
            _script.Elapse(due - _script.Clock.Now - Duration.FromMilliseconds(20));
            _script.ExpectNothing();
            _script.Elapse(Duration.FromMilliseconds(40));
            _script.Expect(
                Expect.Flags(TcpFlags.Syn | TcpFlags.Acknowledgment),
                    Expect.Sequence(first.Sequence));
        }
    }

    [Fact]
    public void SynAcknowledgment_NeverAnswered_GivesUp()
    {
        _script.Send(TcpScript.Syn);
        _script.Elapse(Duration.FromSeconds(300));

        Assert.InRange(_script.TakeAll().Count(segment => segment.Has(TcpFlags.Syn)), 5, 8);
        Assert.True(_script.Server.Connection.IsClosed);
        AssertForgotten();
    }

    [Fact]
    public void Syn_RepeatedAfterSynAcknowledgment_GetsItAgain()
    {
        _script.Send(TcpScript.Syn);
        Segment first = _script.Expect();

        _script.Send(TcpScript.Syn);

        _script.Expect(Expect.Flags(TcpFlags.Syn | TcpFlags.Acknowledgment),
            Expect.Sequence(first.Sequence));
    }

    [Fact]
    public void SynReset_LeavesNoHalfOpenSlot()
    {
        for (ushort i = 0; i < 100; i++)
        {
            Segment syn = TcpScript.Syn with { Source =
                new IpEndpoint(VirtualNetwork.Guest, (ushort)(2000 + i)) };
            _script.Send(syn);
            _script.Expect(Expect.Flags(TcpFlags.Syn | TcpFlags.Acknowledgment));
            _script.Send(syn with { Sequence = syn.Sequence + 1, Flags = TcpFlags.Reset });
        }

        Assert.Equal(0, _script.Layer.HalfOpenCount);
        AssertForgotten();
    }

    [Fact]
    public void HalfOpen_AtTheLimit_TheOldestMakesRoom()
    {
        TcpScript script =
            new(VirtualNetwork.Settings with { Limits = new StackLimits { TcpHalfOpen = 10 } });
        script.Server.Outcome = HostError.InProgress;
        for (ushort i = 0; i < 11; i++)
        {
            script.Send(TcpScript.Syn with { Source =
                new IpEndpoint(VirtualNetwork.Guest, (ushort)(2000 + i)) });
        }

        Segment oldest = TcpScript.Syn with { Source = new IpEndpoint(VirtualNetwork.Guest, 2000) };
        Segment newest = TcpScript.Syn with { Source = new IpEndpoint(VirtualNetwork.Guest, 2010) };
        Assert.Equal(TcpState.Closed, script.StateOf(oldest));
        Assert.Equal(TcpState.SynHeld, script.StateOf(newest));
        Assert.Equal(10, script.Host.OpenSockets);
    }

    [Fact]
    public void Flows_AtTheLimitAndNoneHalfOpen_SynGetsReset()
    {
        TcpScript script =
            new(VirtualNetwork.Settings with { Limits = new StackLimits { TcpFlows = 1 } });
        script.Connect();

        script.Send(TcpScript.Syn with { Source = new IpEndpoint(VirtualNetwork.Guest, 2000) });

        script.Expect(Expect.Flags(TcpFlags.Reset | TcpFlags.Acknowledgment));
        Assert.Equal(TcpState.Established, script.State);
    }

    [Fact]
    public void Syn_ToTheHostAlias_ReachesLoopback()
    {
        SimServer loopback = _script.Host.Serve(new IpEndpoint(IpAddress.IPv4Loopback, 80));

        _script.Send(
            TcpScript.Syn with { Destination = new IpEndpoint(VirtualNetwork.HostAlias, 80) });

        _script.Expect(Expect.Flags(TcpFlags.Syn | TcpFlags.Acknowledgment));
        Assert.Single(loopback.Connections);
    }

    [Fact]
    public void Syn_ToTheGateway_FindsServicesOnly()
    {
        SimServer service = _script.Services.Serve(new IpEndpoint(VirtualNetwork.Gateway, 53));

        _script.Send(
            TcpScript.Syn with { Destination = new IpEndpoint(VirtualNetwork.Gateway, 53) });
        _script.Expect(Expect.Flags(TcpFlags.Syn | TcpFlags.Acknowledgment));
        _script.Send(
            TcpScript.Syn with { Destination = new IpEndpoint(VirtualNetwork.Gateway, 80) });
        _script.Expect(Expect.Flags(TcpFlags.Reset | TcpFlags.Acknowledgment));

        Assert.Single(service.Connections);
        Assert.Equal(0, _script.Host.ConnectCount);
    }

    [Fact]
    public void Syn_ToAPortThatIsIntercepted_GoesToTheServiceWithItsDestination()
    {
        IpEndpoint outside = new(TcpScript.Syn.Destination.Address, 443);
        SimServer service = _script.Services.Serve(outside);
        _script.Services.InterceptedPort = 443;

        _script.Send(TcpScript.Syn with { Destination = outside });

        _script.Expect(Expect.Flags(TcpFlags.Syn | TcpFlags.Acknowledgment));
        Assert.Single(service.Connections);
        Assert.Equal(0, _script.Host.ConnectCount);
    }

    [Fact]
    public void Syn_ToTheHostAlias_IsNeverIntercepted()
    {
        SimServer loopback = _script.Host.Serve(new IpEndpoint(IpAddress.IPv4Loopback, 443));
        _script.Services.InterceptedPort = 443;

        _script.Send(
            TcpScript.Syn with { Destination = new IpEndpoint(VirtualNetwork.HostAlias, 443) });

        _script.Expect(Expect.Flags(TcpFlags.Syn | TcpFlags.Acknowledgment));
        Assert.Single(loopback.Connections);
    }

    [Fact]
    public void DataInSyn_IsDeliveredAtMostOnce()
    {
        byte[] early = [1, 2, 3];
        _script.Send(TcpScript.Syn with { Payload = early });
        Segment answer = _script.Expect(Expect.Flags(TcpFlags.Syn | TcpFlags.Acknowledgment));
        uint acknowledged = answer.Acknowledgment - (TcpScript.GuestInitial + 1);
        Assert.True(acknowledged is 0 or 3);
        _script.GuestNext = TcpScript.GuestInitial + 1;
        _script.EngineNext = answer.Sequence + 1;

        _script.SendText(early);
        _script.SendText([4]);

        Assert.Equal([1, 2, 3, 4], _script.Server.Connection.ReadAll());
    }

    [Fact]
    public void Isn_Entropy_NoStepIsConstantAndNoneRepeats()
    {
        HashSet<uint> numbers = [];
        HashSet<uint> steps = [];
        uint previous = 0;
        for (int i = 0; i < 10_000; i++)
        {
            Segment syn = TcpScript.Syn with { Source =
                new IpEndpoint(VirtualNetwork.Guest, (ushort)(1024 + i)) };
            _script.Send(syn);
            uint number = _script.Expect().Sequence;
            _script.Send(syn with { Sequence = syn.Sequence + 1, Flags = TcpFlags.Reset });
            numbers.Add(number);
            steps.Add(number - previous);
            previous = number;
        }

        // Ten thousand of 2^32 collide about a dozen times by chance (birthday bound).
        Assert.True(numbers.Count > 9_950);
        Assert.True(steps.Count > 9_950);
    }

    [Fact]
    public void Isn_OtherSeed_IsOther()
    {
        TcpScript other = new(VirtualNetwork.Settings with { Seed = new Seed128(1, 2) });
        _script.Send(TcpScript.Syn);
        other.Send(TcpScript.Syn);

        Assert.NotEqual(_script.Expect().Sequence, other.Expect().Sequence);
    }

    [Fact]
    public void Isn_SameConnectionLater_HasGrown()
    {
        _script.Send(TcpScript.Syn);
        uint first = _script.Expect().Sequence;
        _script.Send(
            TcpScript.Syn with { Sequence = TcpScript.GuestInitial + 1, Flags = TcpFlags.Reset });
        _script.Elapse(Duration.FromSeconds(1));
        _script.Send(TcpScript.Syn with { Sequence = 5_000_000 });

        // RFC 6528: a clock of 4 microseconds is 250,000 a second.
        Assert.InRange(_script.Expect().Sequence - first, 200_000u, 300_000u);
    }

    private void AssertForgotten()
    {
        Assert.Equal(0, _script.Layer.Count);
        Assert.Equal(0, _script.Host.OpenSockets);
        Assert.Equal(Instant.Never, _script.Timers.NextDeadline);
    }
}
