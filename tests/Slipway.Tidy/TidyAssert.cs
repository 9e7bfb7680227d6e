namespace Slipway.Tidy;

/// <summary>What the tests of the rules say to xunit.</summary>
internal static class TidyAssert
{
    /// <summary>Fails with all violations, one a line.</summary>
    public static void Keeps(IEnumerable<string> violations)
    {
        string[] all = [.. violations];
        if (all.Length > 0)
        {
            Assert.Fail($"{all.Length} found:\n{string.Join('\n', all)}");
        }
    }

    /// <summary>Fails unless exactly one violation is found, and it says this.</summary>
    public static void Breaks(IEnumerable<string> violations, string expected) =>
        Assert.Contains(expected, Assert.Single(violations), StringComparison.Ordinal);
}
