using Slipway.Load.Site;

namespace Slipway.Load.Measurements;

/// <summary>One thing that is measured.</summary>
/// <param name="Name">What --tests calls it.</param>
/// <param name="Title">What the report calls it.</param>
/// <param name="Metric">What of the result is told.</param>
/// <param name="IsQuick">Part of --quick.</param>
/// <param name="IsOnce">Repetitions would tell nothing new.</param>
/// <param name="Run">Measures; the word is the time in seconds.</param>
internal sealed record LoadTest(
    string Name, string Title, Metric Metric, bool IsQuick, bool IsOnce,
    Func<LoadSite, string, Dictionary<string, double>> Run)
{
    /// <summary>Only engines that speak vhost-user have it.</summary>
    public bool IsVhostUser { get; init; }
}
