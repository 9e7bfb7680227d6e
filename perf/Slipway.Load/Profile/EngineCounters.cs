namespace Slipway.Load.Profile;

/// <summary>The counters that an engine has, by the names of its event source.</summary>
internal static class EngineCounters
{
    public const string Provider = "Slipway-Engine";

    /// <summary>
    /// The stages of a turn, in its order; each counter is the milliseconds spent there in a
    /// second. An engine that does not tell links and host apart has turn-dispatch for both.
    /// </summary>
    public static IReadOnlyList<string> Stages { get; } =
    [
        "turn-wait", "turn-commands", "turn-dispatch", "turn-links", "turn-host", "turn-timers",
        "turn-flush",
    ];
}
