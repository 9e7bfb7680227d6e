using Slipway.Wire;

namespace Slipway.Services;

/// <summary>Where a client's message came from.</summary>
/// <param name="Mac">Who sent the frame.</param>
/// <param name="Port">
/// The switch port that the frame came in by: when all addresses are given out, the port that has
/// most of them gives one up.
/// </param>
/// <param name="Source">The IP source: a link-local address as a rule.</param>
/// <param name="Destination">The IP destination: ff02::1:2, or the gateway's address.</param>
public readonly record struct Dhcp6Origin(
    MacAddress Mac, int Port, IpAddress Source, IpAddress Destination);
