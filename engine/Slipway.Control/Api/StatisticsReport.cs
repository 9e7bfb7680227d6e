namespace Slipway.Control;

/// <summary>What an engine has counted since its start, as the API tells it.</summary>
/// <param name="Counted">Names and counts.</param>
/// <param name="Dropped">Reasons, and how many packets were dropped for each; none of 0.</param>
public sealed record StatisticsReport(
    IReadOnlyDictionary<string, long> Counted, IReadOnlyDictionary<string, long> Dropped);
