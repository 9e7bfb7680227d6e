namespace Slipway.Stack;

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
