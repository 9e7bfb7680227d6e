using System.Security.Cryptography.X509Certificates;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// What the DNS server on the gateway answers, and by whom it asks; fixed while it runs.
/// </summary>
public sealed record DnsSettings
{
    /// <summary>
    /// Its addresses have no names upstream: who is asked for them is this server.
    /// </summary>
    public IpPrefix Subnet { get; init; } = new(IpAddress.FromIPv4(0xc0a8_7f00), 24);

    /// <summary>gateway.internal.</summary>
    public IpAddress Gateway { get; init; } = IpAddress.FromIPv4(0xc0a8_7f01);

    /// <summary>host.internal; null when it is off, and then that name does not exist.</summary>
    public IpAddress? HostAlias { get; init; } = IpAddress.FromIPv4(0xc0a8_7ffe);

    /// <summary>The same in IPv6; null where guests have none.</summary>
    public DnsIpv6Settings? Ipv6 { get; init; }

    /// <summary>Names that are answered as configured; a name may occur several times.</summary>
    public IReadOnlyList<DnsNamedRecord> Records { get; init; } = [];

    /// <summary>Zones that this server is the authority of.</summary>
    public IReadOnlyList<DnsZone> Zones { get; init; } = [];

    /// <summary>Names, and zones, that may be added while the server runs.</summary>
    public int MaxAdded { get; init; } = 4_096;

    /// <summary>Asked instead of the host's resolver, when not empty.</summary>
    public IReadOnlyList<NameServerEndpoint> NameServers { get; init; } = [];

    /// <summary>
    /// Domains with servers of their own, which are asked for names in them and no others.
    /// </summary>
    public IReadOnlyList<DnsDomain> Domains { get; init; } = [];

    /// <summary>
    /// Who vouches for servers that are asked over TLS; null for whom the host trusts.
    /// </summary>
    public X509Certificate2Collection? TlsAuthorities { get; init; }

    /// <summary>
    /// Whether systemd-resolved is asked over D-Bus which domains have servers of their own. Only
    /// where the host resolves by it.
    /// </summary>
    public bool UsesResolved { get; init; }

    /// <summary>Where that is; null for the system's bus.</summary>
    public string? BusAddress { get; init; }

    /// <summary>Takes lines for who looks for a fault, from any thread; null for nobody.</summary>
    public Action<string>? DebugLog { get; init; }

    public string ResolverConfigurationPath { get; init; } = "/etc/resolv.conf";

    public string HostsPath { get; init; } = "/etc/hosts";

    public string NameServiceSwitchPath { get; init; } = "/etc/nsswitch.conf";

    /// <summary>How often these files are looked at for changes, while anybody asks.</summary>
    public TimeSpan FileCheckInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>A query that has no answer by then fails (SERVFAIL).</summary>
    public TimeSpan QueryDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a name server that did not answer is passed over, if there are others.
    /// </summary>
    public TimeSpan DeadServerTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Queries that wait for an answer from outside; more are dropped, and counted.
    /// </summary>
    public int MaxOutstanding { get; init; } = 1_024;

    /// <summary>Of them, one guest's.</summary>
    public int MaxOutstandingPerGuest { get; init; } = 256;

    /// <summary>Connections of guests; more are closed at once.</summary>
    public int MaxStreams { get; init; } = 128;

    /// <summary>Of them, one guest's.</summary>
    public int MaxStreamsPerGuest { get; init; } = 32;

    /// <summary>
    /// A connection on which nothing is asked is closed after this (RFC 7766 section 6.2.3).
    /// </summary>
    public TimeSpan StreamIdleTime { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Responses of others that are kept; 0 keeps none.</summary>
    public int MaxCachedResponses { get; init; } = 4_096;

    /// <summary>What they may take of memory, in bytes.</summary>
    public long MaxCachedBytes { get; init; } = 4 << 20;

    /// <summary>
    /// How long a response that has run out is kept for when nobody answers (RFC 8767 section 5
    /// recommends one to three days).
    /// </summary>
    public TimeSpan StaleTime { get; init; } = TimeSpan.FromDays(1);

    /// <summary>
    /// How long others are waited for before what has run out is told (RFC 8767 section 5).
    /// </summary>
    public TimeSpan StaleDelay { get; init; } = TimeSpan.FromMilliseconds(1_800);

    /// <summary>What time it is for what is kept and for what waits.</summary>
    public TimeProvider Time { get; init; } = SteadyTime.Shared;

    /// <summary>Who calls getaddrinfo; null for threads of this process itself.</summary>
    public ResolverProcess? Lookups { get; init; }

    /// <summary>Threads that block in getaddrinfo.</summary>
    public int MaxLookups { get; init; } = 16;

    /// <summary>
    /// Stands in for the host's resolver, and is owned; null for what <see cref="Lookups"/> says.
    /// </summary>
    internal IAddressLookup? AddressLookup { get; init; }
}
