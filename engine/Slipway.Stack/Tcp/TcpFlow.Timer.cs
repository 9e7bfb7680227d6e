namespace Slipway.Stack;

/// <summary>
/// One timer entry a flow for all its deadlines. It fires at the earliest; a deadline that moved
/// later costs one early firing instead of a rescheduling for each acknowledgment.
/// </summary>
internal sealed partial class TcpFlow
{
    private Instant _retransmitDeadline = Instant.Never;
    private Instant _lifetimeDeadline = Instant.Never;
    private Instant _orphanDeadline = Instant.Never;
    private Instant _keepaliveDeadline = Instant.Never;
    private Instant _heardAt;
    private int _keepaliveProbes;
    private int _retransmissions;

    public void OnTimer(TimerEntry entry, Instant now)
    {
        if (State == TcpState.Closed)
        {
            return;
        }

        if (_acknowledgeDeadline <= now)
        {
            OnAcknowledgmentDue();
        }

        if (_retransmitDeadline <= now)
        {
            _retransmitDeadline = Instant.Never;
            OnRetransmitDeadline(now);
        }

        if (_lifetimeDeadline <= now && State != TcpState.Closed)
        {
            _lifetimeDeadline = Instant.Never;
            OnLifetimeEnd(now);
        }

        if (_orphanDeadline <= now && State != TcpState.Closed)
        {
            Abort(sendReset: false, now);
        }

        if (_keepaliveDeadline <= now && State != TcpState.Closed)
        {
            OnKeepaliveDeadline(now);
        }

        Instant next = Instant.Min(
            Instant.Min(_retransmitDeadline, _keepaliveDeadline),
            Instant.Min(
                _acknowledgeDeadline, Instant.Min(_lifetimeDeadline, _orphanDeadline)));
        if (State != TcpState.Closed && next != Instant.Never)
        {
            ArmTimer(next);
        }
    }

    private void ArmRetransmission(Instant now)
    {
        _retransmitDeadline = now + TimeToProbe();
        ArmTimer(_retransmitDeadline);
    }

    private void ArmTimer(Instant due)
    {
        if (!_timer.IsScheduled || due < _timer.Due)
        {
            _layer.Timers.Schedule(_timer, due);
        }
    }

    private void OnRetransmitDeadline(Instant now)
    {
        if (Route.Port is null || _orphanDeadline != Instant.Never)
        {
            _layer.TryResolve(this, now);
        }

        if (State is TcpState.SynSent or TcpState.SynReceived)
        {
            OnHandshakeTimeout(now);
        }
        else if (_persisting || (_sendWindow == 0 && _sendMax > _sendUnacknowledged))
        {
            OnPersistTimeout(now);
        }
        else if (_tailProbeArmed && _sendMax > _sendUnacknowledged)
        {
            OnTailProbeDue(now);
        }
        else if (_sendMax > _sendUnacknowledged)
        {
            OnRetransmissionTimeout(now);
        }
    }

    /// <summary>
    /// A guest that was switched off leaves its connections behind: one that says nothing for hours
    /// is asked whether it is there (RFC 9293 section 3.8.4).
    /// </summary>
    private void OnKeepaliveDeadline(Instant now)
    {
        if (!TcpTransitions.SendsData(State))
        {
            _keepaliveDeadline = Instant.Never; // the other states have ends of their own
            return;
        }

        Instant due = _heardAt + TcpLayer.KeepaliveIdle;
        if (due > now)
        {
            _keepaliveProbes = 0;
            _keepaliveDeadline = due;
            return;
        }

        if (++_keepaliveProbes > TcpLayer.KeepaliveProbes)
        {
            Abort(sendReset: true, now);
            return;
        }

        _keepaliveDeadline = now + TcpLayer.KeepaliveInterval;
        if (Route.Port is null)
        {
            _layer.TryResolve(this, now);
        }

        _probePending = true;
        _layer.Queue(this);
    }

    private void OnLifetimeEnd(Instant now)
    {
        switch (State)
        {
            case TcpState.TimeWait:
                if (_host is null)
                {
                    Transition(TcpEvent.TimeWaitTimeout);
                    Release(hostReset: false);
                }
                else
                {
                    // Bytes that are acknowledged still wait for a stalled host: they are
                    // delivered.
                    _lifetimeDeadline = now + TcpLayer.StalledHostCheck;
                }

                break;
            case TcpState.SynHeld:
                Abort(sendReset: false, now); // silence, as the network gave it
                break;
            default:
                Abort(sendReset: true, now);
                break;
        }
    }
}
