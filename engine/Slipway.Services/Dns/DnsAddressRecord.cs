using Slipway.Wire;

namespace Slipway.Services;

/// <summary>A configured name and one of its addresses.</summary>
/// <param name="Name">A domain name, with or without a dot at its end.</param>
public sealed record DnsAddressRecord(string Name, IpAddress Address);
