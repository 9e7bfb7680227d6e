namespace Slipway.Services;

/// <summary>
/// Follows whom the host asks: its files, its links' domains as systemd-resolved knows them, and
/// its network.
/// </summary>
/// <remarks>
/// Theory of operation. While anybody asks, and for a while after, a timer looks at the files; a
/// query that comes after a pause looks itself. Where something has changed, another
/// <see cref="UpstreamView"/> takes the place of the last one, which is superseded: queries that
/// wait are asked anew. What is known of servers that stay, stays, unless the network has changed:
/// then sockets may be bound to addresses that are gone, and a server that was dead may be near.
/// </remarks>
internal sealed class UpstreamDirectory : IDisposable
{
    // Longer than a query waits.
    private static readonly TimeSpan s_idleTime = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_shortestInterval = TimeSpan.FromMilliseconds(100);

    private readonly DnsSettings _settings;
    private readonly Action _changed;
    private readonly WatchedFile<ResolverConfiguration> _resolver;
    private readonly WatchedFile<HostsFile> _hosts;
    private readonly WatchedFile<NameServiceSwitch> _switch;
    private readonly ResolverConfiguration? _fixed;
    private readonly ResolvedDomains? _resolved;
    private readonly NetworkFingerprint _network = new();
    private readonly Dictionary<NameServerEndpoint, NameServer> _servers = [];
    private readonly Lock _lock = new();
    private readonly Timer _timer;
    private readonly long _peekMs;
    private CancellationTokenSource _superseding = new();
    private UpstreamView? _view;
    private UpstreamSources _sources;
    private long _checkedMs;
    private long _usedMs;
    private bool _isTimed;
    private bool _isDisposed;

    /// <param name="settings">Paths, intervals, and servers that are fixed.</param>
    /// <param name="changed">
    /// Called when others are asked, who may know another truth; before anybody asks them.
    /// </param>
    public UpstreamDirectory(DnsSettings settings, Action changed)
    {
        _settings = settings;
        _changed = changed;
        TimeSpan interval = settings.FileCheckInterval;
        _resolver = new(settings.ResolverConfigurationPath, interval, ResolverConfiguration.Parse);
        _hosts =
            new(settings.HostsPath, interval, text => HostsFile.Parse(text, settings.HostAlias));
        _switch = new(settings.NameServiceSwitchPath, interval, NameServiceSwitch.Parse);
        _fixed = settings.NameServers.Count > 0
            ? ResolverConfiguration.Of(settings.NameServers) : null;
        _resolved = DnsFeatures.HasResolved && settings.UsesResolved && _fixed is null
            ? new ResolvedDomains(settings.BusAddress, CheckSoon, settings.DebugLog) : null;
        _timer = new Timer(static state => ((UpstreamDirectory)state!).OnTimer(), this,
            Timeout.Infinite, Timeout.Infinite);
        _peekMs = 3 * (long)interval.TotalMilliseconds;
    }

    private TimeSpan Interval => _settings.FileCheckInterval > s_shortestInterval
        ? _settings.FileCheckInterval : s_shortestInterval;

    /// <summary>Whom to ask, as the files said an interval ago at most. May read them.</summary>
    /// <exception cref="OperationCanceledException">The server stops.</exception>
    public UpstreamView Current
    {
        get
        {
            lock (_lock)
            {
                Volatile.Write(ref _usedMs, Environment.TickCount64);
                if (!_isTimed && !_isDisposed)
                {
                    _isTimed = true;
                    _timer.Change(Interval, Interval);
                }

                return Follow();
            }
        }
    }

    /// <summary>The same without a look at any file; null where one is due.</summary>
    public UpstreamView? Peek()
    {
        long now = Environment.TickCount64;
        if (now - Volatile.Read(ref _checkedMs) >= _peekMs)
        {
            return null;
        }

        Volatile.Write(ref _usedMs, now);
        return Volatile.Read(ref _view);
    }

    /// <summary>
    /// The host's addresses or routes have changed: no server counts as dead any more, and where
    /// the way to one is another, all that waits is asked anew.
    /// </summary>
    public void OnNetworkChanged()
    {
        lock (_lock)
        {
            if (_view is null || _isDisposed)
            {
                return; // nobody has asked yet
            }

            if (!_network.HasChanged(_servers.Keys))
            {
                foreach (NameServer server in _servers.Values)
                {
                    server.Revive();
                }

                return;
            }

            NameServer[] old = [.. _servers.Values];
            _servers.Clear();
            _view = null;
            Follow();
            Array.ForEach(old, server => server.Dispose());
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _timer.Dispose();
            _resolved?.Dispose();
            foreach (NameServer server in _servers.Values)
            {
                server.Dispose();
            }

            _servers.Clear();
        }
    }

    private void OnTimer()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            long now = Environment.TickCount64;
            if (now - Volatile.Read(ref _usedMs) > s_idleTime.TotalMilliseconds)
            {
                _isTimed = false;
                _timer.Change(Timeout.Infinite, Timeout.Infinite);
                return;
            }

            Follow();
        }
    }

    // What D-Bus told last is there to be read; its own thread does not build.
    private void CheckSoon() => ThreadPool.UnsafeQueueUserWorkItem(
        static directory => directory.OnTimer(), this, preferLocal: false);

    private UpstreamView Follow()
    {
        if (_isDisposed)
        {
            throw new OperationCanceledException();
        }

        HostsFile hosts = _hosts.Current;
        NameServiceSwitch order = _switch.Current;
        ResolverConfiguration configuration = _fixed ?? _resolver.Current;
        bool isByResolved = order.HasResolved || configuration.IsResolved;
        UpstreamSources sources = new(
            order, configuration,
            isByResolved && _resolved is not null ? _resolved.Current : ResolvedDomains.None);
        if (_view is UpstreamView view && sources.IsSameAs(_sources))
        {
            if (!ReferenceEquals(view.Hosts, hosts))
            {
                _view = view with { Hosts = hosts };
            }

            Volatile.Write(ref _checkedMs, Environment.TickCount64);
            return _view;
        }

        CancellationTokenSource old = _superseding;
        _superseding = new CancellationTokenSource();
        _sources = sources;
        _changed();
        UpstreamView made = Build(hosts, sources);
        Volatile.Write(ref _view, made);
        Volatile.Write(ref _checkedMs, Environment.TickCount64);
        _ = old.CancelAsync();
        CloseUnused(sources);
        _network.HasChanged(_servers.Keys); // what it is compared with from now on
        return made;
    }

    private UpstreamView Build(HostsFile hosts, in UpstreamSources sources)
    {
        List<(byte[] Name, ServerGroup Servers)> domains = [];
        foreach (DnsDomain domain in _settings.Domains.Concat(sources.Links))
        {
            byte[] name = LocalNames.Encode(domain.Name);
            if (!domains.Exists(other => Wire.DomainName.Same(other.Name, name)))
            {
                domains.Add((name, GroupOf(ResolverConfiguration.Of(domain.NameServers))));
            }
        }

        domains.Sort((one, other) => other.Name.Length.CompareTo(one.Name.Length));
        return new UpstreamView(
            hosts, _fixed is null && !sources.Order.IsFilesThenDns,
            GroupOf(sources.Configuration), domains, _superseding.Token);
    }

    private ServerGroup GroupOf(ResolverConfiguration configuration)
    {
        List<NameServer> servers = [];
        foreach (NameServerEndpoint endpoint in configuration.NameServers)
        {
            if (!_servers.TryGetValue(endpoint, out NameServer? server))
            {
                server = new NameServer(endpoint, _settings);
                _servers.Add(endpoint, server);
            }

            servers.Add(server);
        }

        return new ServerGroup(configuration, servers);
    }

    private void CloseUnused(UpstreamSources sources)
    {
        HashSet<NameServerEndpoint> used =
        [
            .. sources.Configuration.NameServers,
            .. _settings.Domains.Concat(sources.Links).SelectMany(domain => domain.NameServers),
        ];
        foreach (NameServerEndpoint gone in _servers.Keys.Except(used).ToList())
        {
            _servers[gone].Dispose();
            _servers.Remove(gone);
        }
    }

    // Compared by reference: each is the same object until it changes.
    private readonly record struct UpstreamSources(
        NameServiceSwitch Order, ResolverConfiguration Configuration,
        IReadOnlyList<DnsDomain> Links)
    {
        public bool IsSameAs(in UpstreamSources other) =>
            ReferenceEquals(Order, other.Order)
            && ReferenceEquals(Configuration, other.Configuration)
            && ReferenceEquals(Links, other.Links);
    }
}
