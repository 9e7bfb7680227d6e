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
    private int _retransmissions;

    public void OnTimer(TimerEntry entry, Instant now)
    {
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

        Instant next = Instant.Min(_retransmitDeadline, Instant.Min(_lifetimeDeadline,
            _orphanDeadline));
        if (State != TcpState.Closed && next != Instant.Never)
        {
            ArmTimer(next);
        }
    }

    private void ArmRetransmission(Instant now)
    {
        _retransmitDeadline = now + _timeout.Current;
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
        else if (_sendMax > _sendUnacknowledged)
        {
            OnRetransmissionTimeout(now);
        }
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
