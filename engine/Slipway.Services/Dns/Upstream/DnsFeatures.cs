using System.Diagnostics.CodeAnalysis;

namespace Slipway.Services;

/// <summary>
/// What a build may leave out, with the libraries that it stands on: the C library does, which
/// would be twice as large (Slipway.Abi.csproj).
/// </summary>
public static class DnsFeatures
{
    /// <summary>DNS over TLS.</summary>
    [FeatureSwitchDefinition("Slipway.Dns.Tls")]
    public static bool HasTls =>
        !AppContext.TryGetSwitch("Slipway.Dns.Tls", out bool isOn) || isOn;

    /// <summary>The domains of systemd-resolved's links, over D-Bus.</summary>
    [FeatureSwitchDefinition("Slipway.Dns.Resolved")]
    public static bool HasResolved =>
        !AppContext.TryGetSwitch("Slipway.Dns.Resolved", out bool isOn) || isOn;
}
