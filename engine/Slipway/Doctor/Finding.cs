namespace Slipway;

/// <summary>What a check found.</summary>
/// <param name="Check">What was looked at.</param>
/// <param name="Verdict">How it ended.</param>
/// <param name="Detail">What was seen.</param>
/// <param name="Remedy">What to install or set; empty when all is well.</param>
internal sealed record Finding(string Check, Verdict Verdict, string Detail, string Remedy = "");
