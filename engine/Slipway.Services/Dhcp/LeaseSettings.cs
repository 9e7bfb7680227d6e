using Slipway.Wire;

namespace Slipway.Services;

/// <summary>What the DHCP servers of both families are told; fixed while they run.</summary>
public abstract record LeaseSettings
{
    /// <summary>
    /// Further addresses that are never handed out: guests that configure themselves.
    /// </summary>
    public IReadOnlyList<IpAddress> Reserved { get; init; } = [];

    /// <summary>Option 6, or 23 of DHCPv6; empty for the gateway.</summary>
    public IReadOnlyList<IpAddress> DnsServers { get; init; } = [];

    /// <summary>Option 15, and the zone of the leases' names; null for none.</summary>
    public string? Domain { get; init; } = "internal";

    /// <summary>
    /// Option 119, or 24 of DHCPv6; <see cref="Domain"/> when empty.
    /// </summary>
    public IReadOnlyList<string> SearchDomains { get; init; } = [];

    /// <summary>
    /// Option 51, or the lifetimes of DHCPv6. Renewal is at half of it, rebinding at seven eighths
    /// or, in DHCPv6, at four fifths.
    /// </summary>
    public TimeSpan LeaseTime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long an address that was offered waits for its REQUEST.</summary>
    public TimeSpan OfferTime { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How long an address that a client declined (somebody uses it) is not offered.
    /// </summary>
    public TimeSpan DeclineTime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Clients that are remembered; the one gone longest makes room.</summary>
    public int MaxLeases { get; init; } = 4_096;

    /// <summary>Offers that wait for a REQUEST; the oldest makes room.</summary>
    public int MaxOffers { get; init; } = 64;

    /// <summary>The search list that is sent.</summary>
    internal IReadOnlyList<string> SearchList =>
        SearchDomains.Count > 0 || Domain is null ? SearchDomains : [Domain];
}
