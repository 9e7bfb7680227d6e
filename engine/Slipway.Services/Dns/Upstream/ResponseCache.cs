using System.Diagnostics.CodeAnalysis;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// What others have answered, as long as it holds: TTLs count down, and that there is nothing is
/// kept too (RFC 2308). What has run out is kept for a while longer, for when nobody answers
/// (RFC 8767).
/// </summary>
/// <remarks>
/// Theory of operation. A response is kept for the question, the flags and the kind of EDNS that it
/// was an answer to, in any case of letters and by either transport. Queries with EDNS options are
/// neither answered nor kept: what they say may be for one client alone. Bounded by number and by
/// bytes; the one that was asked for longest ago makes room. From several threads, under a lock
/// that is held for a look.
/// </remarks>
internal sealed class ResponseCache(DnsSettings settings)
{
    private readonly Dictionary<byte[], LinkedListNode<CachedResponse>> _byKey =
        new(OctetsComparer.Instance);

    // The one that was asked for last comes first.
    private readonly LinkedList<CachedResponse> _byUse = new();
    private readonly Lock _lock = new();
    private long _bytes;

    /// <summary>Changes when all is forgotten.</summary>
    public int Generation { get; private set; }

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _byKey.Count;
            }
        }
    }

    private DateTimeOffset Now => settings.Time.GetUtcNow();

    /// <summary>What is kept for a query, fresh or stale.</summary>
    public bool TryFind(UpstreamQuery query, [NotNullWhen(true)] out CachedResponse? found)
    {
        found = null;
        if (KeyOf(query) is not byte[] key)
        {
            return false;
        }

        lock (_lock)
        {
            if (!_byKey.TryGetValue(key, out LinkedListNode<CachedResponse>? node))
            {
                return false;
            }

            if (node.Value.Expires + settings.StaleTime <= Now)
            {
                Remove(node);
                return false;
            }

            _byUse.Remove(node);
            _byUse.AddFirst(node);
            found = node.Value;
            return true;
        }
    }

    /// <summary>Keeps a response, if it may be.</summary>
    /// <param name="query">What was asked.</param>
    /// <param name="response">What was answered.</param>
    /// <param name="generation">As it was when that was asked.</param>
    public void Store(UpstreamQuery query, ReadOnlySpan<byte> response, int generation)
    {
        if (settings.MaxCachedResponses == 0 || KeyOf(query) is not byte[] key
            || CachedResponse.TryMake(key, query.Question, response, Now) is not
                CachedResponse made)
        {
            return;
        }

        lock (_lock)
        {
            if (generation != Generation)
            {
                return;
            }

            if (_byKey.TryGetValue(key, out LinkedListNode<CachedResponse>? old))
            {
                Remove(old);
            }

            _byKey[key] = _byUse.AddFirst(made);
            _bytes += made.SizeBytes;
            while (_byKey.Count > settings.MaxCachedResponses
                || _bytes > settings.MaxCachedBytes)
            {
                Remove(_byUse.Last!);
            }
        }
    }

    /// <summary>Forgets everything: others are asked now, who may know another truth.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            Generation++;
            _byKey.Clear();
            _byUse.Clear();
            _bytes = 0;
        }
    }

    // Flags, kind of EDNS, type, class and name; null where nothing is kept.
    private static byte[]? KeyOf(UpstreamQuery query)
    {
        const int fixedBytes = 7;
        DnsMessage.TryParse(query.Bytes, out DnsMessage message);
        int expected = query.Question.EndOffset + (query.Edns.IsPresent ? DnsEdns.LengthBytes : 0);
        if (query.Bytes.Length != expected || message.QuestionCount != 1
            || query.Question.Class != DnsClass.Internet)
        {
            return null;
        }

        byte[] key = new byte[fixedBytes + query.Name.Length];
        key[0] = (byte)(message.Flags >> 8);
        key[1] = (byte)message.Flags;
        key[2] = !query.Edns.IsPresent ? (byte)0 : query.Edns.DnssecOk ? (byte)2 : (byte)1;
        key[3] = (byte)((ushort)query.Question.Type >> 8);
        key[4] = (byte)query.Question.Type;
        key[5] = (byte)((ushort)query.Question.Class >> 8);
        key[6] = (byte)query.Question.Class;
        for (int i = 0; i < query.Name.Length; i++)
        {
            // Lengths of labels are below 'A'.
            byte octet = query.Name[i];
            key[fixedBytes + i] = octet is >= (byte)'A' and <= (byte)'Z'
                ? (byte)(octet | 0x20) : octet;
        }

        return key;
    }

    private void Remove(LinkedListNode<CachedResponse> node)
    {
        _byUse.Remove(node);
        _byKey.Remove(node.Value.Key);
        _bytes -= node.Value.SizeBytes;
    }
}
