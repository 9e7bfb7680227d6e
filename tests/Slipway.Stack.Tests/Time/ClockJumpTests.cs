using Slipway.Stack.Tests.Tcp;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Time;

/// <summary>
/// The clock jumps: a host was suspended, or a debugger or SIGSTOP held the engine. What was due
/// meanwhile is due once, and guests are served at once.
/// </summary>
public sealed class ClockJumpTests
{
    private const int Many = 1_000;
    private const int OneHour = 3_600;
    private const int TenDays = 864_000;

    [Theory]
    [InlineData(OneHour)]
    [InlineData(TenDays)]
    public void Connections_AfterAJump_AreAskedOnceAtMostAndGoOn(int seconds)
    {
        TcpScript script = new();
        (Segment Ack, SimConnection Host)[] open = [.. Enumerable.Range(0, Many)
            .Select(i => Connect(script, (ushort)(10_000 + i)))];

        script.Clock.Advance(Duration.FromSeconds(seconds));
        script.Turn();
        List<Segment> said = script.TakeAll();
        Assert.InRange(said.Count, 0, Many);
        Assert.All(said, segment => Assert.Equal(TcpFlags.Acknowledgment, segment.Flags));
        Assert.Equal(Many, script.Layer.Count);

        // At once: no time passes.
        (_, SimConnection fresh) = Connect(script, 9_999);
        Assert.False(fresh.IsClosed);
        foreach ((Segment ack, SimConnection host) in open)
        {
            script.Send(ack with { Payload = [1, 2, 3] });
            Assert.Equal([1, 2, 3], host.ReadAll());
        }

        script.TakeAll();
        script.Elapse(Duration.FromSeconds(600));
        Assert.Empty(script.TakeAll());
        Assert.Equal(Many + 1, script.Layer.Count);
    }

    [Theory]
    [InlineData(OneHour)]
    [InlineData(TenDays)]
    public void Text_OnItsWayAtAJump_IsSentOnceMoreAndArrives(int seconds)
    {
        TcpScript script = new();
        SimConnection host = script.Connect();
        host.Write([1, 2, 3]);
        script.Turn();
        script.Expect(Expect.Payload([1, 2, 3]));

        script.Clock.Advance(Duration.FromSeconds(seconds));
        script.Turn();
        Segment again = Assert.Single(
            script.TakeAll(), segment => segment.Payload.Length > 0);
        Assert.Equal([1, 2, 3], again.Payload);
        script.EngineNext = again.End;
        script.Send(script.Ack);
        host.Write([4]);
        script.Turn();
        script.Expect(Expect.Payload([4]));
    }

    [Theory]
    [InlineData(OneHour)]
    [InlineData(TenDays)]
    public void Connects_ThatWaitedAtAJump_EndAndLeaveNothing(int seconds)
    {
        TcpScript script = new();
        script.Server.Outcome = HostError.InProgress;
        for (int i = 0; i < Many; i++)
        {
            script.Send(TcpScript.Syn with
            {
                Source = new IpEndpoint(script.Guest.Address, (ushort)(10_000 + i)),
            });
        }

        script.Clock.Advance(Duration.FromSeconds(seconds));
        script.Turn();
        Assert.Equal(0, script.Layer.Count);
        Assert.Equal(0, script.Host.OpenSockets);
        script.ExpectNothing();
        Assert.Equal(Instant.Never, script.Timers.NextDeadline);
    }

    [Theory]
    [InlineData(OneHour)]
    [InlineData(TenDays)]
    public void Datagrams_AfterAJump_HaveFlowsOfTheirOwn_AndTheOldOnesAreGone(int seconds)
    {
        StackBench bench = new();
        IpEndpoint far = VirtualNetwork.FarEndpoint;
        for (int i = 0; i < Many; i++)
        {
            Send(bench, (ushort)(10_000 + i), far);
        }

        Assert.Equal(Many, bench.Host.OpenSockets);
        bench.Clock.Advance(Duration.FromSeconds(seconds));
        Send(bench, 9_999, far);
        Assert.Equal(1, bench.Host.OpenSockets);
    }

    [Theory]
    [InlineData(OneHour)]
    [InlineData(TenDays)]
    public void Timers_OverdueByAJump_FireOnceEach_AndWhatTheyScheduleComesLater(int seconds)
    {
        TimerWheel wheel = new();
        FakeClock clock = new();
        Again owner = new(wheel);
        for (int i = 0; i < Many; i++)
        {
            wheel.Schedule(new TimerEntry(owner), clock.Now + Duration.FromMilliseconds(i * 37));
        }

        clock.Advance(Duration.FromSeconds(seconds));
        wheel.Advance(clock.Now);
        Assert.Equal(Many, owner.Fired);
        clock.Advance(Duration.FromSeconds(1));
        wheel.Advance(clock.Now);
        Assert.Equal(2 * Many, owner.Fired);
    }

    private static void Send(StackBench bench, ushort port, IpEndpoint far) => bench.Send(
        new Datagram
        {
            Source = new IpEndpoint(VirtualNetwork.Guest, port), Destination = far, Payload = [1],
        }.ToFrame());

    private static (Segment Ack, SimConnection Host) Connect(TcpScript script, ushort port)
    {
        IpEndpoint guest = new(script.Guest.Address, port);
        script.Send(TcpScript.Syn with { Source = guest });
        Segment answer = script.Expect(
            Expect.Flags(TcpFlags.Syn | TcpFlags.Acknowledgment));
        Segment ack = script.Ack with
        {
            Source = guest, Sequence = TcpScript.GuestInitial + 1,
            Acknowledgment = answer.Sequence + 1,
        };
        script.Send(ack);
        script.ExpectNothing();
        return (ack, script.Server.Connections[^1]);
    }

    // Due again a millisecond after it was due, as a timer that wants to catch up.
    private sealed class Again(TimerWheel wheel) : ITimerOwner
    {
        public int Fired { get; private set; }

        public void OnTimer(TimerEntry entry, Instant now)
        {
            Fired++;
            wheel.Schedule(entry, entry.Due + Duration.FromMilliseconds(1));
        }
    }
}
