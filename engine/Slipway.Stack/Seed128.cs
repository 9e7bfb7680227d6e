namespace Slipway.Stack;

/// <summary>128 bits of randomness.</summary>
public readonly record struct Seed128(ulong Low, ulong High);
