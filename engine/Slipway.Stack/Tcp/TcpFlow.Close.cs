using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>The ends of a connection: in order, by reset, by the host's failure.</summary>
internal sealed partial class TcpFlow
{
    private bool _hostFailed;

    /// <summary>All that the failed host had sent is under way or acknowledged.</summary>
    private bool _hostDrained;

    /// <summary>Ends the flow by reset on the host's side, and on the guest's if asked.</summary>
    internal void Abort(bool sendReset, Instant now)
    {
        if (sendReset && Route.Port is not null && State != TcpState.SynHeld)
        {
            if (SendControl(TcpFlags.Reset | TcpFlags.Acknowledgment, _sendMax, now))
            {
                _layer.Counters.TcpResetsSent++;
            }
            else
            {
                _layer.ResetLater(Route, Key, _sendMax, _receiveNext);
            }
        }

        Release(hostReset: true);
    }

    /// <summary>
    /// The host's stream broke. What had arrived before is still in its receive queue and goes to
    /// the guest first, as it would have on the wire: a server that answers and closes with unread
    /// bytes sends its answer and then RST. The RST waits until the guest has acknowledged that
    /// answer, so that a lossy link does not swallow it; what the guest still sends meanwhile is
    /// acknowledged and thrown away.
    /// </summary>
    private void OnHostFailed(Instant now)
    {
        if (!_hostFailed && !_hostEnded && TcpTransitions.SendsData(State))
        {
            _hostFailed = true;
            _hostReadable = true;
            _hostWritable = false;
            _buffer?.Clear();
            _buffer = null;
            _layer.Queue(this);
            return;
        }

        Abort(sendReset: State is not (TcpState.TimeWait or TcpState.SynSent), now);
    }

    /// <summary>
    /// Ends the flow when the host has no way to its peer any more, and tells the guest; flows on
    /// the loopback and those of the engine's own services stay.
    /// </summary>
    internal void EndWithoutPath(IHostNetwork network, Instant now)
    {
        if (_host is not IHostStream host || host.LocalEndpoint.Address is var local
            && (local.IsUnspecified || local.IsLoopback))
        {
            return;
        }

        IpAddress remote = host.RemoteEndpoint.Address;
        if (remote.IsUnspecified || network.HasPath(local, remote))
        {
            return;
        }

        _layer.Counters.TcpFlowsStranded++;
        if (State == TcpState.SynHeld)
        {
            _layer.RefuseConnect(Route, Key, _initialReceive, HostError.NetworkUnreachable, now);
            Release(hostReset: true);
        }
        else
        {
            Abort(sendReset: State is not (TcpState.TimeWait or TcpState.SynSent), now);
        }
    }

    private void OnFinAcknowledged(Instant now)
    {
        Transition(TcpEvent.AcknowledgmentOfFin);
        switch (State)
        {
            case TcpState.FinWait2:
                _lifetimeDeadline = now + TcpLayer.HalfClosedLifetime;
                ArmTimer(_lifetimeDeadline);
                break;
            case TcpState.TimeWait:
                EnterTimeWait(now);
                break;
            case TcpState.Closed when HeldBytes > 0:
                // Both have closed, but the host has not taken all yet: TIME-WAIT holds the flow.
                State = TcpState.TimeWait;
                EnterTimeWait(now);
                break;
            case TcpState.Closed:
                Release(hostReset: false);
                break;
        }
    }

    private void EnterTimeWait(Instant now)
    {
        _retransmitDeadline = Instant.Never;
        _lifetimeDeadline = now + TcpLayer.TimeWait;
        ArmTimer(_lifetimeDeadline);
        CloseHostWhenDone();
    }

    /// <summary>Both directions are finished and the host has taken everything.</summary>
    private void CloseHostWhenDone()
    {
        if (_hostShutdownSent && HeldBytes == 0 && State == TcpState.TimeWait && _host is not null)
        {
            _host.Close(reset: false);
            _host = null;
        }
    }

    /// <summary>Gives back all that the flow holds; it is in no table afterwards.</summary>
    internal void Release(bool hostReset)
    {
        State = TcpState.Closed;
        _host?.Close(hostReset);
        _host = null;
        _buffer?.Clear();
        _layer.Timers.Cancel(_timer);
        _layer.Forget(this);
        TellAnswer(HostError.Reset);
    }
}
