using Slipway.Engine;

namespace Slipway.Control;

/// <summary>What the process of an engine has given up.</summary>
/// <param name="Mode">auto, on or off, as it was asked for.</param>
/// <param name="Points">Each thing, and whether it is in force now.</param>
public sealed record SandboxReport(string Mode, IReadOnlyList<SandboxPoint> Points);
