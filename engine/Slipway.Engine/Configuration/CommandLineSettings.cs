namespace Slipway.Engine;

/// <summary>
/// What the command line says, as text. A single value replaces the configuration's; links,
/// published ports and DNS records are added to its lists, and a record's name replaces its own.
/// </summary>
public sealed record CommandLineSettings
{
    public IReadOnlyList<string> Links { get; init; } = [];

    public string? Subnet { get; init; }

    public string? Mtu { get; init; }

    public string? Workers { get; init; }

    public IReadOnlyList<string> Publish { get; init; } = [];

    public IReadOnlyList<string> Dns { get; init; } = [];

    /// <summary>Upstream proxies in the order in which they are tried; replace those of the
    /// configuration, its PAC file included.</summary>
    public IReadOnlyList<string> Proxy { get; init; } = [];

    public string? NoProxy { get; init; }

    public bool NoHostAlias { get; init; }

    public string? Ipv6 { get; init; }

    public string? Control { get; init; }

    public string? Drain { get; init; }

    public string? Ring { get; init; }

    public string? Sandbox { get; init; }

    public string? LogLevel { get; init; }

    public string? LogFormat { get; init; }

    public string? ReadyFd { get; init; }
}
