using System.Collections.Immutable;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>An IPv6 address that only one client is given.</summary>
/// <param name="Mac">The client's Ethernet address; null if its DUID names it.</param>
/// <param name="Duid">The client's DUID, 3 to 130 bytes; null if its MAC names it.</param>
/// <param name="Address">Its address, inside the prefix.</param>
/// <param name="Name">Its name in DNS; null takes what the client sends.</param>
public sealed record Ipv6StaticLease(
    MacAddress? Mac, ImmutableArray<byte>? Duid, IpAddress Address, string? Name);
