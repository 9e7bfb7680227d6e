using Slipway.Wire;

namespace Slipway.Services;

/// <summary>An address that is kept for one client.</summary>
/// <param name="Address">Within the subnet, and nobody else's.</param>
/// <param name="Mac">
/// The client's MAC address, or null if <paramref name="ClientId"/> names it.
/// </param>
/// <param name="ClientId">Option 61's bytes, type octet included; null if the MAC names it.</param>
/// <param name="HostName">The client's name: one DNS label; null to take what it sends.</param>
public sealed record StaticLease(
    IpAddress Address, MacAddress? Mac, byte[]? ClientId = null, string? HostName = null);
