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
internal sealed class ResponseCache
{
    private const int FixedKeyBytes = 5;
    private const int MaxKeyBytes = FixedKeyBytes + DomainName.MaxLengthBytes;
    private readonly Dictionary<byte[], LinkedListNode<CachedResponse>> _byKey;
    private readonly Dictionary<byte[], LinkedListNode<CachedResponse>>
        .AlternateLookup<ReadOnlySpan<byte>> _byKeySpan;

    // The one that was asked for last comes first.
    private readonly LinkedList<CachedResponse> _byUse = new();
    private readonly Lock _lock = new();
    private readonly DnsSettings _settings;
    private long _bytes;

    /// <param name="settings">Bounds, and what time it is.</param>
    public ResponseCache(DnsSettings settings)
    {
        _settings = settings;
        _byKey = new(OctetsComparer.Instance);
        _byKeySpan = _byKey.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

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

    private DateTimeOffset Now => _settings.Time.GetUtcNow();

    /// <summary>What is kept for a query, fresh or stale. Allocates nothing.</summary>
    public bool TryFind(in DnsQuery query, [NotNullWhen(true)] out CachedResponse? found)
    {
        found = null;
        Span<byte> room = stackalloc byte[MaxKeyBytes];
        ReadOnlySpan<byte> key = KeyOf(query, room);
        if (key.IsEmpty)
        {
            return false;
        }

        lock (_lock)
        {
            if (!_byKeySpan.TryGetValue(key, out LinkedListNode<CachedResponse>? node))
            {
                return false;
            }

            if (node.Value.Expires + _settings.StaleTime <= Now)
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
        Span<byte> room = stackalloc byte[MaxKeyBytes];
        byte[] key = KeyOf(query.Read(), room).ToArray();
        if (_settings.MaxCachedResponses == 0 || key.Length == 0
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

            _byKey[made.Key] = _byUse.AddFirst(made);
            _bytes += made.SizeBytes;
            while (_byKey.Count > _settings.MaxCachedResponses
                || _bytes > _settings.MaxCachedBytes)
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

    // Flags, kind of EDNS, type, class and name; empty where nothing is kept.
    private static ReadOnlySpan<byte> KeyOf(in DnsQuery query, Span<byte> room)
    {
        DnsMessage message = query.Message;
        DnsQuestion question = query.Question;
        int expected = question.EndOffset + (query.Edns.IsPresent ? DnsEdns.LengthBytes : 0);
        if (message.Bytes.Length != expected || message.QuestionCount != 1
            || question.Class != DnsClass.Internet)
        {
            return default;
        }

        room[0] = (byte)(message.Flags >> 8);
        room[1] = (byte)message.Flags;
        room[2] = !query.Edns.IsPresent ? (byte)0 : query.Edns.DnssecOk ? (byte)2 : (byte)1;
        room[3] = (byte)((ushort)question.Type >> 8);
        room[4] = (byte)question.Type;
        DomainName.Fold(query.Name, room[FixedKeyBytes..]);
        return room[..(FixedKeyBytes + query.Name.Length)];
    }

    private void Remove(LinkedListNode<CachedResponse> node)
    {
        _byUse.Remove(node);
        _byKey.Remove(node.Value.Key);
        _bytes -= node.Value.SizeBytes;
    }
}
