namespace Slipway.Services;

/// <summary>What the DNS server counts; from several threads, each number whole.</summary>
public sealed class DnsCounters
{
    private long _queries;
    private long _malformed;
    private long _answeredLocally;
    private long _forwarded;
    private long _merged;
    private long _lookedUp;
    private long _failed;
    private long _dropped;
    private long _cached;
    private long _stale;
    private long _refreshed;
    private long _retried;
    private long _limited;

    /// <summary>Messages from guests.</summary>
    public long Queries => Volatile.Read(ref _queries);

    /// <summary>Too short for an answer, responses, or answered by FORMERR.</summary>
    public long Malformed => Volatile.Read(ref _malformed);

    /// <summary>Answered without asking anybody.</summary>
    public long AnsweredLocally => Volatile.Read(ref _answeredLocally);

    /// <summary>Passed on to name servers.</summary>
    public long Forwarded => Volatile.Read(ref _forwarded);

    /// <summary>Waited for the answer to the same query.</summary>
    public long Merged => Volatile.Read(ref _merged);

    /// <summary>Asked of getaddrinfo.</summary>
    public long LookedUp => Volatile.Read(ref _lookedUp);

    /// <summary>Ended in SERVFAIL here: nobody answered in time.</summary>
    public long Failed => Volatile.Read(ref _failed);

    /// <summary>Over the bound of outstanding queries.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Answered from what was kept and holds still.</summary>
    public long Cached => Volatile.Read(ref _cached);

    /// <summary>Answered from what has run out, as nobody answered in time.</summary>
    public long Stale => Volatile.Read(ref _stale);

    /// <summary>Asked anew before the answer that is kept ran out.</summary>
    public long Refreshed => Volatile.Read(ref _refreshed);

    /// <summary>Asked anew while they waited, as the host's servers or network changed.</summary>
    public long Retried => Volatile.Read(ref _retried);

    /// <summary>Not answered, since the guest was told too much in this second.</summary>
    public long Limited => Volatile.Read(ref _limited);

    internal void CountQuery() => Interlocked.Increment(ref _queries);

    internal void CountMalformed() => Interlocked.Increment(ref _malformed);

    internal void CountLocal() => Interlocked.Increment(ref _answeredLocally);

    internal void CountForwarded() => Interlocked.Increment(ref _forwarded);

    internal void CountMerged() => Interlocked.Increment(ref _merged);

    internal void CountLookedUp() => Interlocked.Increment(ref _lookedUp);

    internal void CountFailed() => Interlocked.Increment(ref _failed);

    internal void CountCached() => Interlocked.Increment(ref _cached);

    internal void CountStale() => Interlocked.Increment(ref _stale);

    internal void CountRefreshed() => Interlocked.Increment(ref _refreshed);

    internal void CountRetried() => Interlocked.Increment(ref _retried);

    public void CountLimited() => Interlocked.Increment(ref _limited);

    internal void CountDropped() => Interlocked.Increment(ref _dropped);
}
