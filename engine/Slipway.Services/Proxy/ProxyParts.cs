namespace Slipway.Services;

/// <summary>What a front end needs of the rest of the proxy.</summary>
/// <param name="Settings">Ports, bounds and times.</param>
/// <param name="Dialer">Opens connections.</param>
/// <param name="Upstreams">By which plain requests are sent.</param>
/// <param name="Reach">Where guests may go.</param>
/// <param name="Log">Takes lines for the log; they hold no credentials.</param>
public sealed record ProxyParts(
    GuestProxySettings Settings, IProxyDialer Dialer, ProxyUpstreams Upstreams,
    ProxyReach Reach, Action<string> Log);
