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
