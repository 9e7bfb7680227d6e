namespace Slipway.Services;

/// <summary>Where a connection is to end.</summary>
/// <param name="Purpose">What it is for.</param>
/// <param name="Host">A name, or an address in text without brackets.</param>
/// <param name="Port">1 to 65535.</param>
/// <param name="Address">
/// The address that a guest connects to, which knows of no proxy; null where there is none. It is
/// where a direct connection goes, unless an allow list has judged the host.
/// </param>
public readonly record struct ProxyTarget(
    ProxyPurpose Purpose, string Host, int Port, string? Address = null);
