using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>Something to be done on the worker, in its turn.</summary>
internal abstract class Command
{
    /// <summary>Runs on the worker.</summary>
    public abstract void Run(Instant now);
}
