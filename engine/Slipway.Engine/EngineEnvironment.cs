using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>
/// What a program that links the engine may put in the place of the machine's own.
/// </summary>
public sealed record EngineEnvironment
{
    /// <summary>
    /// The time of turns and timers; never goes back. Null is CLOCK_MONOTONIC. For engines whose
    /// turns the caller takes (<see cref="NetworkEngine.Dispatch"/>).
    /// </summary>
    public Func<Instant>? Clock { get; init; }

    /// <summary>
    /// Of hashes, sequence numbers and identifiers of packets; null takes the machine's randomness,
    /// which is what keeps guests from guessing them.
    /// </summary>
    public Seed128? Seed { get; init; }
}
