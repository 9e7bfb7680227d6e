using Slipway.Services;
using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>The proxy, put together.</summary>
public sealed partial class NetworkEngine
{
    private readonly GuestProxy? _proxy;

    private static GuestProxy? MakeProxy(
        EngineConfiguration configuration, StackSettings settings, DnsServer names,
        EngineEnvironment environment, IEngineLog log)
    {
        GuestProxyConfiguration proxy = configuration.Proxy;
        if (!proxy.IsEnabled)
        {
            return null;
        }

        ProxyReach reach = new(settings, names);
        DirectDialer direct = new(reach.ResolveAsync);
        ProxyParts parts = new(
            new GuestProxySettings
            {
                Port = proxy.Port,
                SocksPort = proxy.SocksPort,
                TransparentPorts = proxy.TransparentPorts,
                MaxStreams = configuration.Limits.ProxyStreams,
                MaxStreamsPerGuest = configuration.Limits.ProxyStreamsPerGuest,
            },
            MakeDialer(direct), direct, reach, line => log.Write(LogLevel.Warning, line));
        return new GuestProxy(parts, environment.HttpRequests?.Invoke(parts));
    }

    // The one place where it is decided by what the proxy dials.
    private static IProxyDialer MakeDialer(DirectDialer direct) => direct;
}
