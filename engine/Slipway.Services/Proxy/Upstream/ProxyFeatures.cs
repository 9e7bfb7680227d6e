using System.Diagnostics.CodeAnalysis;

namespace Slipway.Services;

/// <summary>
/// What a build may leave out of the proxy path, with the libraries that it stands on: the C
/// library does, which would be three times as large (Slipway.Abi.csproj).
/// </summary>
public static class ProxyFeatures
{
    /// <summary>PAC files: a JavaScript engine, and an HTTP client that fetches them.</summary>
    [FeatureSwitchDefinition("Slipway.Proxy.Scripts")]
    public static bool HasScripts =>
        !AppContext.TryGetSwitch("Slipway.Proxy.Scripts", out bool isOn) || isOn;

    /// <summary>Upstream proxies that are spoken to inside TLS.</summary>
    [FeatureSwitchDefinition("Slipway.Proxy.Tls")]
    public static bool HasTls =>
        !AppContext.TryGetSwitch("Slipway.Proxy.Tls", out bool isOn) || isOn;

    /// <summary>The desktop's settings, which a child process tells.</summary>
    [FeatureSwitchDefinition("Slipway.Proxy.Desktop")]
    public static bool HasDesktop =>
        !AppContext.TryGetSwitch("Slipway.Proxy.Desktop", out bool isOn) || isOn;
}
