using System.Net;

namespace Slipway.Services;

/// <summary>
/// The upstream side of the proxy path as one piece: follows the settings of all sources and opens
/// connections by them.
/// </summary>
public sealed class ProxyUpstreams : IProxyDialer, IDisposable
{
    private readonly PacEvaluator _pac;
    private readonly ProxyDialer _dialer;
    private readonly UpstreamConnector _connector;
    private readonly HostConnector _hosts;

    private ProxyUpstreams(
        ProxyUpstreamConfiguration configuration,
        Func<string, CancellationToken, ValueTask<IPAddress[]>> resolve, Action<string> report)
    {
        List<ProxySource> sources = [];
        if (configuration.File is string path)
        {
            sources.Add(new ProxyFile(path, report));
        }

        DesktopProxy? desktop = ProxyFeatures.HasDesktop && configuration.Desktop
            ? new DesktopProxy(configuration.SettingsCommand, report) : null;
        if (desktop is not null)
        {
            sources.Add(desktop);
        }

        if (configuration.Environment)
        {
            sources.Add(new EnvironmentProxy(configuration.ReadVariable, report));
        }

        Follower = new ProxyFollower(
            configuration.Configured, sources, configuration.FileCheckInterval, report);
        desktop?.Start();
        _hosts = new HostConnector(
            resolve, configuration.ConnectTimeout, configuration.DescriptorCeiling);
        _connector = new UpstreamConnector(
            _hosts, configuration.CaFile, configuration.HandshakeTimeout);
        _pac = new PacEvaluator(configuration, _hosts, report);
        _dialer = new ProxyDialer(
            Follower, new RouteChooser(_pac, configuration.PacFailure), _connector,
            new UpstreamHealth(configuration.DeadTime, configuration.Time), report);
    }

    /// <summary>The settings of the moment; takes those that are set at run time.</summary>
    public ProxyFollower Follower { get; }

    public IWebProxy WebProxy => _dialer.WebProxy;

    public bool HasUpstream => _dialer.HasUpstream;

    public bool MayBeDirect => _dialer.MayBeDirect;

    /// <summary>Begins to follow the settings.</summary>
    /// <param name="configuration">Which sources count, and the times.</param>
    /// <param name="resolve">Looks a name up, for direct connections and upstreams' own names; may
    /// be called by several threads.</param>
    /// <param name="report">Takes what a user should know, a line each, without credentials; called
    /// on any thread, must not block.</param>
    public static ProxyUpstreams Create(
        ProxyUpstreamConfiguration configuration,
        Func<string, CancellationToken, ValueTask<IPAddress[]>> resolve, Action<string> report) =>
        new(configuration, resolve, report);

    public ValueTask CheckDirectAsync(ProxyTarget target, CancellationToken stop) =>
        _dialer.CheckDirectAsync(target, stop);

    public ValueTask<PreparedConnection?> PrepareAsync(
        ProxyTarget target, CancellationToken stop) => _dialer.PrepareAsync(target, stop);

    public ValueTask<ProxyTunnel> ConnectAsync(ProxyTarget target, CancellationToken stop) =>
        _dialer.ConnectAsync(target, stop);

    /// <summary>
    /// Sends plain HTTP requests: to the target, in absolute form to an HTTP proxy, or by SOCKS;
    /// by the next upstream where one cannot be connected to.
    /// </summary>
    /// <returns>Throws <see cref="ProxyException"/> where <see cref="ConnectAsync"/> would, and
    /// what the HTTP library throws. The caller disposes it.</returns>
    public HttpMessageHandler CreateHandler() => new UpstreamHandler(_dialer, _hosts, _connector);

    public void Dispose()
    {
        Follower.Dispose();
        _pac.Dispose();
    }
}
