using System.Net;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// Answers as the host's resolver does. Where nsswitch.conf says `files dns`, that is /etc/hosts
/// and then the name servers of resolv.conf, which are asked directly. Elsewhere addresses come
/// from getaddrinfo, which knows the rest (systemd-resolved, mDNS, LDAP), and all else from the
/// name servers.
/// </summary>
internal sealed class HostResolver : IDisposable
{
    /// <summary>getaddrinfo tells no TTL: its answers are kept this long at most.</summary>
    public const uint LookupTtlSeconds = 5;

    private readonly DnsSettings _settings;
    private readonly DnsCounters _counters;
    private readonly WatchedFile<ResolverConfiguration> _resolver;
    private readonly WatchedFile<HostsFile> _hosts;
    private readonly WatchedFile<NameServiceSwitch> _switch;
    private readonly ResolverConfiguration? _fixed;
    private readonly AddressLookup _lookup;
    private readonly Dictionary<IPEndPoint, NameServer> _servers = [];
    private readonly Lock _lock = new();
    private readonly ResponseCache _cache;

    // The longest names first.
    private readonly List<(byte[] Name, ServerGroup Servers)> _domains = [];

    // What the files said when somebody last asked, and the servers of that.
    private NameServiceSwitch? _order;
    private ResolverConfiguration? _current;
    private ServerGroup? _currentServers;

    public HostResolver(DnsSettings settings, DnsCounters counters)
    {
        _settings = settings;
        _counters = counters;
        TimeSpan interval = settings.FileCheckInterval;
        _resolver = new(settings.ResolverConfigurationPath, interval, ResolverConfiguration.Parse);
        _hosts =
            new(settings.HostsPath, interval, text => HostsFile.Parse(text, settings.HostAlias));
        _switch = new(settings.NameServiceSwitchPath, interval, NameServiceSwitch.Parse);
        _fixed = settings.NameServers.Count > 0
            ? ResolverConfiguration.Of(settings.NameServers) : null;
        _lookup = new AddressLookup(settings.MaxLookups, settings.MaxOutstanding);
        _cache = new ResponseCache(settings);
        foreach (DnsDomain domain in settings.Domains)
        {
            _domains.Add((
                LocalNames.Encode(domain.Name),
                ServerGroup.Of(domain.NameServers, settings.DeadServerTime)));
        }

        _domains.Sort((one, other) => other.Name.Length.CompareTo(one.Name.Length));
    }

    /// <summary>
    /// The response, as if to a query with this id; SERVFAIL when nobody answered.
    /// </summary>
    public async Task<byte[]> ResolveAsync(UpstreamQuery query, CancellationToken stop)
    {
        if (_hosts.Current.Find(query.Name) is LocalName known && IsAboutAddresses(query, known))
        {
            return query.Answer(known);
        }

        _ = Follow();
        DateTimeOffset now = _settings.Time.GetUtcNow();
        if (!_cache.TryFind(query, out CachedResponse? kept))
        {
            return await AskAsync(query, stop).ConfigureAwait(false)
                ?? query.Conclude(DnsResponseCode.ServerFailure);
        }

        if (kept.IsFresh(now))
        {
            _counters.CountCached();
            if (kept.IsToBeRefreshed(now))
            {
                _ = AskAsync(query, stop);
            }

            return query.Adopt(kept.At(now));
        }

        // Who answers late is of use to the next who asks.
        Task<byte[]?> asked = AskAsync(query, stop);
        Task first = await Task.WhenAny(asked, Task.Delay(_settings.StaleDelay, stop))
            .ConfigureAwait(false);
        byte[]? response = first == asked ? await asked.ConfigureAwait(false) : null;
        if (response is not null && !ServerGroup.IsFailure(response))
        {
            return response;
        }

        _counters.CountStale();
        return query.Adopt(kept.At(now));
    }

    public void Dispose()
    {
        _lookup.Dispose();
        foreach ((_, ServerGroup servers) in _domains)
        {
            servers.Close();
        }

        lock (_lock)
        {
            foreach (NameServer server in _servers.Values)
            {
                server.Dispose();
            }

            _servers.Clear();
            _currentServers = null;
        }
    }

    /// <summary>Asks others, and keeps what they say; null when nobody answers in time.</summary>
    private async Task<byte[]?> AskAsync(UpstreamQuery query, CancellationToken stop)
    {
        int generation = _cache.Generation;
        using CancellationTokenSource deadline =
            CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(_settings.QueryDeadline);
        byte[]? response;
        ServerGroup? domain = FindDomain(query.Name);
        if (domain is null && _fixed is null && query.Question.Type is DnsType.A or DnsType.Aaaa
            && !_switch.Current.IsFilesThenDns)
        {
            _counters.CountLookedUp();
            LocalName? found = await _lookup.FindAsync(
                query.Name, query.Question.Type == DnsType.A, query.Guest,
                _settings.QueryDeadline, deadline.Token)
                .ConfigureAwait(false);
            response = found is null ? null : query.Answer(found);
        }
        else
        {
            _counters.CountForwarded();
            response = await (domain ?? Follow()).AskAsync(query, deadline.Token)
                .ConfigureAwait(false);
        }

        if (response is null)
        {
            _counters.CountFailed();
            return null;
        }

        // Kept whole, whatever this guest's limit is.
        _cache.Store(query, response, generation);
        return query.Adopt(response);
    }

    private static bool IsAboutAddresses(UpstreamQuery query, LocalName known) =>
        known.Pointer is null
        ? query.Question.Type is DnsType.A or DnsType.Aaaa or DnsType.Any
        : query.Question.Type is DnsType.Ptr or DnsType.Any;

    // The servers of the longest domain that the name lies in.
    private ServerGroup? FindDomain(ReadOnlySpan<byte> name)
    {
        foreach ((byte[] domain, ServerGroup servers) in _domains)
        {
            if (DomainName.IsWithin(name, domain))
            {
                return servers;
            }
        }

        return null;
    }

    /// <summary>
    /// The host's servers as its files say. What is known of those that stay, stays; what others
    /// have answered is forgotten: other servers, or another order, may know another truth.
    /// </summary>
    private ServerGroup Follow()
    {
        NameServiceSwitch order = _switch.Current;
        ResolverConfiguration configuration = _fixed ?? _resolver.Current;
        lock (_lock)
        {
            if (_currentServers is not null && ReferenceEquals(_order, order)
                && ReferenceEquals(_current, configuration))
            {
                return _currentServers;
            }

            _cache.Clear();
            foreach (IPEndPoint gone in _servers.Keys.Except(configuration.NameServers).ToArray())
            {
                _servers[gone].Dispose();
                _servers.Remove(gone);
            }

            foreach (IPEndPoint endpoint in configuration.NameServers)
            {
                _servers.TryAdd(endpoint, new NameServer(endpoint, _settings.DeadServerTime));
            }

            _order = order;
            _current = configuration;
            _currentServers = new ServerGroup(
                configuration,
                [.. configuration.NameServers.Select(endpoint => _servers[endpoint])]);
            return _currentServers;
        }
    }
}
