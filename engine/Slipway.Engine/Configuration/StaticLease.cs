using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>An address that only one client is given.</summary>
/// <param name="Mac">The client's Ethernet address.</param>
/// <param name="Address">Its address, inside the subnet.</param>
/// <param name="Name">Its name in DNS; null takes what the client sends.</param>
public sealed record StaticLease(MacAddress Mac, IpAddress Address, string? Name);
