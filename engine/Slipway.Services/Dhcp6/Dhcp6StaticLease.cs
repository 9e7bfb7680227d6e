using Slipway.Wire;

namespace Slipway.Services;

/// <summary>An IPv6 address that is kept for one client.</summary>
/// <param name="Address">Within the prefix, in the pool or not, and nobody else's.</param>
/// <param name="Mac">
/// The client's MAC address, which its frames have or which its DUID holds; null if
/// <paramref name="Duid"/> names it.
/// </param>
/// <param name="Duid">Option 1's bytes, type included; null if the MAC names it.</param>
/// <param name="HostName">The client's name: one DNS label; null to take what it sends.</param>
public sealed record Dhcp6StaticLease(
    IpAddress Address, MacAddress? Mac, byte[]? Duid = null, string? HostName = null);
