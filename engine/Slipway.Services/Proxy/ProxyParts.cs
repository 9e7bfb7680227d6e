namespace Slipway.Services;

/// <summary>What a front end needs of the rest of the proxy.</summary>
/// <param name="Settings">Ports, bounds and times.</param>
/// <param name="Dialer">Opens connections by the upstreams.</param>
/// <param name="MakeHandler">Makes what sends plain requests by the upstreams.</param>
/// <param name="Reach">Where guests may go.</param>
/// <param name="Log">Takes lines for the log; they hold no credentials.</param>
public sealed record ProxyParts(
    GuestProxySettings Settings, IProxyDialer Dialer, Func<HttpMessageHandler> MakeHandler,
    ProxyReach Reach, Action<string> Log);
