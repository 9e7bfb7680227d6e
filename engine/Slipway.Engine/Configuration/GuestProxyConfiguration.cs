namespace Slipway.Engine;

/// <summary>The proxy on the gateway.</summary>
public sealed record GuestProxyConfiguration
{
    public bool IsEnabled { get; init; } = true;

    /// <summary>The port of HTTP; 0 for none.</summary>
    public int Port { get; init; } = 3_128;

    /// <summary>The port of SOCKS5; 0 for none.</summary>
    public int SocksPort { get; init; } = 1_080;

    /// <summary>Ports that are intercepted while an upstream proxy is set.</summary>
    public IReadOnlyList<int> TransparentPorts { get; init; } = [80, 443];
}
