using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Payload from the host to the guest: peeked into the frame, bounded by both windows.
/// </summary>
internal sealed partial class TcpFlow
{
    /// <summary>Bytes that one flow may send in one turn, so that others have theirs.</summary>
    private const int BurstBytes = 256 * 1024;

    /// <summary>
    /// Segments that one flow may send in one turn: a TAP's queue holds 1,000 packets.
    /// </summary>
    private const int BurstSegments = 128;

    /// <summary>How far behind SND.UNA every host stream can peek.</summary>
    private const int LargestPeekBytes = 4 << 20;

    private int _segmentBytes;

    /// <summary>
    /// Text that one frame may hold: many whole segments where the guest's link cuts them.
    /// </summary>
    private int FrameTextBytes
    {
        get
        {
            bool isIPv4 = Key.Guest.Address.IsIPv4;
            Offloads needed = Offloads.Checksum
                | (isIPv4 ? Offloads.TcpSegments4 : Offloads.TcpSegments6);
            if ((LinkOffloads & needed) != needed)
            {
                return _segmentBytes;
            }

            int room = Ipv4Header.MaximumTotalLengthBytes
                - PacketOutput.IpHeaderLengthBytes(Key.Guest.Address)
                - TcpHeader.MinimumLengthBytes - (_timestamps ? TimestampOptionBytes : 0);
            return Math.Max(room - (room % _segmentBytes), _segmentBytes);
        }
    }

    private bool _hostReadable;
    private bool _hostEnded;

    // The host's FIN has arrived, though there may be bytes before it.
    private bool _hostHungUp;
    private bool _hostUrgent;
    private bool _finSent;
    private SequenceNumber _finSequence;
    private bool _persisting;
    private bool _probePending;

    /// <summary>Called by the layer at the end of the turn: sends what is due.</summary>
    internal void Output(Instant now)
    {
        switch (State)
        {
            case TcpState.Closed or TcpState.SynHeld:
                return;
            case TcpState.SynSent or TcpState.SynReceived:
                SendHandshake(now);
                SendChallengeInHandshake(now);
                return;
            default:
                SendText(now);
                break;
        }

        if (_hostDrained && _sendUnacknowledged == _sendMax)
        {
            Abort(sendReset: true, now);
        }

        if (State == TcpState.Closed)
        {
            return;
        }

        if (_probePending)
        {
            // Linux's probe: an old sequence number and no data, which every TCP answers.
            _probePending = !SendControl(TcpFlags.Acknowledgment, _sendUnacknowledged - 1, now);
        }

        if (_acknowledgmentPending)
        {
            OfferWindow();
            _acknowledgmentPending = !SendControl(TcpFlags.Acknowledgment, _sendMax, now);
        }
    }

    private void SendText(Instant now)
    {
        int burst = BurstBytes;
        if (_tailProbePending && SendTailProbe(now) <= 0)
        {
            return;
        }

        for (int segments = 0; State != TcpState.Closed; segments++)
        {
            if (burst <= 0 || segments == BurstSegments)
            {
                _layer.QueueForNextTurn(this);
                return;
            }

            if (TryFindRetransmission(out SequenceNumber sequence, out int length))
            {
                int again = SendAt(sequence, length, now);
                if (again <= 0)
                {
                    return;
                }

                _layer.Counters.TcpSegmentsRetransmitted++;
                _retransmitFirst = false;
                _retransmitNext = SequenceNumber.Max(_retransmitNext, sequence + again);
                burst -= again;
                continue;
            }

            int sent = SendNextSegment(now);
            if (sent <= 0)
            {
                return;
            }

            burst -= sent;
        }
    }

    /// <summary>One segment at SND.NXT; zero or less when none may or can be sent.</summary>
    private int SendNextSegment(Instant now)
    {
        int lackedBytes = _sendNext < _sendMax ? PassOverSacked() : 0;
        bool again = lackedBytes > 0;
        if (!again && !TcpTransitions.SendsData(State))
        {
            return 0; // all that was ever sent is there, FIN too
        }

        int usable = _sendUnacknowledged + _sendWindow - _sendNext;
        int length = Math.Min(FrameTextBytes, usable);
        if (!again && _hostEnded)
        {
            return usable > 0 ? SendFin(now) : FlightBytes > 0 ? 0 : Persist(now);
        }

        if (!again && !_hostReadable)
        {
            return 0;
        }

        if (length <= 0)
        {
            return FlightBytes == 0 ? Persist(now) : 0;
        }

        // Silly window avoidance (RFC 9293 section 3.8.6.2.1): not a small piece of what could be
        // whole.
        if (length < _segmentBytes && length < _sendWindowMax / 2 && FlightBytes > 0)
        {
            return 0;
        }

        // Not a small tail behind whole segments, at every window that is full.
        length = LimitByCongestion(
            length > _segmentBytes ? length - (length % _segmentBytes) : length);
        if (length == 0)
        {
            return 0;
        }

        int sent = SendAt(_sendNext, again ? Math.Min(length, lackedBytes) : length, now);
        if (sent > 0)
        {
            if (again)
            {
                _layer.Counters.TcpSegmentsRetransmitted++;
            }

            _sendNext += sent;
            _sendMax = SequenceNumber.Max(_sendMax, _sendNext);
        }

        return sent;
    }

    /// <summary>
    /// After a timeout: moves SND.NXT over what the guest has meanwhile said it holds.
    /// </summary>
    /// <returns>Bytes that it lacks there; 0 at the end of what was ever sent.</returns>
    private int PassOverSacked()
    {
        int length = _sendMax - _sendNext;
        if (_scoreboard is { Count: > 0 } scoreboard)
        {
            bool isLacking = scoreboard.TryFindHole(
                _sendNext, _sendMax, out SequenceNumber hole, out length);
            _sendNext = isLacking ? hole : _sendMax;
            length = isLacking ? length : 0;
        }

        return length;
    }

    /// <summary>
    /// What the congestion window has room for: whole segments, and at least one when nothing is
    /// under way.
    /// </summary>
    private int LimitByCongestion(int length)
    {
        int pipe = PipeBytes();
        int room = _congestion.Bytes - pipe;
        if (length <= room)
        {
            return length;
        }

        int one = Math.Min(length, _segmentBytes);
        return room < one ? (pipe > 0 ? 0 : one) : Math.Max(room - (room % _segmentBytes), one);
    }

    /// <summary>
    /// Peeks up to <paramref name="length"/> bytes of a sequence number and sends them.
    /// </summary>
    /// <returns>Sequence numbers sent; 0 when the host has nothing, the link is full, or the flow
    /// ended.</returns>
    private int SendAt(SequenceNumber sequence, int length, Instant now)
    {
        if (_finSent && sequence + length > _finSequence)
        {
            length = _finSequence - sequence;
            if (length == 0)
            {
                return SendControl(TcpFlags.Fin | TcpFlags.Acknowledgment, sequence, now) ? 1 : 0;
            }
        }

        if (Route.Port is null || _host is null)
        {
            return 0;
        }

        int headerLength = TcpHeader.MinimumLengthBytes + (_timestamps ? TimestampOptionBytes : 0);
        Span<byte> segment = PacketOutput.Reserve(
            Route.Port, Key.Guest.Address, headerLength + length);
        if (segment.IsEmpty && length > _segmentBytes && FlightBytes == 0)
        {
            // A link with little room for ever, such as a short virtqueue at rest: with nothing
            // under way the guest owes nothing that would make more.
            length = _segmentBytes;
            segment = PacketOutput.Reserve(Route.Port, Key.Guest.Address, headerLength + length);
        }

        if (segment.IsEmpty)
        {
            _layer.Block(this);
            return 0;
        }

        HostIo io = _host.Peek(sequence - _sendUnacknowledged, segment[headerLength..]);
        if (io.Error != HostError.None || io.LengthBytes == 0)
        {
            return OnNothingPeeked(io.Error, sequence, now);
        }

        bool last = io.LengthBytes < length;
        bool ends = last && NoteDrained(io, sequence);
        TcpFlags flags = (last ? TcpFlags.Push : TcpFlags.None)
            | (ends ? TcpFlags.Fin : TcpFlags.None);
        FinishSegment(segment[..(headerLength + io.LengthBytes)], headerLength, sequence,
            TcpFlags.Acknowledgment | flags, now);
        NoteAnswer(now);
        _lastSentAt = now;
        _firstSentAt = sequence == _sendUnacknowledged ? now : _firstSentAt;
        if (_timedAt == Instant.Never && sequence == _sendMax)
        {
            _timedAt = now;
            _timedSequence = sequence + io.LengthBytes;
        }

        if (_retransmitDeadline == Instant.Never)
        {
            ArmRetransmission(now);
        }

        if (ends)
        {
            NoteFinSent(sequence + io.LengthBytes);
        }

        return io.LengthBytes + (ends ? 1 : 0);
    }

    /// <summary>
    /// After the last that the host has for now: it need not be looked at before it says so.
    /// </summary>
    /// <returns>True when nothing will follow: FIN goes along with this.</returns>
    private bool NoteDrained(in HostIo io, SequenceNumber sequence)
    {
        if (!io.IsDrained || _hostUrgent || _hostFailed || sequence != _sendMax)
        {
            return false;
        }

        _hostReadable = _hostHungUp;
        _hostEnded |= _hostHungUp;
        return _hostHungUp && TcpTransitions.SendsData(State);
    }

    private void NoteFinSent(SequenceNumber sequence)
    {
        _finSent = true;
        _finSequence = sequence;
        Transition(TcpEvent.SendFin);
    }

    private int OnNothingPeeked(HostError error, SequenceNumber sequence, Instant now)
    {
        if (_hostFailed)
        {
            if (sequence == _sendMax)
            {
                _hostDrained = true; // the last of what it had sent has gone
                _hostReadable = false;
            }
            else
            {
                Abort(sendReset: true, now); // it cannot be sent again
            }

            return 0;
        }

        switch (error)
        {
            case HostError.WouldBlock or HostError.None:
                // Past what a kernel without SO_PEEK_OFF lets be peeked, more is there and no edge
                // tells of it: the next acknowledgment asks again.
                _hostReadable = FlightBytes >= LargestPeekBytes;
                return 0;
            case HostError.EndOfStream when sequence == _sendMax:
                _hostEnded = true;
                if (TcpTransitions.SendsData(State))
                {
                    SendFin(now); // moves SND.NXT itself
                }

                return 0;
            default:
                OnHostFailed(now);
                return 0;
        }
    }

    private int SendFin(Instant now)
    {
        if (!SendControl(TcpFlags.Fin | TcpFlags.Acknowledgment, _sendNext, now))
        {
            return 0;
        }

        NoteFinSent(_sendNext);
        _sendNext += 1;
        _sendMax = _sendNext;
        if (_retransmitDeadline == Instant.Never)
        {
            ArmRetransmission(now);
        }

        return 1;
    }
}
