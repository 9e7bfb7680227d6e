namespace Slipway.Engine;

/// <summary>One thing that the engine's process gives up, or one beside it does.</summary>
/// <param name="Name">What it is.</param>
/// <param name="InForce">Whether it is given up, as the kernel says now.</param>
/// <param name="Detail">What was seen, or why it is left out.</param>
public sealed record SandboxPoint(string Name, bool InForce, string Detail);
