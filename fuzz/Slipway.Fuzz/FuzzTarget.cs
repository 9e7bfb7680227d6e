namespace Slipway.Fuzz;

/// <summary>What is fuzzed.</summary>
/// <param name="Name">As it is called on the command line, and its corpus' folder.</param>
/// <param name="Body">
/// One execution; the same input must always do the same, so that a finding replays.
/// </param>
/// <param name="Seeds">Inputs to begin with: good ones, of each kind.</param>
internal sealed record FuzzTarget(string Name, FuzzBody Body, IReadOnlyList<byte[]> Seeds)
{
    /// <summary>No input is longer, in bytes.</summary>
    public int MaximumBytes { get; init; } = 2_048;

    /// <summary>An input is text, so words are worth more than bits.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];
}
