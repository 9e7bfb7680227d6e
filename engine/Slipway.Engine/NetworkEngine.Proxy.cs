using Slipway.Services;
using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>The proxy, put together.</summary>
public sealed partial class NetworkEngine
{
    private readonly GuestProxy? _proxy;
    private readonly ProxyUpstreams? _upstreams;

    private static GuestProxy? MakeProxy(
        EngineConfiguration configuration, StackSettings settings, DnsServer names,
        EngineEnvironment environment, IEngineLog log, out ProxyUpstreams? upstreams)
    {
        upstreams = null;
        GuestProxyConfiguration proxy = configuration.Proxy;
        if (!proxy.IsEnabled)
        {
            return null;
        }

        ProxyReach reach = new(settings, names);
        upstreams = MakeUpstreams(configuration, reach, log);
        ProxyParts parts = new(
            new GuestProxySettings
            {
                Port = proxy.Port,
                SocksPort = proxy.SocksPort,
                TransparentPorts = proxy.TransparentPorts,
                MaxStreams = configuration.Limits.ProxyStreams,
                MaxStreamsPerGuest = configuration.Limits.ProxyStreamsPerGuest,
            },
            upstreams, upstreams, reach,
            new BoundedLines(
                line => log.Write(LogLevel.Warning, line), TimeProvider.System).Write);
        return new GuestProxy(parts, environment.HttpRequests?.Invoke(parts));
    }

    // The one place where it is decided by what the proxy dials.
    private static ProxyUpstreams MakeUpstreams(
        EngineConfiguration configuration, ProxyReach reach, IEngineLog log) =>
        ProxyUpstreams.Create(
            configuration.ProxyUpstream, reach.ResolveAsync,
            line => log.Write(LogLevel.Information, line));
}
