using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Both handshakes: the guest's, held until the host is connected, and a published port's.
/// </summary>
internal sealed partial class TcpFlow
{
    /// <summary>
    /// SYN and SYN+ACK retransmissions before the flow is given up: 1+2+4+8+16+32 s.
    /// </summary>
    private const int HandshakeRetries = 6;

    /// <summary>Our window scale: granularity of 128 bytes, room for 8 MiB.</summary>
    private const int OwnWindowScale = 7;

    private bool _handshakePending;
    private int _handshakeAttempts;
    private bool _hostShutdownSent;

    private bool _isAnswered;

    /// <summary>
    /// A guest's SYN: remembers what it offers; the host's connect() runs already.
    /// </summary>
    /// <param name="syn">The SYN.</param>
    /// <param name="options">Its options.</param>
    /// <param name="leavesChecksums">The guest left its checksum to the link.</param>
    /// <param name="host">The stream that connects.</param>
    /// <param name="now">The turn's time.</param>
    internal void Hold(
        in TcpHeader syn, in TcpOptions options, bool leavesChecksums, IHostStream host,
        Instant now)
    {
        _host = host;
        _takesOffloads = leavesChecksums;
        State = TcpState.SynHeld;
        SetInitialReceive(syn, options);
        SetInitialSend(options, syn.Window, now);
        _lifetimeDeadline = now + TcpLayer.ConnectLifetime;
        ArmTimer(_lifetimeDeadline);
    }

    /// <summary>
    /// A client of a published port: the guest gets a SYN as soon as its MAC is known.
    /// </summary>
    internal void Invite(IHostStream host, IFlowOrigin? origin, Instant now)
    {
        _host = host;
        Origin = origin;
        State = TcpState.SynSent;
        _hostReadable = true;
        _hostWritable = true;
        _receiveScale = OwnWindowScale;
        _sackPermitted = true;
        _timestamps = true;
        SetInitialSendSequence(now);
        _handshakePending = true;
        _layer.Queue(this);
    }

    /// <summary>Who at the host has begun it; null where the guest has, or nobody asks.</summary>
    internal IFlowOrigin? Origin { get; private set; }

    /// <summary>Tells who has begun the connection what became of it; only once.</summary>
    internal void TellAnswer(HostError error)
    {
        if (!_isAnswered)
        {
            _isAnswered = true;
            Origin?.OnAnswered(error);
        }
    }

    /// <summary>The guest's address has been resolved, or has moved.</summary>
    internal void Reroute(in GuestRoute route)
    {
        Route = route;
        _orphanDeadline = Instant.Never;
        if (State == TcpState.SynSent && _sendNext == _initialSend)
        {
            _handshakePending = true;
            _retransmitDeadline = Instant.Never;
        }

        _layer.Queue(this);
    }

    /// <summary>A retransmitted SYN while the first one is held: the guest still waits.</summary>
    private bool IsSameSyn(in TcpHeader header) =>
        new SequenceNumber(header.SequenceNumber) == _initialReceive;

    private void OnConnectReady(Readiness readiness, Instant now)
    {
        bool isGood = (readiness & (Readiness.Writable | Readiness.Error)) == Readiness.Writable;
        HostError error = isGood ? HostError.None : _host!.FinishConnect();
        _hostHungUp = (readiness & Readiness.PeerClosed) != 0;
        _hostUrgent = (readiness & Readiness.Urgent) != 0;
        switch (error)
        {
            case HostError.InProgress:
                return;
            case HostError.None:
                Transition(TcpEvent.HostConnected);
                _hostReadable = true;
                _hostWritable = true;
                _lifetimeDeadline = Instant.Never;
                _handshakePending = true;
                _layer.Queue(this);
                return;
            default:
                _layer.RefuseConnect(Route, Key, _initialReceive, error, now);
                Release(hostReset: false);
                return;
        }
    }

    /// <summary>Sends SYN or SYN+ACK when one is due, and arms its retransmission.</summary>
    private void SendHandshake(Instant now)
    {
        if (!_handshakePending)
        {
            return;
        }

        if (State == TcpState.SynSent && Route.Port is null && !_layer.TryResolve(this, now))
        {
            // The layer reroutes and queues the flow when ARP answers; the timer gives up.
            ArmRetransmission(now);
            _handshakePending = false;
            return;
        }

        TcpFlags flags = State == TcpState.SynSent ? TcpFlags.Syn
            : TcpFlags.Syn | TcpFlags.Acknowledgment;
        if (!SendControl(flags, _initialSend, now))
        {
            return;
        }

        _handshakePending = false;
        _sendNext = _initialSend + 1;
        _sendMax = _sendNext;
        if (_handshakeAttempts == 0)
        {
            _timedSequence = _sendNext;
            _timedAt = now;
        }

        ArmRetransmission(now);
    }

    /// <summary>In SYN-RECEIVED a segment that should not be is answered too (RFC 5961).</summary>
    private void SendChallengeInHandshake(Instant now)
    {
        if (_acknowledgmentPending && State == TcpState.SynReceived && _sendMax != _initialSend)
        {
            _acknowledgmentPending = !SendControl(TcpFlags.Acknowledgment, _sendMax, now);
        }
    }

    private void OnHandshakeTimeout(Instant now)
    {
        if (++_handshakeAttempts > HandshakeRetries)
        {
            TellAnswer(HostError.TimedOut);
            Abort(sendReset: State == TcpState.SynReceived, now);
            return;
        }

        _layer.Counters.TcpSegmentsRetransmitted++;
        _timedAt = Instant.Never;
        _timeout.BackOff();
        _handshakePending = true;
        _layer.Queue(this);
    }

    /// <summary>SYN-SENT: RFC 9293 section 3.10.7.3.</summary>
    private void ReceiveInSynSent(
        in GuestRoute route, in TcpHeader header, in TcpOptions options, Instant now)
    {
        bool acknowledges = (header.Flags & TcpFlags.Acknowledgment) != 0;
        SequenceNumber acknowledgment = new(header.AcknowledgmentNumber);
        if (acknowledges && acknowledgment != _initialSend + 1)
        {
            if ((header.Flags & TcpFlags.Reset) == 0)
            {
                _layer.SendReset(route, Key, acknowledgment);
            }

            return;
        }

        if ((header.Flags & TcpFlags.Reset) != 0)
        {
            if (acknowledges)
            {
                TellAnswer(HostError.Refused);
                Abort(sendReset: false, now);
            }

            return;
        }

        // A SYN without ACK would be a simultaneous open: the engine's port is of its own choosing,
        // so no guest can mean it; the SYN is sent again until the guest answers it.
        if ((header.Flags & TcpFlags.Syn) == 0 || !acknowledges)
        {
            _layer.Counters.Drop(DropReason.TcpUnacceptable);
            return;
        }

        HearFrom(route, now);
        SetInitialReceive(header, options);
        SetPeerOptions(options, header.Window);
        Transition(TcpEvent.SynAcknowledgmentArrives);
        OnEstablished(acknowledgment, now);
        TellAnswer(HostError.None);
        _acknowledgmentPending = true;
        _layer.Queue(this);
    }

    private void OnEstablished(SequenceNumber acknowledgment, Instant now)
    {
        _layer.OnHandshakeFinished(this);
        _sendUnacknowledged = acknowledgment;
        _sendNext = acknowledgment;
        _sendMax = acknowledgment;
        MeasureTimedSegment(now);
        _timeout.ResetBackoff();
        _retransmitDeadline = Instant.Never;
        _keepaliveDeadline = now + TcpLayer.KeepaliveIdle;
        ArmTimer(_keepaliveDeadline);
        _congestion.Start(_segmentBytes);
        DrainToHost(now);
    }

    private void SetInitialReceive(in TcpHeader syn, in TcpOptions options)
    {
        _initialReceive = new SequenceNumber(syn.SequenceNumber);
        _receiveNext = _initialReceive + 1;
        _lastAcknowledgmentSent = _receiveNext;
        _receiveLimit = _layer.ReceiveLimit(options.WindowScale >= 0);
        _receiveEdge = _receiveNext + _receiveLimit;
        _timestampRecent = options.TimestampValue;
    }

    private void SetInitialSend(in TcpOptions options, ushort window, Instant now)
    {
        SetPeerOptions(options, window);
        SetInitialSendSequence(now);
    }

    private void SetInitialSendSequence(Instant now)
    {
        _initialSend = _layer.InitialSequence(Key, now, out _timestampOffset);
        _flowLabel = _timestampOffset >> FlowLabelShift;
        _sendUnacknowledged = _initialSend;
        _sendNext = _initialSend;
        _sendMax = _initialSend;
    }

    /// <summary>
    /// What the guest's SYN or SYN+ACK offers, and what both have agreed on by that.
    /// </summary>
    private void SetPeerOptions(in TcpOptions options, ushort window)
    {
        _sendScale = Math.Max((int)options.WindowScale, 0);
        _receiveScale = options.WindowScale >= 0 ? OwnWindowScale : 0;
        _sackPermitted = options.SackPermitted;
        _timestamps = options.HasTimestamps;
        _sendWindow = window; // the window in a SYN is not scaled (RFC 7323 section 2.2)
        _sendWindowMax = window;
        int offered = options.MaximumSegmentSize == 0
            ? TcpLayer.DefaultSegmentBytes(Key.Guest.Address)
            : Math.Max((int)options.MaximumSegmentSize, TcpLayer.SmallestSegmentBytes);
        _segmentBytes = Math.Min(offered, _layer.MaximumSegmentBytes(Key.Guest.Address))
            - (_timestamps ? TimestampOptionBytes : 0);
        _sendWindowUpdateSequence = _initialReceive;
    }
}
