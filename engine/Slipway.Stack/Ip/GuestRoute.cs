using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>The way to a guest: its port on the switch and its MAC address.</summary>
public readonly record struct GuestRoute(IGuestPort Port, MacAddress Mac);
