using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// A zone that this server is the authority of: what it does not have does not exist. Of zones that
/// lie in one another the longest name counts.
/// </summary>
/// <param name="Name">Its apex, with or without a dot at its end.</param>
/// <param name="Records">
/// Names relative to the apex; "" or "@" is the apex. A name goes before every pattern.
/// </param>
/// <param name="DefaultAddresses">
/// Of all names in it that have no record, the apex included; empty for none.
/// </param>
public sealed record DnsZone(
    string Name, IReadOnlyList<DnsZoneRecord> Records, IReadOnlyList<IpAddress> DefaultAddresses);
