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

    /// <summary>Hot names that are asked anew at the same time.</summary>
    private const int MaxRefreshing = 32;

    private readonly DnsSettings _settings;
    private readonly DnsCounters _counters;
    private readonly IAddressLookup _lookup;
    private readonly ResponseCache _cache;

    /// <summary>Names that were found.</summary>
    public SeenNames Seen { get; } = new();

    /// <summary>Names that are asked anew now.</summary>
    public int RefreshingCount => Volatile.Read(ref _refreshing);

    private readonly UpstreamDirectory _directory;
    private readonly CancellationTokenSource _stopping = new();
    private int _refreshing;

    public HostResolver(DnsSettings settings, DnsCounters counters)
    {
        _settings = settings;
        _counters = counters;
        _lookup = settings.AddressLookup ?? (settings.Lookups is ResolverProcess process
            ? new RemoteAddressLookup(process)
            : new AddressLookup(settings.MaxLookups, settings.MaxOutstanding));
        _cache = new ResponseCache(settings);
        _directory = new UpstreamDirectory(settings, _cache.Clear);
    }

    /// <summary>
    /// For the worker: answers from the hosts file and from what is kept, where nothing has to be
    /// waited for.
    /// </summary>
    public bool TryAnswer(in DnsQuery query, Span<byte> response, out int lengthBytes)
    {
        lengthBytes = 0;
        bool mayBeMapped =
            query.Question.Type == DnsType.Aaaa && _settings.Ipv6?.Nat64Prefix is not null;
        if (mayBeMapped || _directory.Peek() is not UpstreamView view)
        {
            return false;
        }

        if (view.Hosts.Find(query.Name) is LocalName known
            && IsAboutAddresses(query.Question.Type, known))
        {
            lengthBytes = LocalAnswer.Write(query, known, authoritative: false, response);
            return true;
        }

        DateTimeOffset now = _settings.Time.GetUtcNow();
        if (!_cache.TryFind(query, out CachedResponse? kept) || !kept.IsFresh(now))
        {
            return false;
        }

        int limitBytes = Math.Min(response.Length, query.LimitBytes);
        if (kept.LengthBytes <= limitBytes)
        {
            lengthBytes = kept.WriteAt(now, query, response);
        }
        else if (limitBytes == query.LimitBytes)
        {
            lengthBytes = query.WriteTruncated(response);
        }
        else
        {
            return false;
        }

        _counters.CountCached();
        RefreshIfHot(kept, query, now);
        return true;
    }

    /// <summary>
    /// The response, as if to a query with this id; SERVFAIL when nobody answered.
    /// </summary>
    public async Task<byte[]> ResolveAsync(UpstreamQuery query, CancellationToken stop)
    {
        UpstreamView view = _directory.Current;
        if (view.Hosts.Find(query.Name) is LocalName known
            && IsAboutAddresses(query.Question.Type, known))
        {
            return query.Answer(known);
        }

        DateTimeOffset now = _settings.Time.GetUtcNow();
        if (!_cache.TryFind(query.Read(), out CachedResponse? kept))
        {
            return await AskAsync(query, stop).ConfigureAwait(false)
                ?? query.Conclude(DnsResponseCode.ServerFailure);
        }

        if (kept.IsFresh(now))
        {
            _counters.CountCached();
            RefreshIfHot(kept, query.Read(), now);
            return query.Adopt(kept.At(now));
        }

        if (kept.HasFailedLately(now))
        {
            return TellStale(kept, query, now);
        }

        // Who answers late is of use to the next who asks.
        Task<byte[]?> asked = AskAsync(query, stop);
        Task first = await Task
            .WhenAny(asked, Task.Delay(_settings.StaleDelay, _settings.Time, stop))
            .ConfigureAwait(false);
        byte[]? response = first == asked ? await asked.ConfigureAwait(false) : null;
        if (response is not null && !ServerGroup.IsFailure(response))
        {
            return response;
        }

        kept.Fail(now);
        return TellStale(kept, query, now);
    }

    private byte[] TellStale(CachedResponse kept, UpstreamQuery query, DateTimeOffset now)
    {
        _counters.CountStale();
        if (kept.IsToBeRechecked(now) && TryBeginRefresh())
        {
            Refresh(kept, query);
        }

        return query.Adopt(kept.At(now));
    }

    /// <summary>The host's addresses or routes have changed; from any thread.</summary>
    public void OnNetworkChanged() => ThreadPool.UnsafeQueueUserWorkItem(
        static directory => directory.OnNetworkChanged(), _directory, preferLocal: false);

    public void Dispose()
    {
        _stopping.Cancel();
        _lookup.Dispose();
        _directory.Dispose();
    }

    // Asked anew before it runs out, so that who asks often never waits.
    private void RefreshIfHot(CachedResponse kept, in DnsQuery query, DateTimeOffset now)
    {
        if (kept.IsToBeRefreshed(now) && TryBeginRefresh())
        {
            Refresh(kept, UpstreamQuery.From(query, overTcp: false, link: 0));
        }
    }

    private bool TryBeginRefresh()
    {
        if (Interlocked.Increment(ref _refreshing) <= MaxRefreshing)
        {
            return true;
        }

        Interlocked.Decrement(ref _refreshing);
        return false;
    }

    // Apart, since what a lambda captures is allocated where its method begins.
    private void Refresh(CachedResponse kept, UpstreamQuery query) =>
        _ = Task.Run(() => RefreshAsync(kept, query));

    private async Task RefreshAsync(CachedResponse kept, UpstreamQuery query)
    {
        try
        {
            _counters.CountRefreshed();
            byte[]? response = await AskAsync(query, _stopping.Token).ConfigureAwait(false);
            if (response is null || ServerGroup.IsFailure(response))
            {
                kept.Fail(_settings.Time.GetUtcNow());
            }
        }
        catch (OperationCanceledException)
        {
            return; // the server stops
        }
        finally
        {
            Interlocked.Decrement(ref _refreshing);
        }
    }

    /// <summary>
    /// Asks others, and keeps what they say; null when nobody answers in time. When others are to
    /// be asked meanwhile, these are.
    /// </summary>
    private async Task<byte[]?> AskAsync(UpstreamQuery query, CancellationToken stop)
    {
        using CancellationTokenSource waited = new(_settings.QueryDeadline, _settings.Time);
        using CancellationTokenSource deadline =
            CancellationTokenSource.CreateLinkedTokenSource(stop, waited.Token);
        while (true)
        {
            // In this order: an answer of those who were asked before is not kept.
            int generation = _cache.Generation;
            UpstreamView view = _directory.Current;
            using CancellationTokenSource ending =
                CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, view.Superseded);
            byte[]? response =
                await AskAsync(view, query, ending.Token).ConfigureAwait(false);
            if (response is null && view.Superseded.IsCancellationRequested
                && !deadline.IsCancellationRequested)
            {
                _counters.CountRetried();
                continue;
            }

            if (response is null)
            {
                _counters.CountFailed();
                return null;
            }

            // Kept whole, whatever this guest's limit is.
            _cache.Store(query, response, generation);
            Seen.Note(query.Name, response);
            return query.Adopt(response);
        }
    }

    private async Task<byte[]?> AskAsync(
        UpstreamView view, UpstreamQuery query, CancellationToken stop)
    {
        ServerGroup? domain = view.FindDomain(query.Name);
        if (domain is null && view.UsesLibrary
            && query.Question.Type is DnsType.A or DnsType.Aaaa)
        {
            _counters.CountLookedUp();
            LocalName? found = await _lookup.FindAsync(
                query.Name, query.Question.Type == DnsType.A, query.Link,
                _settings.QueryDeadline, stop)
                .ConfigureAwait(false);
            return found is null ? null : query.Answer(found);
        }

        _counters.CountForwarded();
        return await (domain ?? view.Usual).AskAsync(query, stop).ConfigureAwait(false);
    }

    private static bool IsAboutAddresses(DnsType type, LocalName known) =>
        known.Pointer is null
        ? type is DnsType.A or DnsType.Aaaa or DnsType.Any
        : type is DnsType.Ptr or DnsType.Any;
}
