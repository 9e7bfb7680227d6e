namespace Slipway.Stack;

/// <summary>What a UDP flow has been used for; decides how long it may be idle.</summary>
public enum UdpFlowKind
{
    /// <summary>
    /// The guest has sent to port 53 alone: it waits for an answer, and needs it once.
    /// </summary>
    NameQuery,

    /// <summary>The guest has sent, and nothing has come back.</summary>
    Unreplied,

    /// <summary>Datagrams have gone both ways.</summary>
    Established,
}
