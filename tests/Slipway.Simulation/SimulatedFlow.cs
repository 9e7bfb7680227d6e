using Slipway.Stack;

namespace Slipway.Simulation;

/// <summary>
/// What programs at the guest and at the host do together; knows what must come of it.
/// </summary>
internal abstract class SimulatedFlow
{
    /// <summary>Both programs have done all that they will.</summary>
    public abstract bool IsDone { get; }

    /// <summary>When a program next does something by itself, whatever arrives.</summary>
    public virtual Instant NextStep => Instant.Never;

    /// <summary>Programs work: they read, write and close.</summary>
    public abstract void Step(Instant now);

    /// <summary>Fails unless it came out as it must.</summary>
    public abstract void Verify();
}
