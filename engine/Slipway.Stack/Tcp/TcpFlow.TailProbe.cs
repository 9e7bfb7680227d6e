namespace Slipway.Stack;

/// <summary>
/// A lost tail is found by sending its last segment once more, long before the retransmission timer
/// (RFC 8985 section 7): the acknowledgment tells by SACK what is missing before it.
/// </summary>
internal sealed partial class TcpFlow
{
    /// <summary>What a guest may take to acknowledge several segments.</summary>
    private static readonly Duration TailProbeAllowance = Duration.FromMilliseconds(10);

    /// <summary>What it may take to acknowledge a single one: Linux's 40 ms, and some.</summary>
    private static readonly Duration DelayedAcknowledgment = Duration.FromMilliseconds(50);

    private bool _tailProbeArmed;
    private Instant _lastSentAt;
    private bool _tailProbePending;

    /// <summary>The tail was sent once more, and SND.UNA has not moved since.</summary>
    private bool _tailProbed;

    /// <summary>The probe has shown loss: all that lies below what has arrived is lost.</summary>
    private bool _tailLost;

    private bool MayProbeTail =>
        _sackPermitted && !_recovering && !_recoveryPointSet && !_tailProbed && !_persisting
        && _sendWindow > 0 && TcpTransitions.IsSynchronized(State);

    /// <summary>
    /// When to probe; the retransmission timeout where that is no later, or where a probe would
    /// tell nothing.
    /// </summary>
    private Duration TimeToProbe()
    {
        Duration timeout = _timeout.Current;
        Duration probe = (_timeout.Smoothed * 2) + TailProbeAllowance;
        _tailProbeArmed = MayProbeTail && probe < timeout;
        return _tailProbeArmed ? probe : timeout;
    }

    private void OnTailProbeDue(Instant now)
    {
        bool isSingle = FlightBytes <= _segmentBytes && _scoreboard is not { Count: > 0 };
        Duration probe = (_timeout.Smoothed * 2)
            + (isSingle ? DelayedAcknowledgment : TailProbeAllowance);
        _tailProbeArmed = MayProbeTail && probe < _timeout.Current;
        Instant due = _lastSentAt + (_tailProbeArmed ? probe : _timeout.Current);
        if (due > now)
        {
            _retransmitDeadline = due;
            ArmTimer(due);
        }
        else if (_tailProbeArmed)
        {
            _tailProbed = true;
            _tailProbePending = true;
            ArmRetransmission(now);
            _layer.Queue(this);
        }
        else
        {
            OnRetransmissionTimeout(now);
        }
    }

    /// <summary>Sends the last segment once more; zero or less when it could not be sent.</summary>
    private int SendTailProbe(Instant now)
    {
        _tailProbePending = false;
        int length = Math.Min(_segmentBytes, _sendMax - _sendUnacknowledged);
        if (length <= 0)
        {
            return 0;
        }

        SequenceNumber sequence = _finSent ? _finSequence : _sendMax - length;
        int sent = SendAt(sequence, _sendMax - sequence, now);
        _layer.Counters.TcpSegmentsRetransmitted += sent > 0 ? 1 : 0;
        return sent;
    }
}
