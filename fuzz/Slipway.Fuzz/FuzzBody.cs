namespace Slipway.Fuzz;

/// <summary>
/// One execution. It throws when something is wrong; what an input is refused for is no fault.
/// </summary>
internal delegate void FuzzBody(ReadOnlySpan<byte> input);
