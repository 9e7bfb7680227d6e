using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Fifth: the ACK field. SND.UNA moves, the host's queue is discarded, RTT is measured.
/// </summary>
internal sealed partial class TcpFlow
{
    private SequenceNumber _initialSend;

    /// <summary>SND.UNA.</summary>
    private SequenceNumber _sendUnacknowledged;

    /// <summary>SND.NXT; falls back to SND.UNA when the retransmission timer fires.</summary>
    private SequenceNumber _sendNext;

    /// <summary>Behind the highest byte ever sent.</summary>
    private SequenceNumber _sendMax;

    /// <summary>SND.WND, in bytes.</summary>
    private int _sendWindow;
    private int _sendWindowMax;
    private int _sendScale;

    /// <summary>SND.WL1 and SND.WL2: the segment that last changed the window.</summary>
    private SequenceNumber _sendWindowUpdateSequence;
    private SequenceNumber _sendWindowUpdateAcknowledgment;

    private RetransmissionTimeout _timeout = new();
    private SequenceNumber _timedSequence;
    private Instant _timedAt = Instant.Never;

    /// <summary>SND.UNA to SND.NXT, in bytes.</summary>
    private int FlightBytes => _sendNext - _sendUnacknowledged;

    private bool CheckAcknowledgment(in TcpHeader header, in TcpOptions options, Instant now)
    {
        if ((header.Flags & TcpFlags.Acknowledgment) == 0)
        {
            _layer.Counters.Drop(DropReason.TcpUnacceptable);
            return false;
        }

        SequenceNumber acknowledgment = new(header.AcknowledgmentNumber);
        if (State == TcpState.SynReceived)
        {
            if (acknowledgment != _initialSend + 1)
            {
                _layer.SendReset(Route, Key, acknowledgment);
                return false;
            }

            Transition(TcpEvent.AcknowledgmentOfSyn);
            _sendWindow = header.Window << _sendScale;
            _sendWindowMax = Math.Max(_sendWindow, _sendWindowMax);
            _sendWindowUpdateSequence = new SequenceNumber(header.SequenceNumber);
            _sendWindowUpdateAcknowledgment = acknowledgment;
            OnEstablished(acknowledgment, now);
            _layer.Queue(this);
            return State != TcpState.Closed;
        }

        if (acknowledgment > _sendMax || acknowledgment < _sendUnacknowledged - MaximumWindow())
        {
            Challenge(now); // RFC 5961 section 5
            return false;
        }

        bool moved = acknowledgment > _sendUnacknowledged;
        bool told = TakeSackBlocks(options);
        if (moved)
        {
            AdvanceUnacknowledged(acknowledgment, options, now);
            if (State == TcpState.Closed)
            {
                return false;
            }
        }
        else
        {
            CountDuplicate(header, acknowledgment, told);
        }

        UpdateSendWindow(header, acknowledgment, moved, now);
        DetectLoss(told, now);
        _layer.Queue(this);
        return true;
    }

    private int MaximumWindow() => Math.Max(_sendWindowMax, 1 << 16);

    private void AdvanceUnacknowledged(
        SequenceNumber acknowledgment, in TcpOptions options, Instant now)
    {
        int acknowledged = acknowledgment - _sendUnacknowledged;
        bool finAcknowledged = _finSent && acknowledgment == _finSequence + 1;
        bool wasLimited = FlightBytes + _segmentBytes >= _congestion.Bytes;
        int text = acknowledged - (finAcknowledged ? 1 : 0);
        _sendUnacknowledged = acknowledgment;
        _sendNext = SequenceNumber.Max(_sendNext, acknowledgment);
        if (text > 0 && _host is not null
            && _host.Discard(text) is not HostError.None and HostError error)
        {
            OnHostFailed(now);
            return;
        }

        MeasureRoundTrip(options, acknowledgment, now);
        _timeout.ResetBackoff();
        _retransmissions = 0;
        _tailProbed = false;
        _tailProbePending = false;
        _firstSentAt = now;
        _scoreboard?.AdvanceTo(acknowledgment);
        OnAdvanceInRecovery(acknowledgment, acknowledged, wasLimited);
        _retransmitDeadline = Instant.Never;
        if (_sendMax > acknowledgment)
        {
            ArmRetransmission(now);
        }

        if (finAcknowledged && TcpTransitions.AwaitsAcknowledgmentOfFin(State))
        {
            OnFinAcknowledged(now);
        }
    }

    /// <summary>
    /// Takes the window of a segment that is newer than the last that told one. Where SND.UNA has
    /// moved it is taken even from an older sequence number (as by Linux): the former window would
    /// reach as far beyond what the guest offered.
    /// </summary>
    private void UpdateSendWindow(
        in TcpHeader header, SequenceNumber acknowledgment, bool moved, Instant now)
    {
        SequenceNumber sequence = new(header.SequenceNumber);
        if (acknowledgment < _sendUnacknowledged
            || !(moved || _sendWindowUpdateSequence < sequence
                || (_sendWindowUpdateSequence == sequence
                    && _sendWindowUpdateAcknowledgment <= acknowledgment)))
        {
            return;
        }

        bool wasClosed = _sendWindow == 0;
        _sendWindow = header.Window << _sendScale;
        _sendWindowMax = Math.Max(_sendWindow, _sendWindowMax);
        _sendWindowUpdateSequence = sequence;
        _sendWindowUpdateAcknowledgment = acknowledgment;
        if (_persisting || _sendWindow == 0)
        {
            // Each ACK of a probe shows that the guest lives: probe for ever (RFC 9293 section
            // 3.8.6.1).
            _retransmissions = 0;
        }

        // What was under way when the window closed may have been thrown away: it is not to wait
        // for a timer that backed off meanwhile.
        if ((_persisting || wasClosed) && _sendWindow > 0)
        {
            StopPersisting(now);
        }
    }

    private void MeasureRoundTrip(in TcpOptions options, SequenceNumber acknowledgment, Instant now)
    {
        if (_timestamps && options.HasTimestamps && options.TimestampEchoReply != 0)
        {
            int elapsedMs = (int)(TcpLayer.TimestampNow(now)
                + _timestampOffset - options.TimestampEchoReply);
            if (elapsedMs is >= 0 and < 60_000)
            {
                _timeout.Measure(Duration.FromMilliseconds(elapsedMs));
            }
        }
        else if (_timedAt != Instant.Never && acknowledgment >= _timedSequence)
        {
            MeasureTimedSegment(now);
        }
    }

    /// <summary>
    /// One segment at a time is timed, never a retransmitted one (Karn's algorithm).
    /// </summary>
    private void MeasureTimedSegment(Instant now)
    {
        if (_timedAt != Instant.Never)
        {
            _timeout.Measure(now - _timedAt);
            _timedAt = Instant.Never;
        }
    }
}
