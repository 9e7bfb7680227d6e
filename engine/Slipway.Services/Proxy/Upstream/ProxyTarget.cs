namespace Slipway.Services;

/// <summary>Where a connection is to end.</summary>
/// <param name="Purpose">What it is for.</param>
/// <param name="Host">A name, or an address in text without brackets.</param>
/// <param name="Port">1 to 65535.</param>
public readonly record struct ProxyTarget(ProxyPurpose Purpose, string Host, int Port);
