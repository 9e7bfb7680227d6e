using System.Buffers;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// The DNS server on the gateway.
/// <para>
/// Theory of operation. A query is answered at once from the names that are known here
/// (<see cref="TryAnswer"/>, on the worker: no lock, nothing allocated for built-in and configured
/// names). For all else others are asked, on the thread pool
/// (<see cref="AskAsync"/>), as the host's resolver would ask them. What waits is bounded, in all
/// and for each guest; over the bound a query is dropped, and its sender asks again. The same query
/// asked again while it waits (stubs do that) joins the first.
/// </para>
/// </summary>
public sealed partial class DnsServer : IDisposable
{
    private readonly DnsSettings _settings;
    private readonly LocalNames _names;
    private readonly HostResolver _resolver;
    private readonly GuestQuota _queries;
    private readonly GuestQuota _streams;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<byte[], Task<byte[]>> _inFlight = new(OctetsComparer.Instance);
    private readonly Lock _inFlightLock = new();

    /// <param name="settings">What is answered and who is asked.</param>
    /// <param name="leases">The guests' names; null for none.</param>
    /// <exception cref="ArgumentException">A configured name is no domain name.</exception>
    public DnsServer(DnsSettings settings, params ReadOnlySpan<ILeaseNames?> leases)
    {
        _settings = settings;
        List<ILeaseNames> known = [];
        foreach (ILeaseNames? one in leases)
        {
            if (one is not null)
            {
                known.Add(one);
            }
        }

        _names = new LocalNames(settings, known);
        _resolver = new HostResolver(settings, Counters);
        _queries = new GuestQuota(
            "dnsQueries", settings.MaxOutstanding, settings.MaxOutstandingPerGuest);
        _streams = new GuestQuota(
            "dnsStreams", settings.MaxStreams, settings.MaxStreamsPerGuest);
    }

    public DnsCounters Counters { get; } = new();

    /// <summary>Queries that others are asked about now; the same ones are one.</summary>
    internal int InFlightCount
    {
        get
        {
            lock (_inFlightLock)
            {
                return _inFlight.Count;
            }
        }
    }

    /// <summary>True while others are asked about a query.</summary>
    internal bool IsInFlight(byte[] query, bool overTcp)
    {
        lock (_inFlightLock)
        {
            return _inFlight.ContainsKey(KeyOf(query, overTcp));
        }
    }

    /// <summary>Names that are asked anew before what is kept runs out.</summary>
    internal int RefreshingCount => _resolver.RefreshingCount;

    /// <summary>What guests may have here at a time, and what was refused.</summary>
    public IReadOnlyList<BoundReport> Bounds => [_queries.Report(), _streams.Report()];

    /// <summary>
    /// By what name guests have found an address of the outside last; null for by none. For
    /// display: whoever answers for a name says what its addresses are. From any thread.
    /// </summary>
    public string? FindName(IpAddress address) => _resolver.Seen.Find(address);

    /// <summary>Answers at once, if this server itself can. For the worker: never waits.</summary>
    /// <param name="query">The message, without the length that TCP puts before it.</param>
    /// <param name="response">At least 512 bytes; the response is cut (TC) to what fits.</param>
    public DnsDisposition TryAnswer(
        ReadOnlySpan<byte> query, bool overTcp, Span<byte> response, out int lengthBytes)
    {
        Counters.CountQuery();
        lengthBytes = 0;
        Span<byte> name = stackalloc byte[DomainName.MaxLengthBytes];
        if (!DnsQuery.TryRead(query, overTcp, name, out DnsQuery read, out DnsResponseCode code))
        {
            Counters.CountMalformed();
            return DnsDisposition.Dropped;
        }

        if (code != DnsResponseCode.NoError)
        {
            if (code == DnsResponseCode.FormatError)
            {
                Counters.CountMalformed();
            }

            lengthBytes = read.WriteCode(code, response);
            return DnsDisposition.Answered;
        }

        LocalName? known = _names.Find(read.Name);
        if (known?.Alias is not null && read.Question.Type is not (DnsType.Cname or DnsType.Any))
        {
            return TryAnswerAlias(read, known, response, out lengthBytes);
        }

        if (known is not null)
        {
            Counters.CountLocal();
            lengthBytes = LocalAnswer.Write(read, known, authoritative: true, response);
            return DnsDisposition.Answered;
        }

        return _resolver.TryAnswer(read, response, out lengthBytes)
            ? DnsDisposition.Answered : DnsDisposition.Unknown;
    }

    /// <summary>Answers, by asking others if need be.</summary>
    /// <param name="query">The message; it is copied before this returns.</param>
    /// <param name="link">Who asks: one guest's queries are bounded.</param>
    /// <returns>The response, or null: it is dropped.</returns>
    public ValueTask<byte[]?> AnswerAsync(
        ReadOnlyMemory<byte> query, int link, bool overTcp, CancellationToken stop = default)
    {
        byte[] response = ArrayPool<byte>.Shared.Rent(
            overTcp ? DnsMessage.MaxLengthBytes : DnsEdns.MinimumUdpSizeBytes * 8);
        DnsDisposition disposition = TryAnswer(query.Span, overTcp, response, out int length);
        byte[]? answer = disposition == DnsDisposition.Answered ? response[..length] : null;
        ArrayPool<byte>.Shared.Return(response);
        return disposition == DnsDisposition.Unknown
            ? AskAsync(query, link, overTcp, stop) : ValueTask.FromResult(answer);
    }

    /// <summary>Asks others about a query of which <see cref="TryAnswer"/> said Unknown.</summary>
    /// <param name="query">The message; it is copied before this returns.</param>
    /// <returns>The response, on the thread pool; or null at once: it is dropped.</returns>
    public ValueTask<byte[]?> AskAsync(
        ReadOnlyMemory<byte> query, int link, bool overTcp, CancellationToken stop = default)
    {
        if (!_queries.TryEnter(link))
        {
            Counters.CountDropped();
            return ValueTask.FromResult<byte[]?>(null);
        }

        return new ValueTask<byte[]?>(AskOthersAsync(query.ToArray(), link, overTcp, stop));
    }

    /// <summary>
    /// The host's addresses or routes have changed: who is asked may be reached another way, or not
    /// be the one to ask any more. From any thread; returns at once.
    /// </summary>
    public void OnNetworkChanged() => _resolver.OnNetworkChanged();

    /// <summary>Ends what waits: it fails.</summary>
    public void Dispose()
    {
        _stopping.Cancel();
        _resolver.Dispose();
    }

    private DnsDisposition TryAnswerAlias(
        in DnsQuery query, LocalName known, Span<byte> response, out int lengthBytes)
    {
        LocalName? last = known;
        AliasChain aliases = AliasChain.Follow(_names, ref last);
        lengthBytes = 0;
        if (last is null)
        {
            return DnsDisposition.Unknown;
        }

        Counters.CountLocal();
        lengthBytes = aliases.IsEndless
            ? query.WriteCode(DnsResponseCode.ServerFailure, response)
            : LocalAnswer.Write(query, aliases, last, response);
        return DnsDisposition.Answered;
    }

    private async Task<byte[]?> AskOthersAsync(
        byte[] bytes, int link, bool overTcp, CancellationToken stop)
    {
        // Files, locks and sockets are not for the worker.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            Task<byte[]> task = Join(bytes, link, overTcp);
            byte[] response = await task.WaitAsync(stop).ConfigureAwait(false);

            // Each who waits for the same answer has an id of its own.
            byte[] own = response.AsSpan().ToArray();
            bytes.AsSpan(0, 2).CopyTo(own);
            return own;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        finally
        {
            _queries.Leave(link);
        }
    }

    /// <summary>Begins to resolve a query, or joins those who wait for the same one.</summary>
    private Task<byte[]> Join(byte[] bytes, int link, bool overTcp)
    {
        byte[] key = KeyOf(bytes, overTcp);
        lock (_inFlightLock)
        {
            if (_inFlight.TryGetValue(key, out Task<byte[]>? running))
            {
                Counters.CountMerged();
                return running;
            }

            Task<byte[]> task = ResolveAsync(key, bytes, link, overTcp);
            if (!task.IsCompleted)
            {
                _inFlight[key] = task;
            }

            return task;
        }
    }

    // All bytes but the id, which makes room for the transport.
    private static byte[] KeyOf(byte[] query, bool overTcp)
    {
        byte[] key = query.AsSpan().ToArray();
        key[0] = overTcp ? (byte)1 : (byte)0;
        key[1] = 0;
        return key;
    }

    private async Task<byte[]> ResolveAsync(
        byte[] key, byte[] bytes, int link, bool overTcp)
    {
        // Yields first, so that it is in the table before it can end.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            UpstreamQuery query = Read(bytes, link, overTcp);
            LocalName? known = _names.Find(query.Name);
            if (known?.Alias is null)
            {
                return await ResolveOutsideAsync(query).ConfigureAwait(false);
            }

            AliasChain aliases = AliasChain.Follow(_names, ref known);
            byte[] told = await ResolveOutsideAsync(
                AliasedResponse.ToTarget(query, aliases.Target)).ConfigureAwait(false);
            return AliasedResponse.Join(query, aliases, told);
        }
        finally
        {
            lock (_inFlightLock)
            {
                _inFlight.Remove(key);
            }
        }
    }

    private async Task<byte[]> ResolveOutsideAsync(UpstreamQuery query)
    {
        byte[] response = await _resolver.ResolveAsync(query, _stopping.Token)
            .ConfigureAwait(false);
        return _settings.Ipv6?.Nat64Prefix is IpPrefix prefix
            && Dns64.IsWanted(query.Question.Type, response)
            ? await MapAsync(query, prefix).ConfigureAwait(false) ?? response : response;
    }

    /// <summary>The name's IPv4 addresses under the prefix of NAT64; null if it has none.</summary>
    private async Task<byte[]?> MapAsync(UpstreamQuery query, IpPrefix prefix)
    {
        byte[] other = Dns64.ToAddressQuery(query.Bytes, query.Question.EndOffset);
        byte[] answer = await _resolver
            .ResolveAsync(Read(other, query.Link, query.OverTcp), _stopping.Token)
            .ConfigureAwait(false);
        return Dns64.Map(answer, prefix) is LocalName known ? query.Answer(known) : null;
    }

    private static UpstreamQuery Read(byte[] bytes, int link, bool overTcp)
    {
        byte[] name = new byte[DomainName.MaxLengthBytes];
        DnsQuery.TryRead(bytes, overTcp, name, out DnsQuery query, out _);
        return new UpstreamQuery(
            bytes, query.Name.ToArray(), query.Question, query.Edns, overTcp, link);
    }
}
