using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>Names that the engine itself looks up, as a guest would.</summary>
public sealed partial class DnsServer
{
    private const int MostFound = 8;
    private const int QuestionCountOffset = 4;

    /// <summary>
    /// The addresses of a name that is this server's own, IPv4 first: built in, configured or a
    /// lease's. None for others, also where an answer about them is kept. Never waits.
    /// </summary>
    public IReadOnlyList<IpAddress> FindOwn(string name)
    {
        Span<byte> encoded = stackalloc byte[DomainName.MaxLengthBytes];
        if (!DomainName.TryParse(name, encoded, out int length))
        {
            return [];
        }

        LocalName? known = _names.Find(encoded[..length]);
        AliasChain aliases = AliasChain.Follow(_names, ref known);
        return aliases.IsEndless || known is null ? []
            : [.. known.Addresses.OrderByDescending(address => address.IsIPv4)];
    }

    /// <summary>
    /// The addresses of a name: those of IPv4 first, at most eight of each family. Empty when it
    /// has none, is no domain name or nobody answered; null when too much is asked already.
    /// </summary>
    /// <param name="name">A domain name.</param>
    /// <param name="link">For whom: one guest's queries are bounded.</param>
    /// <param name="stop">Ends the wait.</param>
    public async Task<IReadOnlyList<IpAddress>?> LookupAsync(
        string name, int link, CancellationToken stop)
    {
        byte[] encoded = new byte[DomainName.MaxLengthBytes];
        if (!DomainName.TryParse(name, encoded, out int length))
        {
            return [];
        }

        encoded = encoded[..length];
        Task<byte[]?> first = FindAsync(QueryFor(encoded, DnsType.A), link, stop);
        Task<byte[]?> second = FindAsync(QueryFor(encoded, DnsType.Aaaa), link, stop);
        byte[]? ipv4 = await first.ConfigureAwait(false);
        byte[]? ipv6 = await second.ConfigureAwait(false);
        if (ipv4 is null && ipv6 is null)
        {
            return null;
        }

        List<IpAddress> found = [];
        Read(ipv4, DnsType.A, found);
        Read(ipv6, DnsType.Aaaa, found);
        return found;
    }

    // As stubs do: by UDP, and by TCP what is longer than that holds.
    private async Task<byte[]?> FindAsync(byte[] query, int link, CancellationToken stop)
    {
        byte[]? answer = await AnswerAsync(query, link, overTcp: false, stop)
            .ConfigureAwait(false);
        return answer is not null && (answer[2] & (DnsMessage.TruncatedFlag >> 8)) != 0
            ? await AnswerAsync(query, link, overTcp: true, stop).ConfigureAwait(false)
            : answer;
    }

    private static byte[] QueryFor(byte[] encoded, DnsType type)
    {
        byte[] query = new byte[DnsMessage.HeaderLengthBytes + encoded.Length + 4];
        BinaryPrimitives.WriteUInt16BigEndian(
            query.AsSpan(2), DnsMessage.RecursionDesiredFlag);
        query[QuestionCountOffset + 1] = 1;
        encoded.CopyTo(query, DnsMessage.HeaderLengthBytes);
        BinaryPrimitives.WriteUInt16BigEndian(query.AsSpan(query.Length - 4), (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(
            query.AsSpan(query.Length - 2), (ushort)DnsClass.Internet);
        return query;
    }

    private static void Read(ReadOnlySpan<byte> response, DnsType type, List<IpAddress> found)
    {
        int length = type == DnsType.A ? IpAddress.IPv4LengthBytes : IpAddress.IPv6LengthBytes;
        int most = found.Count + MostFound;
        AnswerReader reader = new(response);
        while (found.Count < most && reader.TryRead(type, out DnsRecord record))
        {
            if (record.Data.Length == length)
            {
                found.Add(type == DnsType.A
                    ? IpAddress.ReadIPv4(record.Data) : IpAddress.ReadIPv6(record.Data));
            }
        }
    }
}
