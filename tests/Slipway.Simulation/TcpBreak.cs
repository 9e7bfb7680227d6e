using Slipway.Stack;
using Slipway.Testing;

namespace Slipway.Simulation;

/// <summary>A connection on which both ends send until one of them resets it.</summary>
internal sealed class TcpBreak(GuestTcp guest, bool byHost) : SimulatedFlow
{
    private readonly byte[] _buffer = new byte[4096];
    private long _outbound;
    private bool _isBroken;

    public SimConnection? Host { get; set; }

    public override bool IsDone => _isBroken && guest.End != GuestTcpEnd.None && Host!.IsClosed;

    public override void Step(Instant now)
    {
        if (guest.IsEstablished && guest.End == GuestTcpEnd.None && guest.Unacknowledged < 20_000)
        {
            guest.Write(_buffer);
        }

        if (Host is null)
        {
            return;
        }

        Host.Write(_buffer);
        _outbound += Host.Read(_buffer);
        guest.Read(_buffer);
        if (!_isBroken && _outbound > 50_000)
        {
            _isBroken = true;
            (byHost ? (Action)Host.Reset : guest.Abort)();
        }
    }

    public override void Verify()
    {
        Assert.Equal(byHost ? GuestTcpEnd.Reset : GuestTcpEnd.Aborted, guest.End);
        Assert.True(byHost || Host!.WasReset, "the host saw the reset");
    }

    public override string ToString() =>
        $"{guest.Local} broken by {(byHost ? "host" : "guest")}: {guest.End}, "
        + $"host closed {Host?.IsClosed}";
}
