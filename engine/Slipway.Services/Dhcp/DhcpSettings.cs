using Slipway.Wire;

namespace Slipway.Services;

/// <summary>What the DHCP server hands out; fixed while it runs.</summary>
public sealed record DhcpSettings
{
    public IpPrefix Subnet { get; init; } = new(IpAddress.FromIPv4(0xc0a8_7f00), 24);

    /// <summary>Router (option 3) and server identifier (option 54).</summary>
    public IpAddress Gateway { get; init; } = IpAddress.FromIPv4(0xc0a8_7f01);

    /// <summary>Never handed out; null when it is switched off.</summary>
    public IpAddress? HostAlias { get; init; } = IpAddress.FromIPv4(0xc0a8_7ffe);

    /// <summary>
    /// Further addresses that are never handed out: guests that configure themselves.
    /// </summary>
    public IReadOnlyList<IpAddress> Reserved { get; init; } = [];

    /// <summary>Option 6; empty for the gateway.</summary>
    public IReadOnlyList<IpAddress> DnsServers { get; init; } = [];

    /// <summary>Option 42; not sent when empty.</summary>
    public IReadOnlyList<IpAddress> NtpServers { get; init; } = [];

    /// <summary>Option 15, and the zone of the leases' names; null for none.</summary>
    public string? Domain { get; init; } = "internal";

    /// <summary>Option 119; <see cref="Domain"/> when empty.</summary>
    public IReadOnlyList<string> SearchDomains { get; init; } = [];

    /// <summary>Option 121, after which the default route by the gateway is added.</summary>
    public IReadOnlyList<ClasslessRoute> Routes { get; init; } = [];

    /// <summary>Option 26, in bytes.</summary>
    public int MtuBytes { get; init; } = 1500;

    public IReadOnlyList<StaticLease> StaticLeases { get; init; } = [];

    /// <summary>
    /// Option 51; renewal (58) is at half of it, rebinding (59) at seven eighths.
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
}
