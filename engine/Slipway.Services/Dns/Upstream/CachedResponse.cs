using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>A response that is kept, and how long it holds.</summary>
internal sealed class CachedResponse
{
    /// <summary>RFC 8767 section 4: what a client is told of an answer that has run out.</summary>
    public const uint StaleTtlSeconds = 30;

    /// <summary>Nothing holds longer here: a day, and that there is nothing three hours
    /// (RFC 2308 section 5).</summary>
    private const uint LongestSeconds = 86_400;

    private const uint LongestNegativeSeconds = 10_800;

    /// <summary>A name that is asked for so often is asked anew before it runs out.</summary>
    private const int HotAsks = 3;

    /// <summary>Asked anew in the last tenth of its time.</summary>
    private const int RefreshPart = 10;

    private const int EntryOverheadBytes = 256;

    // So long nobody waits again; and after so long others are asked again, in the background.
    private static readonly TimeSpan s_failureTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_recheckTime = TimeSpan.FromSeconds(5);

    private readonly byte[] _response;
    private readonly int[] _ttlOffsets;
    private readonly DateTimeOffset _stored;
    private readonly uint _seconds;
    private int _asks;
    private int _isRefreshing;

    // When nobody answered, and when they are asked again; in ticks, 0 for never.
    private long _failedAt;
    private long _recheckAt;

    private CachedResponse(
        byte[] key, byte[] response, int[] ttlOffsets, DateTimeOffset stored, uint seconds)
    {
        Key = key;
        _response = response;
        _ttlOffsets = ttlOffsets;
        _stored = stored;
        _seconds = seconds;
    }

    public byte[] Key { get; }

    public DateTimeOffset Expires => _stored.AddSeconds(_seconds);

    /// <summary>Of memory, about.</summary>
    public int SizeBytes =>
        EntryOverheadBytes + Key.Length + _response.Length + (sizeof(int) * _ttlOffsets.Length);

    /// <summary>Null for a response that must not be kept.</summary>
    public static CachedResponse? TryMake(
        byte[] key, DnsQuestion question, ReadOnlySpan<byte> response, DateTimeOffset now)
    {
        DnsMessage.TryParse(response, out DnsMessage message);
        bool mayBeKept = message.QuestionCount == 1 && !message.IsTruncated
            && message.ResponseCode is DnsResponseCode.NoError or DnsResponseCode.NameError;
        List<int> offsets = [];
        if (!mayBeKept || !TryReadTimes(message, question, offsets, out uint seconds)
            || seconds == 0)
        {
            return null;
        }

        byte[] copy = response.ToArray();
        copy[2] &= unchecked((byte)~(DnsMessage.AuthoritativeFlag >> 8));
        return new CachedResponse(key, copy, [.. offsets], now, seconds);
    }

    /// <summary>It holds still.</summary>
    public bool IsFresh(DateTimeOffset now) => now < Expires;

    /// <summary>
    /// Whether it is worth being asked for before it runs out; true once, and counts who asks.
    /// </summary>
    public bool IsToBeRefreshed(DateTimeOffset now) =>
        Interlocked.Increment(ref _asks) >= HotAsks
        && Expires - now <= TimeSpan.FromSeconds((double)_seconds / RefreshPart)
        && Interlocked.Exchange(ref _isRefreshing, 1) == 0;

    /// <summary>Nobody has answered who was to tell it anew.</summary>
    public void Fail(DateTimeOffset now)
    {
        Volatile.Write(ref _recheckAt, (now + s_recheckTime).UtcTicks);
        Volatile.Write(ref _failedAt, now.UtcTicks);
    }

    /// <summary>
    /// Nobody has answered lately: it is told at once, though it has run out (RFC 8767 section 5,
    /// the failure recheck timer).
    /// </summary>
    public bool HasFailedLately(DateTimeOffset now)
    {
        long failedAt = Volatile.Read(ref _failedAt);
        return failedAt != 0 && now.UtcTicks - failedAt < s_failureTime.Ticks;
    }

    /// <summary>Whether others are to be asked meanwhile; true once in a while.</summary>
    public bool IsToBeRechecked(DateTimeOffset now)
    {
        long at = Volatile.Read(ref _recheckAt);
        return now.UtcTicks >= at && Interlocked.CompareExchange(
            ref _recheckAt, (now + s_recheckTime).UtcTicks, at) == at;
    }

    /// <summary>Of the response, in bytes.</summary>
    public int LengthBytes => _response.Length;

    /// <summary>The response with the times that are left of it.</summary>
    public byte[] At(DateTimeOffset now)
    {
        byte[] copy = [.. _response];
        WriteTimes(now, copy);
        return copy;
    }

    /// <summary>
    /// The same as an answer to a query: with its id, and its question letter by letter (0x20).
    /// </summary>
    /// <returns>The length in bytes; there must be room for it.</returns>
    public int WriteAt(DateTimeOffset now, in DnsQuery query, Span<byte> response)
    {
        _response.CopyTo(response);
        WriteTimes(now, response);
        query.Message.Bytes[..sizeof(ushort)].CopyTo(response);
        query.Name.CopyTo(response[DnsMessage.HeaderLengthBytes..]);
        return _response.Length;
    }

    private void WriteTimes(DateTimeOffset now, Span<byte> response)
    {
        uint age = (uint)Math.Max(0, (now - _stored).TotalSeconds);
        bool isFresh = IsFresh(now);
        foreach (int offset in _ttlOffsets)
        {
            Span<byte> place = response[offset..];
            uint seconds = BinaryPrimitives.ReadUInt32BigEndian(place);
            BinaryPrimitives.WriteUInt32BigEndian(
                place, !isFresh ? StaleTtlSeconds : seconds > age ? seconds - age : 0);
        }
    }

    // The shortest time of the answers; where there is none of the type that was asked for, that of
    // the zone for saying so (RFC 2308 section 5), without which it is not kept.
    private static bool TryReadTimes(
        in DnsMessage message, in DnsQuestion question, List<int> offsets, out uint seconds)
    {
        int offset = question.EndOffset;
        int answers = message.AnswerCount;
        int records = answers + message.AuthorityCount + message.AdditionalCount;
        bool isFound = false;
        bool isNegative = false;
        seconds = LongestSeconds;
        for (int i = 0; i < records; i++)
        {
            if (message.TryReadRecord(ref offset, out DnsRecord record) != ParseError.None)
            {
                return false;
            }

            if (record.Type == DnsType.Opt)
            {
                continue; // where others have a TTL it has flags
            }

            offsets.Add(record.DataOffset - sizeof(ushort) - sizeof(uint));
            if (i < answers)
            {
                seconds = Math.Min(seconds, Time(record.TtlSeconds));
                isFound |= record.Type == question.Type || question.Type == DnsType.Any;
            }
            else if (record.Type == DnsType.Soa && i < answers + message.AuthorityCount
                && record.Data.Length >= sizeof(uint))
            {
                uint minimum = BinaryPrimitives.ReadUInt32BigEndian(record.Data[^4..]);
                isNegative = true;
                if (!isFound)
                {
                    seconds = Math.Min(
                        Math.Min(seconds, LongestNegativeSeconds),
                        Math.Min(Time(record.TtlSeconds), Time(minimum)));
                }
            }
        }

        return isFound || isNegative;
    }

    // One with the highest bit set is none (RFC 2181 section 8).
    private static uint Time(uint seconds) => seconds > int.MaxValue ? 0 : seconds;
}
