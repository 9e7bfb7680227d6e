using Slipway.Services;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// All that the engine is told at its start, checked: a value of this type names a network that can
/// be made. <see cref="ConfigurationReader"/> makes it from JSON and the command line.
/// </summary>
public sealed record EngineConfiguration
{
    /// <summary>The guests' links; empty only where the caller adds one.</summary>
    public IReadOnlyList<LinkSpecification> Links { get; init; } = [];

    /// <summary>The virtual network; /8 to /30.</summary>
    public IpPrefix Subnet { get; init; } = new(IpAddress.FromIPv4(0xc0a8_7f00), 24);

    /// <summary>
    /// The option or key that <see cref="Subnet"/> came from or is changed by, for messages.
    /// </summary>
    public string SubnetKey { get; init; } = "--subnet";

    /// <summary>
    /// The engine's own address in <see cref="Subnet"/>: router, DNS and DHCP server.
    /// </summary>
    public IpAddress Gateway { get; init; } = IpAddress.FromIPv4(0xc0a8_7f01);

    public MacAddress GatewayMac { get; init; } = new(0x5a94_efe4_0cdd);

    /// <summary>
    /// The address that reaches the host's loopback; null when it is switched off.
    /// </summary>
    public IpAddress? HostAlias { get; init; } = IpAddress.FromIPv4(0xc0a8_7ffe);

    /// <summary>The same in IPv6.</summary>
    public Ipv6Configuration Ipv6 { get; init; } = new();

    /// <summary>
    /// The first address that is leased, and a published port's guest where none is named.
    /// </summary>
    public IpAddress FirstGuest { get; init; } = IpAddress.FromIPv4(0xc0a8_7f02);

    /// <summary>Largest IP packet on the virtual network, in bytes: 576 to 65520.</summary>
    public int MtuBytes { get; init; } = 1500;

    /// <summary>
    /// Threads that share the flows, 1 to 16. Each has a part of the bounds in
    /// <see cref="Limits"/>.
    /// </summary>
    public int Workers { get; init; } = 1;

    /// <summary>Ports of the host that lead to a guest.</summary>
    public IReadOnlyList<PublishSpecification> Publish { get; init; } = [];

    /// <summary>Where `slipway helper` listens unless told otherwise.</summary>
    public const string DefaultHelperPath = "/run/slipway-helper.sock";

    /// <summary>
    /// The Unix socket of the helper that binds ports which this user may not; null for none.
    /// </summary>
    public string? Helper { get; init; } = DefaultHelperPath;

    /// <summary>Reads "unix:PATH"; null of "off".</summary>
    /// <exception cref="ConfigurationException">It is neither.</exception>
    public static string? ParseHelper(string key, string text) => text switch
    {
        "off" => null,
        ['u', 'n', 'i', 'x', ':', .. { Length: > 0 } path] => path,
        _ => throw new ConfigurationException(
            key, text, "is no helper's socket; write unix:PATH, or off"),
    };

    /// <summary>What answers guests in place of what they have named.</summary>
    public IReadOnlyList<ServiceSpecification> Services { get; init; } = [];

    /// <summary>Names that the DNS server answers itself, beside the built-in ones.</summary>
    public IReadOnlyList<DnsNamedRecord> DnsRecords { get; init; } = [];

    /// <summary>Zones that the DNS server is the authority of.</summary>
    public IReadOnlyList<DnsZone> DnsZones { get; init; } = [];

    /// <summary>
    /// Name servers that are asked instead of the host's; empty to resolve as the host does.
    /// </summary>
    public IReadOnlyList<NameServerEndpoint> DnsServers { get; init; } = [];

    /// <summary>Domains with name servers of their own (split DNS).</summary>
    public IReadOnlyList<DnsDomain> DnsDomains { get; init; } = [];

    /// <summary>
    /// A PEM file of who vouches for name servers over TLS; null for whom the host trusts.
    /// </summary>
    public string? DnsTlsCertificates { get; init; }

    /// <summary>
    /// Whether systemd-resolved is asked which domains have servers of their own, where the host
    /// resolves by it.
    /// </summary>
    public bool DnsResolved { get; init; } = true;

    /// <summary>What one guest is told over UDP in a second at most, in bytes.</summary>
    public int DnsBytesPerSecond { get; init; } = 64 << 20;

    /// <summary>Answers of the host's name servers that are kept; 0 keeps none.</summary>
    public int DnsCache { get; init; } = 4_096;

    public DhcpConfiguration Dhcp { get; init; } = new();

    public Ipv6DhcpConfiguration Ipv6Dhcp { get; init; } = new();

    public GuestProxyConfiguration Proxy { get; init; } = new();

    /// <summary>The proxies that connections take on their way out.</summary>
    public ProxyUpstreamConfiguration ProxyUpstream { get; init; } = new();

    /// <summary>
    /// Guests reach the host's link-local IPv4 addresses and clouds' metadata services.
    /// </summary>
    public bool AllowsLinkLocal { get; init; }

    /// <summary>A guest's UDP port takes datagrams from any address (RFC 4787 section 5).</summary>
    public bool UdpFullCone { get; init; }

    public StackLimits Limits { get; init; } = new();

    /// <summary>Where it is asked and told things while it runs.</summary>
    public ControlSpecification Control { get; init; } = ControlSpecification.Default;

    /// <summary>How long open connections may go on when the engine is told to end.</summary>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Memory for the last frames, in bytes; 0 keeps none.</summary>
    public int RingBytes { get; init; }

    public SandboxConfiguration Sandbox { get; init; } = new();

    /// <summary>What guests are told and may do at port 80 of the gateway.</summary>
    public GuestControl GuestControl { get; init; } = GuestControl.Forwards;

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    public LogFormat LogFormat { get; init; }

    /// <summary>
    /// A descriptor that is told "1" and closed when the engine is ready; null for none.
    /// </summary>
    public int? ReadyDescriptor { get; init; }
}
