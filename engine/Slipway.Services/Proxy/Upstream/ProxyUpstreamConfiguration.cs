namespace Slipway.Services;

/// <summary>Which sources of settings are followed, and how upstreams are dialed.</summary>
public sealed record ProxyUpstreamConfiguration
{
    /// <summary>What the configuration says; null where it says nothing.</summary>
    public ProxySettings? Configured { get; init; }

    /// <summary>A file in vpnkit's JSON form that is followed; null for none.</summary>
    public string? File { get; init; }

    /// <summary>Whether the desktop's settings are followed where the host has any.</summary>
    public bool Desktop { get; init; } = true;

    /// <summary>Whether http_proxy and its like are taken from the environment.</summary>
    public bool Environment { get; init; } = true;

    /// <summary>PEM certificates that https:// upstreams are verified by instead of the host's.
    /// </summary>
    public string? CaFile { get; init; }

    /// <summary>What counts where a PAC file fails.</summary>
    public PacFailure PacFailure { get; init; }

    /// <summary>Who runs PAC files; null for this process itself.</summary>
    public ResolverProcess? Scripts { get; init; }

    /// <summary>The longest that a TCP connect may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest that TLS and the proxy's answer may take together.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A connection whose descriptor has this number or one beyond is given up: the last ones are
    /// for those who keep the engine in hand.
    /// </summary>
    public int DescriptorCeiling { get; init; } = int.MaxValue;

    /// <summary>How long an upstream that failed stands behind the others.</summary>
    public TimeSpan DeadTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often files are looked at while nobody connects.</summary>
    public TimeSpan FileCheckInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often a PAC file is fetched again from its URL.</summary>
    public TimeSpan PacRefreshInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The command that tells the desktop's settings.</summary>
    internal string SettingsCommand { get; init; } = "gsettings";

    /// <summary>The environment; the process's own by default.</summary>
    internal Func<string, string?> ReadVariable { get; init; } =
        System.Environment.GetEnvironmentVariable;

    internal TimeProvider Time { get; init; } = SteadyTime.Shared;
}
