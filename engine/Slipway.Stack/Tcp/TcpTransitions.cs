namespace Slipway.Stack;

/// <summary>
/// The state machine as a table (RFC 9293 figure 5). Actions are elsewhere; an event that a state
/// does not know leaves it as it is, and the caller does nothing.
/// </summary>
public static class TcpTransitions
{
    /// <summary>The state after an event.</summary>
    public static TcpState Next(TcpState state, TcpEvent tcpEvent) => (state, tcpEvent) switch
    {
        (_, TcpEvent.Abort) => TcpState.Closed,

        (TcpState.SynHeld, TcpEvent.HostConnected) => TcpState.SynReceived,
        (TcpState.SynSent, TcpEvent.SynAcknowledgmentArrives) => TcpState.Established,
        (TcpState.SynReceived, TcpEvent.AcknowledgmentOfSyn) => TcpState.Established,

        (TcpState.Established, TcpEvent.FinArrives) => TcpState.CloseWait,
        (TcpState.Established, TcpEvent.SendFin) => TcpState.FinWait1,

        (TcpState.FinWait1, TcpEvent.AcknowledgmentOfFin) => TcpState.FinWait2,
        (TcpState.FinWait1, TcpEvent.FinArrives) => TcpState.Closing,
        (TcpState.FinWait2, TcpEvent.FinArrives) => TcpState.TimeWait,
        (TcpState.Closing, TcpEvent.AcknowledgmentOfFin) => TcpState.TimeWait,

        (TcpState.CloseWait, TcpEvent.SendFin) => TcpState.LastAck,
        (TcpState.LastAck, TcpEvent.AcknowledgmentOfFin) => TcpState.Closed,

        (TcpState.TimeWait, TcpEvent.TimeWaitTimeout) => TcpState.Closed,

        _ => state,
    };

    /// <summary>States in which both SYNs have been exchanged (RFC 9293: synchronized).</summary>
    public static bool IsSynchronized(TcpState state) => state >= TcpState.Established;

    /// <summary>States in which the guest may still send data.</summary>
    public static bool TakesData(TcpState state) =>
        state is TcpState.Established or TcpState.FinWait1 or TcpState.FinWait2;

    /// <summary>States in which the engine may still send data and then FIN.</summary>
    public static bool SendsData(TcpState state) =>
        state is TcpState.Established or TcpState.CloseWait;

    /// <summary>States in which the engine's FIN is sent and not acknowledged.</summary>
    public static bool AwaitsAcknowledgmentOfFin(TcpState state) =>
        state is TcpState.FinWait1 or TcpState.Closing or TcpState.LastAck;
}
