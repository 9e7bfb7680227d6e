namespace Slipway.Stack;

/// <summary>
/// The states of RFC 9293 section 3.3.2, as the engine holds them towards the guest, and one of its
/// own: <see cref="SynHeld"/>, a SYN that waits for the host's connect().
/// </summary>
public enum TcpState : byte
{
    Closed = 0,

    /// <summary>The guest's SYN is here and is not answered before the host has answered.</summary>
    SynHeld,

    /// <summary>A published port: the engine's SYN waits for the guest's.</summary>
    SynSent,
    SynReceived,
    Established,
    FinWait1,
    FinWait2,
    CloseWait,
    Closing,
    LastAck,
    TimeWait,
}

/// <summary>What moves a connection from state to state.</summary>
public enum TcpEvent : byte
{
    /// <summary>The host's connect() has succeeded; SYN+ACK goes out.</summary>
    HostConnected,

    /// <summary>The guest answered the engine's SYN with SYN+ACK.</summary>
    SynAcknowledgmentArrives,

    /// <summary>An acceptable ACK of the engine's SYN.</summary>
    AcknowledgmentOfSyn,

    /// <summary>The engine sends FIN, since the host's stream has ended.</summary>
    SendFin,

    /// <summary>An acceptable ACK of the engine's FIN.</summary>
    AcknowledgmentOfFin,

    /// <summary>The guest's FIN, in order.</summary>
    FinArrives,

    /// <summary>The time in TIME-WAIT is over.</summary>
    TimeWaitTimeout,

    /// <summary>RST from the guest, an error at the host, or a timeout that gives up.</summary>
    Abort,
}
