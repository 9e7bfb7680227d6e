namespace Slipway.Control;

/// <summary>A key of the configuration that differs.</summary>
/// <param name="Key">As in the configuration: "dhcp.leaseSeconds".</param>
/// <param name="From">What holds, as texts.</param>
/// <param name="To">What would.</param>
/// <param name="IsLive">It can change while the engine runs.</param>
public sealed record ConfigurationChange(
    string Key, IReadOnlyList<string> From, IReadOnlyList<string> To, bool IsLive);
