namespace Slipway.Services;

/// <summary>
/// What one source says about upstream proxies; never changed once made. What is null is not said,
/// and left to the next source.
/// </summary>
public sealed record ProxySettings
{
    private static readonly IReadOnlyList<ProxyServer> DirectOnly = [ProxyServer.Direct];

    /// <summary>Upstreams for plain HTTP, in the order in which they are tried.</summary>
    public IReadOnlyList<ProxyServer>? Http { get; init; }

    /// <summary>Upstreams for HTTP over TLS.</summary>
    public IReadOnlyList<ProxyServer>? Https { get; init; }

    /// <summary>Upstreams for all that the other two do not speak of.</summary>
    public IReadOnlyList<ProxyServer>? All { get; init; }

    /// <summary>A PAC file's path or URL, which goes before the lists.</summary>
    public string? Pac { get; init; }

    /// <summary>Hosts that are connected to directly.</summary>
    public HostRules? NoProxy { get; init; }

    /// <summary>The only hosts that may be reached; null lets guests reach all.</summary>
    public AllowList? Allow { get; init; }

    /// <summary>Ports whose plain HTTP is intercepted.</summary>
    public IReadOnlyList<int>? TransparentHttpPorts { get; init; }

    /// <summary>Ports whose TLS is intercepted.</summary>
    public IReadOnlyList<int>? TransparentHttpsPorts { get; init; }

    /// <summary>Whether an upstream proxy is named.</summary>
    public bool HasUpstream => Pac is not null || Names(Http) || Names(Https) || Names(All);

    /// <summary>Whether it is said where connections go, be it directly.</summary>
    internal bool SaysWhere =>
        Pac is not null || Http is not null || Https is not null || All is not null;

    /// <summary>Where the settings come from, for the log.</summary>
    internal string Origin { get; init; } = "";

    /// <summary>The next source that says where, for a PAC file that fails.</summary>
    internal ProxySettings? Otherwise { get; init; }

    /// <summary>The upstreams of the lists; never empty.</summary>
    public IReadOnlyList<ProxyServer> For(ProxyPurpose purpose)
    {
        IReadOnlyList<ProxyServer>? servers = purpose switch
        {
            ProxyPurpose.Http => Http ?? All,
            ProxyPurpose.Https => Https ?? All,
            _ => All,
        };
        return servers is { Count: > 0 } ? servers : DirectOnly;
    }

    /// <summary>Whether another name at the same address and port may go another way.</summary>
    internal bool DependsOnName(ProxyPurpose purpose) =>
        Pac is not null || NoProxy?.HasNames == true
        || (purpose == ProxyPurpose.Other && For(ProxyPurpose.Https) != For(purpose));

    /// <summary>One line without credentials.</summary>
    public override string ToString()
    {
        List<string> parts = [];
        Add(parts, "http", Http);
        Add(parts, "https", Https);
        Add(parts, "all", All);
        if (Pac is not null)
        {
            parts.Add($"pac {ProxyServer.WithoutCredentials(Pac)}");
        }

        return parts.Count == 0 ? "direct" : string.Join(", ", parts);
    }

    private static bool Names(IReadOnlyList<ProxyServer>? servers) =>
        servers is not null && servers.Any(server => server.Kind != ProxyServerKind.Direct);

    private static void Add(List<string> parts, string name, IReadOnlyList<ProxyServer>? servers)
    {
        if (servers is { Count: > 0 })
        {
            parts.Add($"{name} {string.Join(" or ", servers)}");
        }
    }
}
