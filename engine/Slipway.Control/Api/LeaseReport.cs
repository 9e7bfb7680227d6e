namespace Slipway.Control;

/// <summary>A lease, as the API tells it.</summary>
/// <param name="Address">The guest's.</param>
/// <param name="Mac">Its Ethernet address.</param>
/// <param name="Name">What it calls itself, one label; null for none.</param>
/// <param name="Expires">When it ends.</param>
/// <param name="IsStatic">It stands in the configuration.</param>
public sealed record LeaseReport(
    string Address, string Mac, string? Name, DateTimeOffset Expires, bool IsStatic);
