using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// Gives names that have IPv4 addresses alone IPv6 ones in the prefix of NAT64 (RFC 6147 section
/// 5.1). Who validates for itself gets what others said (section 5.5).
/// </summary>
internal static class Dns64
{
    private const int TypeAndClassLengthBytes = 4;
    private const int MostAddresses = 32;

    /// <summary>True for a response to AAAA that tells no address where there may be one.</summary>
    public static bool IsWanted(DnsType type, ReadOnlySpan<byte> response)
    {
        if (type != DnsType.Aaaa
            || DnsMessage.TryParse(response, out DnsMessage message) != ParseError.None
            || message.ResponseCode == DnsResponseCode.NameError
            || (message.Flags & DnsMessage.CheckingDisabledFlag) != 0)
        {
            return false;
        }

        return !new AnswerReader(response).TryRead(DnsType.Aaaa, out _);
    }

    /// <summary>The same question for the name's IPv4 addresses.</summary>
    /// <param name="query">The question for AAAA.</param>
    /// <param name="questionEndOffset">Where its question ends.</param>
    public static byte[] ToAddressQuery(ReadOnlySpan<byte> query, int questionEndOffset)
    {
        byte[] copy = query.ToArray();
        BinaryPrimitives.WriteUInt16BigEndian(
            copy.AsSpan(questionEndOffset - TypeAndClassLengthBytes), (ushort)DnsType.A);
        return copy;
    }

    /// <summary>
    /// What is known of a name after its IPv4 addresses were told; null where there are none.
    /// </summary>
    public static LocalName? Map(ReadOnlySpan<byte> answer, IpPrefix prefix)
    {
        List<IpAddress> addresses = [];
        uint ttlSeconds = uint.MaxValue;
        AnswerReader reader = new(answer);
        while (addresses.Count < MostAddresses && reader.TryRead(DnsType.A, out DnsRecord record))
        {
            if (record.Data.Length == IpAddress.IPv4LengthBytes)
            {
                uint address = BinaryPrimitives.ReadUInt32BigEndian(record.Data);
                addresses.Add(new IpAddress(prefix.Network.High, prefix.Network.Low | address));
                ttlSeconds = Math.Min(ttlSeconds, record.TtlSeconds);
            }
        }

        return addresses.Count > 0 ? new LocalName([.. addresses], null, ttlSeconds) : null;
    }
}
