using Slipway.Services;
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

    /// <summary>
    /// Makes what serves plain HTTP requests of guests to the proxy; null where the program has no
    /// such thing, and only CONNECT and SOCKS are served. The engine disposes it.
    /// </summary>
    public Func<ProxyParts, IHttpRequests>? HttpRequests { get; init; }

    /// <summary>
    /// Makes what guests find at port 80 of the gateway, when the first one asks; null for nothing.
    /// The engine disposes it.
    /// </summary>
    public Func<NetworkEngine, IGuestPages>? GuestPages { get; init; }

    /// <summary>
    /// Starts the processes beside the engine that ask the host's resolver and run PAC files; null
    /// where the engine's own process does both. The engine disposes it.
    /// </summary>
    public IResolverProcesses? Resolvers { get; init; }

    /// <summary>
    /// Looks at what the program's process has given up, point by point; null where it is none of
    /// the engine's.
    /// </summary>
    public Func<IReadOnlyList<SandboxPoint>>? Sandbox { get; init; }
}
