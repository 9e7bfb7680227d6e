namespace Slipway.Load.Profile;

/// <summary>The counters that an engine has, by the names of its event source.</summary>
internal static class EngineCounters
{
    public const string Provider = "Slipway-Engine";

    /// <summary>
    /// The stages of a turn, in its order; each counter is the milliseconds spent there in a
    /// second.
    /// </summary>
    public static IReadOnlyList<string> Stages { get; } =
    [
        "turn-wait", "turn-commands", "turn-links", "turn-host", "turn-timers", "turn-flush",
    ];

    /// <summary>
    /// What follows a stage's name for the microseconds of single turns, since the engine was
    /// attached to.
    /// </summary>
    public static IReadOnlyList<string> Levels { get; } = ["-p50", "-p90", "-p99", "-max"];

    /// <summary>Whether a counter belongs to the table of stages.</summary>
    public static bool IsOfStage(string name) => name.StartsWith("turn-", StringComparison.Ordinal);
}
