using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// What the DHCPv6 server hands out (RFC 8415). Domain and search list are those of
/// <see cref="DhcpConfiguration"/>.
/// </summary>
public sealed record Ipv6DhcpConfiguration
{
    /// <summary>False leaves a guest's DHCPv6 messages unanswered.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>False gives out no addresses, only options (stateless DHCPv6).</summary>
    public bool Addresses { get; init; } = true;

    /// <summary>The pool's first address; 1:0 of the prefix if null.</summary>
    public IpAddress? First { get; init; }

    /// <summary>The pool's last address; 1:ffff of the prefix if null.</summary>
    public IpAddress? Last { get; init; }

    /// <summary>Preferred and valid lifetime in seconds; at least 60.</summary>
    public int LeaseSeconds { get; init; } = 3600;

    /// <summary>Where leases are kept over a restart; null keeps them in memory only.</summary>
    public string? LeaseFile { get; init; }

    /// <summary>Addresses that belong to one client each.</summary>
    public IReadOnlyList<Ipv6StaticLease> StaticLeases { get; init; } = [];
}
