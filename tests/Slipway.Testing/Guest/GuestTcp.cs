using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>
/// One TCP connection of a simulated guest: a small TCP of its own, written from the RFCs and not
/// from the engine, so that a misunderstanding is not shared.
/// </summary>
/// <remarks>
/// Positions are 64-bit offsets into a direction's sequence space: 0 is the SYN, 1 the first byte,
/// and the FIN comes after the last. Everything is sent by <see cref="Flush"/>.
/// </remarks>
public sealed partial class GuestTcp
{
    private readonly SimGuest _guest;
    private readonly GuestTcpOptions _options;
    private readonly bool _isPassive;
    private readonly uint _sendInitial;
    private uint _receiveInitial;
    private bool _hasPeerSyn;
    private bool _acknowledgmentPending;
    private Instant _endOfTimeWait = Instant.Never;

    internal GuestTcp(
        SimGuest guest, IpEndpoint local, IpEndpoint remote, GuestTcpOptions options, uint initial,
            bool isPassive)
    {
        _guest = guest;
        _options = options;
        _isPassive = isPassive;
        _sendInitial = initial;
        _retransmitAt = isPassive ? Instant.Never : default;
        Local = local;
        Remote = remote;
    }

    public IpEndpoint Local { get; }

    public IpEndpoint Remote { get; }

    public GuestTcpEnd End { get; private set; }

    public bool IsEstablished { get; private set; }

    /// <summary>Nothing more will come of it: ended, and out of TIME-WAIT.</summary>
    public bool IsGone { get; private set; }

    /// <summary>When this connection next does something by itself.</summary>
    internal Instant NextDeadline => Instant.Min(_retransmitAt, _endOfTimeWait);

    /// <summary>Ends at once with RST.</summary>
    public void Abort()
    {
        if (End == GuestTcpEnd.None)
        {
            if (_hasPeerSyn)
            {
                Transmit(TcpFlags.Reset | TcpFlags.Acknowledgment, _next, []);
            }

            Finish(GuestTcpEnd.Aborted);
        }
    }

    internal void Receive(Segment segment, Instant now)
    {
        if (segment.Has(TcpFlags.Reset))
        {
            ReceiveReset(segment);
            return;
        }

        if (segment.Has(TcpFlags.Syn))
        {
            ReceiveSyn(segment);
        }

        if (!_hasPeerSyn)
        {
            return;
        }

        RememberTimestamp(segment);
        if (segment.Has(TcpFlags.Acknowledgment))
        {
            ReceiveAcknowledgment(segment, now);
        }

        if (segment.Length > 0)
        {
            ReceiveText(segment);
            _acknowledgmentPending = true;
        }
        else if (segment.Sequence != ReceiveSequence)
        {
            _acknowledgmentPending = true; // a probe below the window (RFC 9293 section 3.10.7.4)
        }

        CheckFinished(now);
    }

    /// <summary>The network says that the SYN cannot be delivered.</summary>
    internal void ReceiveUnreachable()
    {
        if (!IsEstablished)
        {
            Finish(GuestTcpEnd.Unreachable);
        }
    }

    internal void Tick(Instant now)
    {
        if (_endOfTimeWait <= now)
        {
            _endOfTimeWait = Instant.Never;
            IsGone = true;
        }

        if (_retransmitAt <= now && End == GuestTcpEnd.None)
        {
            OnRetransmissionTimeout(now);
        }
    }

    /// <summary>
    /// Sends what may be sent: SYN, data, FIN, or the acknowledgment that is owed.
    /// </summary>
    internal void Flush(Instant now)
    {
        if (IsGone)
        {
            return;
        }

        if (!IsEstablished)
        {
            FlushHandshake(now);
            return;
        }

        FlushText(now);
        if (_acknowledgmentPending || WindowUpdateIsDue)
        {
            Transmit(TcpFlags.Acknowledgment, _next, []);
        }
    }

    private void ReceiveReset(Segment segment)
    {
        if (!_hasPeerSyn)
        {
            if (segment.Has(TcpFlags.Acknowledgment) && segment.Acknowledgment == _sendInitial + 1)
            {
                Finish(GuestTcpEnd.Refused);
            }
        }
        else if (segment.Sequence == ReceiveSequence)
        {
            // In LAST-ACK and CLOSING that is an end in order (RFC 9293 section 3.10.7.4), also if
            // the answer to the last text was lost with that to the FIN: an engine whose TIME-WAIT
            // has passed meanwhile knows nothing of it any more.
            bool bothHaveClosed = _finReceived && _sendClosed && _highest > FinPosition;
            Finish(bothHaveClosed ? GuestTcpEnd.Finished : GuestTcpEnd.Reset);
        }
        else
        {
            _acknowledgmentPending = true; // RFC 5961 section 3
        }
    }

    private void ReceiveSyn(Segment segment)
    {
        if (_hasPeerSyn)
        {
            return;
        }

        if (!_isPassive && (!segment.Has(TcpFlags.Acknowledgment)
            || segment.Acknowledgment != _sendInitial + 1))
        {
            return;
        }

        _hasPeerSyn = true;
        _receiveInitial = segment.Sequence;
        _receiveNext = 1;
        AgreeOn(segment.Options);
        _sendWindow = segment.Window;
        if (_isPassive)
        {
            _retransmitAt = default;
        }
        else
        {
            IsEstablished = true;
            _unacknowledged = _next = _highest = 1;
            StopRetransmission();
        }
    }

    private void FlushHandshake(Instant now)
    {
        if (_retransmitAt == default)
        {
            TcpFlags flags = _isPassive ? TcpFlags.Syn | TcpFlags.Acknowledgment : TcpFlags.Syn;
            Transmit(flags, 0, []);
            _next = _highest = 1;
            ArmRetransmission(now);
        }
    }

    private void CheckFinished(Instant now)
    {
        if (End == GuestTcpEnd.None && IsFinAcknowledged && _finReceived)
        {
            End = GuestTcpEnd.Finished;
            StopRetransmission();
            _endOfTimeWait = now + _options.TimeWait;
        }
    }

    private void Finish(GuestTcpEnd end)
    {
        if (End == GuestTcpEnd.None)
        {
            End = end;
            IsGone = true;
            StopRetransmission();
        }
    }

    private void Transmit(TcpFlags flags, long position, byte[] payload)
    {
        bool isSyn = (flags & TcpFlags.Syn) != 0;
        Segment segment = new()
        {
            Source = Local,
            Destination = Remote,
            Sequence = _sendInitial + (uint)position,
            Acknowledgment = _hasPeerSyn ? ReceiveSequence : 0,
            Flags = flags,
            Window = WindowField(isSyn),
            Options = isSyn ? HandshakeOptions() : TextOptions(),
            Payload = payload,
        };
        if ((flags & TcpFlags.Acknowledgment) != 0)
        {
            _acknowledgmentPending = false;
        }

        _guest.Transmit(segment);
    }
}
