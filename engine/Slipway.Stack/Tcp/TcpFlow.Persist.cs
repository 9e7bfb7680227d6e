namespace Slipway.Stack;

/// <summary>A closed window is probed (RFC 9293 section 3.8.6.1).</summary>
internal sealed partial class TcpFlow
{
    /// <summary>The guest's window is closed and something waits: probe it with backoff.</summary>
    private int Persist(Instant now)
    {
        if (!_persisting)
        {
            _persisting = true;
            _timeout.ResetBackoff();
            ArmRetransmission(now);
        }

        return 0;
    }

    private void StopPersisting(Instant now)
    {
        _persisting = false;
        _probePending = false;
        _timeout.ResetBackoff();
        _retransmitDeadline = Instant.Never;
        if (_sendMax > _sendUnacknowledged)
        {
            ArmRetransmission(now);
        }
    }

    private void OnPersistTimeout(Instant now)
    {
        if (++_retransmissions > TcpLayer.DataRetries)
        {
            Abort(sendReset: true, now);
            return;
        }

        _timeout.BackOff();
        _probePending = true;
        ArmRetransmission(now);
        _layer.Queue(this);
    }
}
