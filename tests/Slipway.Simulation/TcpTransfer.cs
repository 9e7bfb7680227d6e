using Slipway.Stack;
using Slipway.Testing;

namespace Slipway.Simulation;

/// <summary>
/// A stream each way over one connection, each byte checked, each end closed on its own.
/// </summary>
internal sealed class TcpTransfer(GuestTcp? opened, SimConnection? accepted, TransferPlan plan)
    : SimulatedFlow
{
    private static readonly Duration ReadInterval = Duration.FromMilliseconds(10);

    private readonly StreamPattern _outboundPattern = new((plan.Seed * 2) + 1);
    private readonly StreamPattern _inboundPattern = new((plan.Seed * 2) + 2);
    private readonly byte[] _buffer = new byte[64 << 10];
    private long _outboundWritten;
    private long _outboundRead;
    private long _inboundWritten;
    private long _inboundRead;
    private Instant _nextRead;

    /// <summary>The guest's end; of a published port, not before the guest has accepted.</summary>
    public GuestTcp? Guest { get; set; } = opened;

    /// <summary>The host's end; not before the host has accepted.</summary>
    public SimConnection? Host { get; set; } = accepted;

    public override bool IsDone => Guest is not null && Guest.End != GuestTcpEnd.None
        && Guest.Available == 0 && (Host is null || Host.IsEndOfStream || Host.WasReset);

    public override Instant NextStep =>
        IsDone || (plan.GuestReadBytes == 0 && plan.HostReadBytes == 0)
        ? Instant.Never : _nextRead;

    public override void Step(Instant now)
    {
        bool mayRead = _nextRead <= now;
        if (mayRead)
        {
            _nextRead = now + ReadInterval;
        }

        if (Guest is not null)
        {
            StepGuest(Guest, mayRead);
        }

        if (Host is not null)
        {
            StepHost(Host, mayRead);
        }
    }

    public override void Verify()
    {
        Assert.Equal(GuestTcpEnd.Finished, Guest?.End);
        Assert.Equal((plan.OutboundBytes, plan.InboundBytes), (_outboundRead, _inboundRead));
        Assert.True(Host is { IsClosed: true, WasReset: false },
            "the host's end was closed in order");
    }

    public override string ToString() =>
        $"{Guest?.Local} {plan}: out {_outboundRead}/{_outboundWritten}, "
        + $"in {_inboundRead}/{_inboundWritten}, guest {Guest?.End}, "
        + $"host eof {Host?.IsEndOfStream} reset {Host?.WasReset} closed {Host?.IsClosed}";

    private void StepGuest(GuestTcp guest, bool mayRead)
    {
        while (_outboundWritten < plan.OutboundBytes && guest.Unacknowledged < 128 << 10
            && guest.End == GuestTcpEnd.None)
        {
            int length = (int)Math.Min(_buffer.Length, plan.OutboundBytes - _outboundWritten);
            _outboundPattern.Fill(_outboundWritten, _buffer.AsSpan(0, length));
            guest.Write(_buffer.AsSpan(0, length));
            _outboundWritten += length;
        }

        if (plan.GuestReadBytes == 0 || mayRead)
        {
            _inboundRead += Read(guest.Read, _inboundPattern, _inboundRead, plan.GuestReadBytes);
        }

        bool waits = plan.GuestClosesLast && !guest.IsEndOfStream;
        if (_outboundWritten == plan.OutboundBytes && !waits)
        {
            guest.CloseSend();
        }
    }

    private void StepHost(SimConnection host, bool mayRead)
    {
        while (_inboundWritten < plan.InboundBytes && host.Room > 0 && !host.IsClosed)
        {
            int length = (int)Math.Min(Math.Min(_buffer.Length, host.Room),
                plan.InboundBytes - _inboundWritten);
            _inboundPattern.Fill(_inboundWritten, _buffer.AsSpan(0, length));
            _inboundWritten += host.Write(_buffer.AsSpan(0, length));
        }

        if (plan.HostReadBytes == 0 || mayRead)
        {
            _outboundRead += Read(host.Read, _outboundPattern, _outboundRead, plan.HostReadBytes);
        }

        bool waits = plan.HostClosesLast && !host.IsEndOfStream;
        if (_inboundWritten == plan.InboundBytes && !waits)
        {
            host.ShutdownSend();
        }
    }

    private int Read(ReadBytes read, StreamPattern pattern, long position, int atMost)
    {
        int total = 0;
        int limit = atMost == 0 ? int.MaxValue : atMost;
        while (total < limit)
        {
            int length = read(_buffer.AsSpan(0, Math.Min(_buffer.Length, limit - total)));
            if (length == 0)
            {
                break;
            }

            pattern.Verify(position + total, _buffer.AsSpan(0, length));
            total += length;
        }

        return total;
    }

    private delegate int ReadBytes(Span<byte> destination);
}
