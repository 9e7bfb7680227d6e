namespace Slipway.Engine;

/// <summary>
/// Ports of the gateway that the engine's own services have, by TCP, UDP or both.
/// </summary>
internal static class GatewayPorts
{
    /// <summary>The service's name; null for a port that is free.</summary>
    public static string? OwnerOf(ushort port, GuestProxyConfiguration proxy) => port switch
    {
        53 => "DNS",
        67 => "DHCP",
        547 => "DHCPv6",
        _ when proxy.IsEnabled && port == proxy.SocksPort => "the SOCKS proxy",
        _ when proxy.IsEnabled && port == proxy.Port => "the HTTP proxy",
        _ => null,
    };
}
