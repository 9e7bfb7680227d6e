using Slipway.Services;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>What the DHCP server hands out (RFC 2131, RFC 2132).</summary>
public sealed record DhcpConfiguration
{
    /// <summary>False leaves a guest's DHCP requests unanswered.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Domain name (option 15), and the domain that leases' names live in.</summary>
    public string Domain { get; init; } = "internal";

    /// <summary>
    /// Domain search list (option 119, RFC 3397); null for the domain and the host's own list.
    /// </summary>
    public IReadOnlyList<string>? Search { get; init; }

    /// <summary>NTP servers (option 42); the option is left out when empty.</summary>
    public IReadOnlyList<IpAddress> NtpServers { get; init; } = [];

    /// <summary>Lease time (option 51) in seconds; at least 60.</summary>
    public int LeaseSeconds { get; init; } = 3600;

    /// <summary>Where leases are kept over a restart; null keeps them in memory only.</summary>
    public string? LeaseFile { get; init; }

    /// <summary>Addresses that belong to one client each.</summary>
    public IReadOnlyList<StaticLease> StaticLeases { get; init; } = [];

    /// <summary>
    /// The list that is sent. Where none is given, short names are completed as the host completes
    /// its own, after those of guests; the host's file is read at each call.
    /// </summary>
    public IReadOnlyList<string> FindSearchList() => Search switch
    {
        null => [.. HostSearchList.Read().Prepend(Domain).Distinct()],
        { Count: 0 } => [Domain],
        _ => Search,
    };
}
