using System.Globalization;
using System.Text.Json;
using Slipway.Engine;
using Slipway.Services;

namespace Slipway.Control;

/// <summary>A key of the configuration, and how its value is told: without passwords.</summary>
/// <param name="Key">As in the configuration.</param>
/// <param name="Property">Of <see cref="EngineConfiguration"/>.</param>
/// <param name="Read">The value as texts; empty for none.</param>
internal sealed record ConfigurationKey(
    string Key, string Property, Func<EngineConfiguration, IReadOnlyList<string>> Read)
{
    public const string Publish = "publish";
    public const string LogLevel = "logLevel";
    public const string Services = "services";
    public const string DnsRecords = "dns.records";
    public const string DnsZones = "dns.zones";
    public const string Proxy = "proxy";
    private const string Intercept = "intercept";
    private const string HostAlias = "hostAliasAddress";

    /// <summary>All of them; what is in one of them twice is told by both.</summary>
    public static IReadOnlyList<ConfigurationKey> All { get; } =
    [
        new("links", nameof(EngineConfiguration.Links), c => Texts(
            c.Links.Select(link => $"{link}{link.GroupText}"))),
        new("subnet", nameof(EngineConfiguration.Subnet), c => Text(c.Subnet)),
        new("gateway", nameof(EngineConfiguration.Gateway), c => Text(c.Gateway)),
        new("gatewayMac", nameof(EngineConfiguration.GatewayMac), c => Text(c.GatewayMac)),
        new(HostAlias, nameof(EngineConfiguration.HostAlias), c => Text(c.HostAlias)),
        new("linkLocal", nameof(EngineConfiguration.AllowsLinkLocal), c =>
            Text(c.AllowsLinkLocal)),
        new("ipv6", nameof(EngineConfiguration.Ipv6), c => Text(c.Ipv6)),
        new("ipv6.dhcp", nameof(EngineConfiguration.Ipv6Dhcp), c =>
            [$"{c.Ipv6Dhcp with { StaticLeases = [] }}", .. Texts(c.Ipv6Dhcp.StaticLeases)]),
        new("mtu", nameof(EngineConfiguration.MtuBytes), c => Text(c.MtuBytes)),
        new("workers", nameof(EngineConfiguration.Workers), c => Text(c.Workers)),
        new(Publish, nameof(EngineConfiguration.Publish), c => Texts(c.Publish)) { IsLive = true },
        new(Services, nameof(EngineConfiguration.Services), c => Texts(c.Services))
        {
            IsLive = true,
        },
        new(DnsRecords, nameof(EngineConfiguration.DnsRecords), c => Texts(
            c.DnsRecords.Select(record => $"{record.Name} {record.Data} {record.TtlSeconds}")))
        {
            IsLive = true,
        },
        new(DnsZones, nameof(EngineConfiguration.DnsZones), c => Texts(
            c.DnsZones.SelectMany(Lines)))
        {
            IsLive = true,
        },
        new("dns.servers", nameof(EngineConfiguration.DnsServers), c => Texts(c.DnsServers)),
        new("dns.domains", nameof(EngineConfiguration.DnsDomains), c => Texts(
            c.DnsDomains.Select(domain => $"{domain.Name}: {Join(domain.NameServers)}"))),
        new("dns.tlsCertificates", nameof(EngineConfiguration.DnsTlsCertificates), c =>
            Text(c.DnsTlsCertificates)),
        new("dns.resolved", nameof(EngineConfiguration.DnsResolved), c => Text(c.DnsResolved)),
        new("dns.bytesPerSecond", nameof(EngineConfiguration.DnsBytesPerSecond), c =>
            Text(c.DnsBytesPerSecond)),
        new("dns.cache", nameof(EngineConfiguration.DnsCache), c => Text(c.DnsCache)),
        new("dhcp.first", nameof(EngineConfiguration.FirstGuest), c => Text(c.FirstGuest)),
        new("dhcp", nameof(EngineConfiguration.Dhcp), c => Lines(c.Dhcp)),
        new(Proxy, nameof(EngineConfiguration.Proxy), c =>
            [$"{c.Proxy with { TransparentPorts = [] }}", .. Texts(c.Proxy.TransparentPorts)]),
        new(Proxy, nameof(EngineConfiguration.ProxyUpstream), c => Lines(c.ProxyUpstream)),
        new(Proxy, nameof(EngineConfiguration.ProxyUpstream), c =>
            Lines(c.ProxyUpstream.Configured)) { IsLive = true },
        new("udp.fullCone", nameof(EngineConfiguration.UdpFullCone), c => Text(c.UdpFullCone)),
        new("limits", nameof(EngineConfiguration.Limits), c => Text(c.Limits)),
        new("control", nameof(EngineConfiguration.Control), c => Text(c.Control)),
        new("drainSeconds", nameof(EngineConfiguration.DrainTime), c => Text(c.DrainTime)),
        new("ring", nameof(EngineConfiguration.RingBytes), c => Text(c.RingBytes)),
        new("guestControl", nameof(EngineConfiguration.GuestControl), c => Text(c.GuestControl)),
        new("helper", nameof(EngineConfiguration.Helper), c => Text(c.Helper)),
        new("sandbox", nameof(EngineConfiguration.Sandbox), c =>
            [$"{c.Sandbox.Mode}", .. Texts(c.Sandbox.Paths)]),
        new("logFormat", nameof(EngineConfiguration.LogFormat), c => Text(c.LogFormat)),
        new(LogLevel, nameof(EngineConfiguration.LogLevel), c => Text(c.LogLevel))
        {
            IsLive = true,
        },
    ];

    /// <summary>What the start alone is concerned with.</summary>
    public static IReadOnlyList<string> OfTheStart { get; } =
        [nameof(EngineConfiguration.SubnetKey), nameof(EngineConfiguration.ReadyDescriptor)];

    /// <summary>Whether a configuration speaks of it.</summary>
    public bool IsIn(JsonElement configuration)
    {
        string other = Key switch { HostAlias => "hostAlias", Services => Intercept, _ => Key };
        if (other != Key && configuration.TryGetProperty(other, out _))
        {
            return true;
        }

        foreach (string name in Key.Split('.'))
        {
            if (configuration.ValueKind != JsonValueKind.Object
                || !configuration.TryGetProperty(name, out configuration))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>It can change while the engine runs.</summary>
    public bool IsLive { get; private init; }

    private static string[] Text<T>(T value) =>
        value is null ? [] : [Convert.ToString(value, CultureInfo.InvariantCulture)!];

    private static string[] Texts<T>(IEnumerable<T> values) =>
        [.. values.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)!)];

    private static string Join<T>(IEnumerable<T> values) => string.Join(", ", Texts(values));

    private static IEnumerable<string> Lines(DnsZone zone) =>
    [
        $"{zone.Name}: {Join(zone.DefaultAddresses)}",
        .. zone.Records.Select(record =>
            $"{zone.Name}: {record.Name ?? record.Pattern} {record.Data} {record.TtlSeconds}"),
    ];

    private static string[] Lines(DhcpConfiguration dhcp) =>
    [
        $"{dhcp with { Search = null, NtpServers = [], StaticLeases = [] }}",
        $"search {(dhcp.Search is null ? "as the host" : Join(dhcp.Search))}",
        $"ntp {Join(dhcp.NtpServers)}",
        .. Texts(dhcp.StaticLeases),
    ];

    private static string[] Lines(ProxyUpstreamConfiguration upstream) =>
    [
        $"file {upstream.File}, desktop {upstream.Desktop}, environment {upstream.Environment}",
        $"certificates {upstream.CaFile}, {upstream.PacFailure}, {upstream.ConnectTimeout}, "
            + $"{upstream.HandshakeTimeout}, {upstream.DeadTime}",
    ];

    private static string[] Lines(ProxySettings? upstream) => upstream is null ? [] :
    [
        $"upstream {upstream}", $"noProxy {upstream.NoProxy}", $"allow {upstream.Allow}",
    ];
}
