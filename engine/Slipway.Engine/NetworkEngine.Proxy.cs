using Slipway.Host;
using Slipway.Services;
using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>The proxy, put together.</summary>
public sealed partial class NetworkEngine
{
    private readonly GuestProxy? _proxy;
    private readonly ProxyUpstreams? _upstreams;

    /// <summary>
    /// Where guests' proxied connections go now, as one line without passwords; from any thread.
    /// </summary>
    public string ProxyNow => _upstreams?.Follower.Current.ToString() ?? "off";

    /// <summary>
    /// Says where they go from the next connection on, before all other sources; from any thread.
    /// </summary>
    /// <param name="json">
    /// As the configuration's "proxy": {"all": ["http://proxy.example:3128", "direct"], "noProxy":
    /// "corp.example"}; null for what the other sources say.
    /// </param>
    /// <exception cref="ConfigurationException">It is wrong, or the proxy is off.</exception>
    public void SetProxy(string? json)
    {
        ProxyFollower follower = Upstreams().Follower;
        ProxySettings? settings = json is null ? null : ConfigurationReader.ParseProxy(json);
        RefuseWhatIsLeftOut(settings);
        follower.Set(settings);
    }

    private ProxyUpstreams Upstreams() => _upstreams ?? throw new ConfigurationException(
        "proxy.enabled", "false", "leaves no proxy to set; start the engine with it");

    /// <summary>
    /// Puts other upstreams in the place of the configured ones; those of <see cref="SetProxy"/>
    /// still go before.
    /// </summary>
    /// <exception cref="ConfigurationException">This build lacks what they need, or the proxy is
    /// off.</exception>
    public void ConfigureProxy(ProxySettings? settings)
    {
        RefuseWhatIsLeftOut(settings);
        Upstreams().Follower.Configure(settings);
        _configuration = _configuration with
        {
            ProxyUpstream = _configuration.ProxyUpstream with { Configured = settings },
        };
    }

    private GuestProxy? MakeProxy(
        EngineConfiguration configuration, StackSettings settings, DnsServer names,
        EngineEnvironment environment, IEngineLog log, out ProxyUpstreams? upstreams)
    {
        upstreams = null;
        GuestProxyConfiguration proxy = configuration.Proxy;
        if (!proxy.IsEnabled)
        {
            return null;
        }

        RefuseWhatIsLeftOut(configuration.ProxyUpstream.Configured);
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

    // Said at the start: a PAC file that is not run would let past what it sends to a proxy.
    private static void RefuseWhatIsLeftOut(ProxySettings? settings)
    {
        if (!ProxyFeatures.HasScripts && settings?.Pac is string pac)
        {
            throw new ConfigurationException(
                "proxy.pac", pac, "is a script, and this build runs none; name upstream proxies");
        }

        foreach (ProxyServer server in (IEnumerable<ProxyServer>)
            [.. settings?.Http ?? [], .. settings?.Https ?? [], .. settings?.All ?? []])
        {
            if (!ProxyFeatures.HasTls && server.Kind == ProxyServerKind.Https)
            {
                throw new ConfigurationException(
                    "proxy", server.ToString(),
                    "is reached by TLS, which this build leaves out; name one that is not");
            }
        }
    }

    // The one place where it is decided by what the proxy dials.
    private ProxyUpstreams MakeUpstreams(
        EngineConfiguration configuration, ProxyReach reach, IEngineLog log) =>
        ProxyUpstreams.Create(
            configuration.ProxyUpstream with
            {
                Scripts = _scriptProcess,
                DescriptorCeiling = DescriptorReserve.CeilingFor(
                    configuration.Limits.ReservedDescriptors),
            },
            reach.ResolveAsync,
            line => log.Write(LogLevel.Information, line));
}
