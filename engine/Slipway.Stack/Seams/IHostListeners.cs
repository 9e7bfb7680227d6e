namespace Slipway.Stack;

/// <summary>What the host's listeners have accepted.</summary>
public interface IHostListeners
{
    /// <summary>
    /// Gives an accepted stream to the flow that owns it; its readiness is told from here on,
    /// beginning with what is ready already.
    /// </summary>
    void Adopt(IHostStream stream, IReadinessOwner owner);
}
