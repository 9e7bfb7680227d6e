namespace Slipway.Tidy.Rules;

/// <summary>A fenced block of shell commands in a README.</summary>
/// <param name="Path">The README.</param>
/// <param name="Line">Where the block begins, counted from 1.</param>
/// <param name="IsTest">True for "sh test": run it. Others are only looked at.</param>
/// <param name="Text">The commands.</param>
internal sealed record ReadmeBlock(string Path, int Line, bool IsTest, string Text);
