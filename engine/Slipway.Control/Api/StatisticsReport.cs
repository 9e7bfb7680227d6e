using Slipway.Stack;

namespace Slipway.Control;

/// <summary>What an engine has counted since its start, as the API tells it.</summary>
/// <param name="Counted">Names and counts.</param>
/// <param name="Dropped">Reasons, and how many packets were dropped for each; none of 0.</param>
/// <param name="Bounds">What is bounded, how much of it is in use, and what it refused.</param>
public sealed record StatisticsReport(
    IReadOnlyDictionary<string, long> Counted, IReadOnlyDictionary<string, long> Dropped,
    IReadOnlyList<BoundReport> Bounds);
