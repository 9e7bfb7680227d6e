namespace Slipway.Engine;

/// <summary>A guests' link.</summary>
/// <param name="Number">From 0, in the order in which links came.</param>
/// <param name="Name">"tap:tap0", "stream:/tmp/vm.sock".</param>
public readonly record struct LinkName(int Number, string Name);
