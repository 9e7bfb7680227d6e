using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Loss towards the guest: duplicate acknowledgments (RFC 5681), SACK (RFC 6675), NewReno's
/// partial acknowledgments where the guest does not speak SACK (RFC 6582), and of RFC 8985 what
/// needs no record of each segment: a retransmission that was lost, and a lost tail.
/// </summary>
internal sealed partial class TcpFlow
{
    /// <summary>DupThresh of RFC 6675.</summary>
    private const int DuplicateThreshold = 3;

    private static readonly Duration ReorderingAllowance = Duration.FromMilliseconds(2);

    private CongestionWindow _congestion;
    private SackScoreboard? _scoreboard;
    private bool _sackPermitted;
    private int _duplicates;
    private bool _recovering;

    /// <summary>HighData when loss was found: recovery ends when it is acknowledged.</summary>
    private SequenceNumber _recoveryPoint;
    private bool _recoveryPointSet;

    /// <summary>HighRxt: holes below it have been sent again.</summary>
    private SequenceNumber _retransmitNext;
    private bool _retransmitFirst;

    /// <summary>When the bytes at SND.UNA were last sent, or became the first.</summary>
    private Instant _firstSentAt = Instant.Never;

    private bool TakeSackBlocks(in TcpOptions options)
    {
        if (!_sackPermitted || options.SackBlockCount == 0)
        {
            return false;
        }

        _scoreboard ??= new SackScoreboard();
        bool told = false;
        for (int i = 0; i < options.SackBlockCount; i++)
        {
            told |= _scoreboard.Add(options.GetSackBlock(i), _sendUnacknowledged, _sendMax);
        }

        return told;
    }

    private void CountDuplicate(in TcpHeader header, SequenceNumber acknowledgment, bool told)
    {
        bool sameWindow = header.Window << _sendScale == _sendWindow;
        bool isDuplicate = acknowledgment == _sendUnacknowledged && _sendMax > _sendUnacknowledged
            && header.Payload.IsEmpty && (header.Flags & TcpFlags.Fin) == 0 && sameWindow;
        if (told || (isDuplicate && !_sackPermitted))
        {
            _duplicates++;
        }
    }

    /// <param name="told">SACK has told of bytes that had not been known to be there.</param>
    private void DetectLoss(bool told, Instant now)
    {
        if (_sendMax == _sendUnacknowledged)
        {
            return;
        }

        bool isFirstLostAgain = told && IsFirstLostAgain(now);
        if (_recovering)
        {
            _retransmitFirst |= isFirstLostAgain;
            return;
        }

        bool hasTailEcho = _tailProbed && _scoreboard is { Count: > 0 };
        bool lost = hasTailEcho || _duplicates >= DuplicateThreshold
            || (_scoreboard?.SackedBytes ?? 0) > DuplicateThreshold * _segmentBytes;
        if (_recoveryPointSet && _sendUnacknowledged < _recoveryPoint)
        {
            // What the timer found is still being repaired; what is lost once more meanwhile
            // need not wait for it again.
            _retransmitFirst = lost && isFirstLostAgain;
            if (_retransmitFirst && _sendNext == _sendMax)
            {
                StartRecovery();
            }

            return;
        }

        _recoveryPointSet = false;
        if (lost)
        {
            _tailLost = hasTailEcho;
            _congestion.EnterRecovery(_sendMax - _sendUnacknowledged);
            StartRecovery();
        }
    }

    private void StartRecovery()
    {
        _recovering = true;
        _recoveryPoint = _sendMax;
        _recoveryPointSet = true;
        _retransmitNext = _sendUnacknowledged;
        _retransmitFirst = true;
        _timedAt = Instant.Never;
        _sendNext = _sendMax;
    }

    /// <summary>
    /// The bytes at SND.UNA were sent again, and what was sent later has arrived (RFC 8985 section
    /// 6.2): a round trip and a quarter has passed, so news cannot be of what went before them.
    /// </summary>
    private bool IsFirstLostAgain(Instant now)
    {
        Duration settled = _timeout.Smoothed + (_timeout.Smoothed / 4) + ReorderingAllowance;
        return _firstSentAt != Instant.Never && now - _firstSentAt > settled;
    }

    private void OnAdvanceInRecovery(
        SequenceNumber acknowledgment, int acknowledgedBytes, bool wasLimited)
    {
        if (!_recovering)
        {
            _duplicates = 0;
            _congestion.Acknowledge(acknowledgedBytes, wasLimited);
            return;
        }

        if (acknowledgment >= _recoveryPoint)
        {
            _recovering = false;
            _recoveryPointSet = false;
            _retransmitFirst = false;
            _tailLost = false;
            _duplicates = 0;
            return;
        }

        _retransmitNext = SequenceNumber.Max(_retransmitNext, acknowledgment);
        if (!_sackPermitted)
        {
            _duplicates = 0;
            _retransmitNext = acknowledgment;
            _retransmitFirst = true;
        }
    }

    /// <summary>Bytes that are on their way to the guest (RFC 6675 "pipe").</summary>
    private int PipeBytes()
    {
        if (!_sackPermitted)
        {
            return Math.Max(FlightBytes - (_duplicates * _segmentBytes), 0);
        }

        if (_scoreboard is null || _scoreboard.Count == 0)
        {
            return FlightBytes;
        }

        int pipe = FlightBytes - _scoreboard.SackedBetween(_sendUnacknowledged, _sendNext);
        if (_recovering)
        {
            SequenceNumber edge = LossEdge();
            SequenceNumber from = SequenceNumber.Max(_retransmitNext, _sendUnacknowledged);
            if (edge > from)
            {
                pipe -= (edge - from) - _scoreboard.SackedBetween(from, edge);
            }
        }

        return Math.Max(pipe, 0);
    }

    /// <summary>What lies unsacked below it counts as lost: enough has arrived above.</summary>
    private SequenceNumber LossEdge()
    {
        if (_scoreboard is null || _scoreboard.Count == 0)
        {
            return _sendUnacknowledged;
        }

        int reordered = _tailLost ? 0 : DuplicateThreshold * _segmentBytes;
        return SequenceNumber.Max(_scoreboard.HighestEnd - reordered, _sendUnacknowledged + 1);
    }

    /// <summary>The next bytes to send again while recovering.</summary>
    private bool TryFindRetransmission(out SequenceNumber sequence, out int lengthBytes)
    {
        sequence = _sendUnacknowledged;
        lengthBytes = 0;
        SequenceNumber end = _finSent ? SequenceNumber.Min(_sendMax, _finSequence + 1) : _sendMax;
        if (_retransmitFirst)
        {
            lengthBytes = Math.Min(_segmentBytes, end - _sendUnacknowledged);
            if (_scoreboard?.TryFindHole(_sendUnacknowledged, end, out _, out int hole) == true)
            {
                lengthBytes = Math.Min(lengthBytes, hole);
            }

            return lengthBytes > 0;
        }

        if (!_recovering || _scoreboard is null || PipeBytes() + _segmentBytes > _congestion.Bytes)
        {
            return false;
        }

        SequenceNumber from = SequenceNumber.Max(_retransmitNext, _sendUnacknowledged);
        SequenceNumber edge = LossEdge();
        if (edge <= from || !_scoreboard.TryFindHole(from, edge, out sequence, out int length))
        {
            return false;
        }

        lengthBytes = Math.Min(length, _segmentBytes);
        return true;
    }

    /// <summary>
    /// The retransmission timer: everything unacknowledged is sent again, slowly at first.
    /// </summary>
    private void OnRetransmissionTimeout(Instant now)
    {
        if (++_retransmissions > TcpLayer.DataRetries)
        {
            Abort(sendReset: true, now);
            return;
        }

        _timeout.BackOff();
        _timedAt = Instant.Never;
        _congestion.Collapse(_sendMax - _sendUnacknowledged);
        _scoreboard?.Clear(); // the guest may have reneged (RFC 2018 section 8)
        _duplicates = 0;
        _recovering = false;
        _retransmitFirst = false;
        _tailLost = false;
        _recoveryPoint = _sendMax;
        _recoveryPointSet = true;
        _sendNext = _sendUnacknowledged;
        ArmRetransmission(now);
        _layer.Queue(this);
    }
}
