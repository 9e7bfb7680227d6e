namespace Slipway.Stack.Tests.Flows;

/// <summary>One look into a table: what it found, and when it began and ended.</summary>
/// <param name="Key">Which of the keys.</param>
/// <param name="Version">The version that was found; 0 for nothing.</param>
/// <param name="Start">The shared counter before the call.</param>
/// <param name="End">The shared counter after it.</param>
internal readonly record struct TableRead(int Key, int Version, long Start, long End);
