namespace Slipway.Testing;

/// <summary>One thing that a received packet must be: returns what is wrong, or null.</summary>
public delegate string? Expectation<in TPacket>(TPacket packet);
