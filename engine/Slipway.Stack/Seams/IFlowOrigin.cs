namespace Slipway.Stack;

/// <summary>Who at the host has begun connections to guests.</summary>
public interface IFlowOrigin
{
    /// <summary>
    /// The guest sees the client's own address where it reaches that by the gateway, instead of
    /// the gateway's.
    /// </summary>
    bool ShowsClients => false;

    /// <summary>
    /// The guest's answer to one of them, once, on the worker of its flow: None when it has taken
    /// the connection. Otherwise the flow is gone: Refused, HostUnreachable where no guest has the
    /// address, TimedOut, NoResources at a bound of the engine's, Reset when it has ended before
    /// there was an answer.
    /// </summary>
    void OnAnswered(HostError error);
}
