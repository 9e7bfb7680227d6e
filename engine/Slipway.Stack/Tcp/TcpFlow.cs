namespace Slipway.Stack;

/// <summary>
/// One TCP connection: the engine, posing as the remote machine, speaks TCP with the guest on one
/// side and has a stream of the host on the other.
/// </summary>
/// <remarks>
/// Theory of operation. The guest's SYN makes the host connect; SYN+ACK, RST or ICMP goes back when
/// the host has answered, never before (SynHeld). A published port works the other way round: the
/// host's stream is there first, and the engine sends the SYN.
///
/// Host to guest no byte is stored: a segment's payload is peeked from the host's receive queue, at
/// the offset of its sequence number from SND.UNA, straight into the guest's frame; the guest's
/// acknowledgment discards it from the queue. A retransmission peeks again.
///
/// Guest to host the payload goes from the frame to the host's send queue. What the host does not
/// take is kept (<see cref="TcpReceiveBuffer"/>) and acknowledged, since it is ours to deliver; the
/// window offered is what that buffer has room for, so a stalled host closes it. Segments out of
/// order wait in the same buffer.
///
/// A flow never blocks and never loops: it works on what arrived, marks itself, and the layer lets
/// it send at the end of the turn (<see cref="Output"/>), so that a batch of segments costs one
/// ACK.
///
/// Files: Connect (both handshakes), Receive (RFC 9293 section 3.10.7.4), Text (payload to the
/// host), Acknowledgment (SND.UNA, RTT, window), Recovery (loss), Send (payload from the host),
/// Segment (the frames), Timer, Close.
/// </remarks>
internal sealed partial class TcpFlow : IReadinessOwner, ITimerOwner
{
    private readonly TcpLayer _layer;
    private readonly TimerEntry _timer;
    private IHostStream? _host;

    internal TcpFlow(TcpLayer layer, in FlowKey key, in GuestRoute route)
    {
        _layer = layer;
        _timer = new TimerEntry(this);
        Key = key;
        Route = route;
    }

    public FlowKey Key { get; }

    /// <summary>Where the guest's last segment came from.</summary>
    public GuestRoute Route { get; private set; }

    public TcpState State { get; private set; }

    /// <summary>
    /// True while the layer holds the flow in its list of flows with something to send.
    /// </summary>
    internal bool IsQueued { get; set; }

    /// <summary>True while the flow waits for room on the guest's link.</summary>
    internal bool IsBlocked { get; set; }

    /// <summary>Where the layer has it among its guest's flows.</summary>
    internal int Place { get; set; }

    /// <summary>
    /// The same among those whose handshake is not finished; negative when it is.
    /// </summary>
    internal int HalfOpenPlace { get; set; } = GuestQueue<TcpFlow>.None;

    public void OnReady(Readiness readiness, Instant now)
    {
        if (_host is null)
        {
            return;
        }

        if (State == TcpState.SynHeld)
        {
            OnConnectReady(readiness, now);
            return;
        }

        if ((readiness & Readiness.Error) != 0
            && _host.FinishConnect() != HostError.None)
        {
            OnHostFailed(now);
            return;
        }

        _hostHungUp |= (readiness & Readiness.PeerClosed) != 0;
        _hostUrgent |= (readiness & Readiness.Urgent) != 0;
        if ((readiness & (Readiness.Readable | Readiness.PeerClosed | Readiness.Error)) != 0)
        {
            _hostReadable = true;
        }

        if ((readiness & Readiness.Writable) != 0 && !_hostFailed)
        {
            _hostWritable = true;
            DrainToHost(now);
        }

        _layer.Queue(this);
    }

    /// <summary>
    /// The guest's port is gone; segments wait until the guest is back or the flow gives up.
    /// </summary>
    internal void OnPortClosed(Instant now)
    {
        _orphanDeadline = now + TcpLayer.OrphanLifetime;
        ArmTimer(_orphanDeadline);
    }

    public override string ToString() => $"TCP {Key.Guest} with {Key.Remote}";

    private void Transition(TcpEvent tcpEvent)
    {
        TcpState next = TcpTransitions.Next(State, tcpEvent);
        System.Diagnostics.Debug.Assert(next != State, $"{tcpEvent} does nothing in {State}");
        State = next;
    }
}
