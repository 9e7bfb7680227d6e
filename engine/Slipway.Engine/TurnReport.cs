namespace Slipway.Engine;

/// <summary>How long the turns of a worker took since it was asked for the first time.</summary>
/// <param name="Worker">0 keeps the switch.</param>
/// <param name="Seconds">All turns together, without waiting.</param>
/// <param name="Buckets">From the shortest bound to infinity.</param>
/// <param name="StageSeconds">The stages of the turn by their names, with waiting.</param>
public sealed record TurnReport(
    int Worker, double Seconds, IReadOnlyList<TurnBucket> Buckets,
    IReadOnlyDictionary<string, double> StageSeconds);
