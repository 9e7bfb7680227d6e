namespace Slipway.Control;

/// <summary>Where guests' proxied connections go now.</summary>
/// <param name="Upstream">
/// "direct", "off", or the upstream proxies, without passwords.
/// </param>
public sealed record ProxyReport(string Upstream);
