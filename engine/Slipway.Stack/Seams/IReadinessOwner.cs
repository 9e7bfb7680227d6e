namespace Slipway.Stack;

/// <summary>The flow, listener or link that a descriptor belongs to.</summary>
public interface IReadinessOwner
{
    /// <summary>Called by the turn, on the worker, after the host said so.</summary>
    void OnReady(Readiness readiness, Instant now);
}
