using Slipway.Wire;

namespace Slipway.Services;

/// <summary>What the DNS server says of the virtual network's IPv6 side.</summary>
/// <param name="Prefix">Its addresses have no names upstream.</param>
/// <param name="Gateway">gateway.internal.</param>
/// <param name="HostAlias">host.internal; null when it is off.</param>
/// <param name="Nat64Prefix">
/// Where names that have an IPv4 address alone are found, too (DNS64, RFC 6147); null for nowhere.
/// </param>
public sealed record DnsIpv6Settings(
    IpPrefix Prefix, IpAddress Gateway, IpAddress? HostAlias, IpPrefix? Nat64Prefix);
