using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>Segment arrives: RFC 9293 section 3.10.7, in its order of checks.</summary>
internal sealed partial class TcpFlow
{
    /// <summary>Options of a segment with timestamps: two NOPs and ten bytes.</summary>
    private const int TimestampOptionBytes = 12;

    /// <summary>
    /// Answers to segments that should not be, in a second and for one flow (RFC 5961 section 7).
    /// </summary>
    private const int ChallengesPerSecond = 10;

    /// <summary>
    /// After this long an old timestamp no longer says "old segment" (RFC 7323 section 5.5).
    /// </summary>
    private static readonly Duration PawsExpiry = Duration.FromSeconds(24 * 24 * 3600);

    private SequenceNumber _initialReceive;
    private bool _timestamps;
    private uint _timestampRecent;
    private Instant _timestampRecentAt;
    private Instant _challengeSecond;
    private int _challengesSent;

    /// <summary>Takes one segment.</summary>
    /// <returns>False when the segment is a new SYN that replaces this flow, which is then
    /// gone.</returns>
    internal bool Receive(
        in GuestPacket packet, in TcpHeader header, in TcpOptions options, Instant now)
    {
        switch (State)
        {
            case TcpState.SynHeld:
                return ReceiveInSynHeld(packet.Route, header, now);
            case TcpState.SynSent:
                _takesOffloads = packet.Offload.IsChecksumOpen;
                ReceiveInSynSent(packet.Route, header, options, now);
                return true;
            case TcpState.TimeWait when IsReopening(header, options):
                Release(hostReset: false);
                return false;
            default:
                _heardAt = now; // a keepalive has an old sequence number
                if (!CheckSequence(header, options, now))
                {
                    return true;
                }

                HearFrom(packet.Route, now);
                if (CheckResetAndSyn(header, now) && CheckAcknowledgment(header, options, now))
                {
                    ReceiveText(header, now);
                    ReceiveFin(header, now);
                }

                return true;
        }
    }

    /// <summary>A segment that only the guest can have sent: it is there, and it is here.</summary>
    private void HearFrom(in GuestRoute route, Instant now)
    {
        Route = route;
        _orphanDeadline = Instant.Never;
        _heardAt = now;
        if (State == TcpState.FinWait2)
        {
            _lifetimeDeadline = now + TcpLayer.HalfClosedLifetime;
        }
    }

    private bool ReceiveInSynHeld(in GuestRoute route, in TcpHeader header, Instant now)
    {
        if ((header.Flags & TcpFlags.Reset) != 0)
        {
            if (new SequenceNumber(header.SequenceNumber) - _initialReceive is 0 or 1)
            {
                Abort(sendReset: false, now);
            }

            return true;
        }

        if ((header.Flags & (TcpFlags.Syn | TcpFlags.Acknowledgment)) != TcpFlags.Syn)
        {
            _layer.Counters.Drop(DropReason.TcpUnacceptable);
            return true;
        }

        if (IsSameSyn(header))
        {
            HearFrom(route, now);
            _lifetimeDeadline = now + TcpLayer.ConnectLifetime;
            return true;
        }

        // Another SYN from the same endpoint: the guest has given up the first.
        Release(hostReset: true);
        return false;
    }

    /// <summary>
    /// A SYN may reuse a connection in TIME-WAIT if it is surely newer (RFC 6191).
    /// </summary>
    private bool IsReopening(in TcpHeader header, in TcpOptions options)
    {
        const TcpFlags handshake = TcpFlags.Syn | TcpFlags.Acknowledgment | TcpFlags.Reset;
        if ((header.Flags & handshake) != TcpFlags.Syn)
        {
            return false;
        }

        bool newer = new SequenceNumber(header.SequenceNumber) > _receiveNext;
        return newer
            || (_timestamps && options.HasTimestamps
                && (int)(options.TimestampValue - _timestampRecent) > 0);
    }

    /// <summary>First: sequence number and timestamp (RFC 7323 section 5.3).</summary>
    private bool CheckSequence(in TcpHeader header, in TcpOptions options, Instant now)
    {
        SequenceNumber sequence = new(header.SequenceNumber);
        bool isReset = (header.Flags & TcpFlags.Reset) != 0;
        int length = header.Payload.Length
            + ((header.Flags & TcpFlags.Syn) != 0 ? 1 : 0) + ((header.Flags & TcpFlags.Fin) != 0
                ? 1 : 0);
        bool acceptable = IsInWindow(sequence, length);
        bool stale = _timestamps && options.HasTimestamps && !isReset
            && (int)(options.TimestampValue - _timestampRecent) < 0
            && now - _timestampRecentAt < PawsExpiry;
        if (acceptable && !stale)
        {
            if (_timestamps && options.HasTimestamps && sequence <= _lastAcknowledgmentSent)
            {
                _timestampRecent = options.TimestampValue;
                _timestampRecentAt = now;
            }

            return true;
        }

        _layer.Counters.Drop(DropReason.TcpUnacceptable);
        if (isReset)
        {
            return false;
        }

        if (State == TcpState.SynReceived && (header.Flags & TcpFlags.Syn) != 0
            && IsSameSyn(header))
        {
            _handshakePending = true; // our SYN+ACK was lost
            _layer.Queue(this);
            return false;
        }

        // A duplicate of data is answered always: the guest lost our ACK. An empty segment only at
        // a bounded rate, or two confused ends would answer each other for ever.
        if (length > 0 || TakeChallenge(now))
        {
            AcknowledgeNow();
        }

        return false;
    }

    /// <summary>The acceptability test of RFC 9293 section 3.4, table 6.</summary>
    private bool IsInWindow(SequenceNumber sequence, int length)
    {
        int window = _receiveEdge - _receiveNext;
        int first = sequence - _receiveNext;
        if (length == 0)
        {
            // The right edge itself is taken too, as Linux does: a guest whose text fills the
            // window, and was lost, acknowledges from there.
            return first >= 0 && first <= window;
        }

        int last = first + length - 1;
        return window > 0 && ((first >= 0 && first < window) || (last >= 0 && last < window));
    }

    /// <summary>
    /// Second and fourth: RST and SYN, as RFC 5961 sections 3 and 4 tighten them.
    /// </summary>
    private bool CheckResetAndSyn(in TcpHeader header, Instant now)
    {
        if ((header.Flags & TcpFlags.Reset) != 0)
        {
            if (new SequenceNumber(header.SequenceNumber) == _receiveNext)
            {
                TakeReset(now);
            }
            else
            {
                Challenge(now);
            }

            return false;
        }

        if ((header.Flags & TcpFlags.Syn) != 0)
        {
            Challenge(now);
            return false;
        }

        return true;
    }

    /// <summary>
    /// A guest that has sent its FIN and had ours may be gone, and answer by reset what it still
    /// gets. What it had sent is acknowledged, and goes to the host nevertheless.
    /// </summary>
    private void TakeReset(Instant now)
    {
        bool isOver = State is TcpState.LastAck or TcpState.Closing or TcpState.TimeWait;
        if (!isOver || HeldBytes == 0)
        {
            Release(hostReset: !(isOver && _hostShutdownSent));
        }
        else if (State != TcpState.TimeWait)
        {
            State = TcpState.TimeWait;
            EnterTimeWait(now);
        }
    }

    private void Challenge(Instant now)
    {
        if (TakeChallenge(now))
        {
            _layer.Counters.TcpChallengeAcks++;
            AcknowledgeNow();
        }
    }

    private bool TakeChallenge(Instant now)
    {
        if (now - _challengeSecond >= Duration.FromSeconds(1))
        {
            _challengeSecond = now;
            _challengesSent = 0;
        }

        return _challengesSent++ < ChallengesPerSecond;
    }

    private void AcknowledgeNow()
    {
        _acknowledgmentPending = true;
        _layer.Queue(this);
    }
}
