using Slipway.Stack;
using Slipway.Testing;

namespace Slipway.Simulation;

/// <summary>
/// A stream each way between programs that hang, reset and read little, over an engine that may
/// have no room for it. Whatever comes is what was sent, from its beginning, once and in order; and
/// if the connection ends in order on both sides, all of it has come.
/// </summary>
internal sealed class HarshTransfer(GuestTcp? opened, SimConnection? accepted, HarshPlan plan)
    : SimulatedFlow
{
    private static readonly Duration Interval = Duration.FromMilliseconds(7);

    private readonly StreamPattern _outbound = new((plan.Seed * 2) + 1);
    private readonly StreamPattern _inbound = new((plan.Seed * 2) + 2);
    private readonly byte[] _buffer = new byte[16 << 10];
    private readonly List<SimConnection> _late = [];
    private long _outboundWritten;
    private long _outboundRead;
    private long _inboundWritten;
    private long _inboundRead;
    private Instant _next;

    /// <summary>The guest's end; of a published port, not before the guest has accepted.</summary>
    public GuestTcp? Guest { get; set; } = opened;

    /// <summary>The host's end; not before the host has accepted.</summary>
    public SimConnection? Host { get; private set; } = accepted;

    /// <summary>
    /// The host has accepted; again, if the engine gave up a connect of this guest's and it came
    /// once more. A server serves each from its beginning. The link may also bring a copy of the
    /// SYN when the connection is over: the guest resets what comes of that.
    /// </summary>
    public void Accept(SimConnection connection)
    {
        if (Guest is { IsEstablished: true } or { End: not GuestTcpEnd.None })
        {
            _late.Add(connection);
            return;
        }

        Assert.True(Host is null or { IsClosed: true }, "one guest's connect is one of the host's");
        Assert.Equal((0, 0), (_outboundRead, _inboundRead));
        Host = connection;
        _inboundWritten = 0;
        _next = default;
    }

    // A reset that is lost leaves a guest that waits for ever: it is over all the same, when the
    // engine has closed the host's end.
    public override bool IsDone => IsOverAtGuest
        || (Host is { IsClosed: true } && Guest is null or { Available: 0 }
            && (!MustBeWhole || WasNotFound));

    /// <summary>
    /// The link lost each of the three questions for a published port's guest: its client is
    /// reset, whatever it had sent.
    /// </summary>
    public bool WasNotFound => MustBeWhole && Guest is null && Host is { WasReset: true };

    public override Instant NextStep => IsDone && IsOverAtHost ? Instant.Never
        : HasWork ? _next : NextAwake;

    private bool MustBeWhole => plan.IsSafe && !plan.HasReset;

    private bool IsOverAtGuest =>
        Guest is { Available: 0 } && Guest.End != GuestTcpEnd.None;

    private bool IsOverAtHost => Host is null || Host.WasReset || Host.IsEndOfStream
        || (Host.IsClosed && Host.Available == 0);

    // Something waits to be read, or there is room to write.
    private bool HasWork => (Guest is { Available: > 0 }) || (Host is { Available: > 0 })
        || (Host is { IsClosed: false, Room: > 0 } && _inboundWritten < plan.InboundBytes);

    private Instant NextAwake => _next > plan.HostHangsUntil && _next > plan.GuestHangsUntil
        ? Instant.Never : _next;

    public override void Step(Instant now)
    {
        if (_next > now)
        {
            return;
        }

        Instant hang = NextHang(now);
        _next = hang > now + Interval ? hang : now + Interval;
        if (Guest is not null && now >= plan.GuestHangsUntil)
        {
            StepGuest(Guest);
        }

        if (Host is not null && now >= plan.HostHangsUntil)
        {
            StepHost(Host);
        }
    }

    public override void Verify()
    {
        Assert.True(Host is null || Host.IsClosed, "the engine has closed the host's end");
        Assert.All(_late, late => Assert.True(
            late is { IsClosed: true, WasReset: true, Available: 0 }, "a late SYN's is reset"));
        if (MustBeWhole && !WasNotFound)
        {
            Assert.Equal(GuestTcpEnd.Finished, Guest?.End);
            Assert.False(Host!.WasReset, "the host's end was closed in order");
        }

        if (Guest?.End == GuestTcpEnd.Finished && Host is { WasReset: false } && !plan.HasReset)
        {
            Assert.Equal(
                (plan.OutboundBytes, plan.InboundBytes), (_outboundRead, _inboundRead));
        }
    }

    public override string ToString() =>
        $"{Guest?.Local} {plan}: out {_outboundRead}/{_outboundWritten}, "
        + $"in {_inboundRead}/{_inboundWritten}, guest {Guest?.End}, "
        + $"host eof {Host?.IsEndOfStream} reset {Host?.WasReset} closed {Host?.IsClosed}";

    // Both asleep: nothing is looked at until one of them wakes.
    private Instant NextHang(Instant now) =>
        now < plan.HostHangsUntil && now < plan.GuestHangsUntil
            ? Instant.Min(plan.HostHangsUntil, plan.GuestHangsUntil) : now;

    private void StepGuest(GuestTcp guest)
    {
        while (_outboundWritten < plan.OutboundBytes && guest.Unacknowledged < 64 << 10
            && guest.End == GuestTcpEnd.None)
        {
            int length = (int)Math.Min(_buffer.Length, plan.OutboundBytes - _outboundWritten);
            _outbound.Fill(_outboundWritten, _buffer.AsSpan(0, length));
            guest.Write(_buffer.AsSpan(0, length));
            _outboundWritten += length;
        }

        int read = guest.Read(_buffer.AsSpan(0, Math.Min(_buffer.Length, plan.ReadBytes)));
        _inbound.Verify(_inboundRead, _buffer.AsSpan(0, read));
        _inboundRead += read;
        Assert.True(_inboundRead <= _inboundWritten, "more came than was sent");
        if (plan.GuestResetsAt >= 0 && _inboundRead >= plan.GuestResetsAt && guest.IsEstablished)
        {
            guest.Abort();
        }
        else if (_outboundWritten == plan.OutboundBytes
            && (plan.ClosesEarly || _inboundRead == plan.InboundBytes))
        {
            guest.CloseSend();
        }
    }

    private void StepHost(SimConnection host)
    {
        while (_inboundWritten < plan.InboundBytes && host.Room > 0 && !host.IsClosed)
        {
            int length = (int)Math.Min(
                Math.Min(_buffer.Length, host.Room), plan.InboundBytes - _inboundWritten);
            _inbound.Fill(_inboundWritten, _buffer.AsSpan(0, length));
            int taken = host.Write(_buffer.AsSpan(0, length));
            _inboundWritten += taken;
            if (taken == 0)
            {
                break;
            }
        }

        int read = host.Read(_buffer.AsSpan(0, Math.Min(_buffer.Length, plan.ReadBytes)));
        _outbound.Verify(_outboundRead, _buffer.AsSpan(0, read));
        _outboundRead += read;
        Assert.True(_outboundRead <= _outboundWritten, "more came than was sent");
        if (plan.HostResetsAt >= 0 && _outboundRead >= plan.HostResetsAt)
        {
            host.Reset();
        }
        else if (_inboundWritten == plan.InboundBytes
            && (plan.ClosesEarly || _outboundRead == plan.OutboundBytes))
        {
            host.ShutdownSend();
        }
    }
}
