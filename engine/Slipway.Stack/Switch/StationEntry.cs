using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>A MAC address that the switch remembers.</summary>
/// <param name="Mac">A guest's.</param>
/// <param name="Port">The number of the port that it is at (<see cref="IGuestPort.Id"/>).</param>
public readonly record struct StationEntry(MacAddress Mac, int Port);
