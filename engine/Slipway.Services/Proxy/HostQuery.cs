using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>Asks the engine's own DNS server for addresses, as a guest would.</summary>
internal static class HostQuery
{
    private const int MostQueryBytes =
        DnsMessage.HeaderLengthBytes + DomainName.MaxLengthBytes + 4;

    private static readonly DnsType[] s_types = [DnsType.A, DnsType.Aaaa];

    /// <summary>
    /// Addresses of a name that the server knows itself, IPv4 first; none for others.
    /// </summary>
    public static List<IpAddress> AskLocal(DnsServer server, string name)
    {
        List<IpAddress> found = [];
        Span<byte> query = stackalloc byte[MostQueryBytes];
        Span<byte> response = stackalloc byte[DnsEdns.MinimumUdpSizeBytes];
        foreach (DnsType type in s_types)
        {
            if (TryWrite(query, name, type, out int lengthBytes)
                && server.TryAnswer(
                    query[..lengthBytes], overTcp: false, response, out int answered)
                    == DnsDisposition.Answered)
            {
                Read(response[..answered], found);
            }
        }

        return found;
    }

    /// <summary>Addresses of any name, IPv4 first.</summary>
    public static async ValueTask<IReadOnlyList<IpAddress>> AskAsync(
        DnsServer server, IpAddress asker, string name, CancellationToken stop)
    {
        List<Task<byte[]?>> asked = [];
        foreach (DnsType type in s_types)
        {
            byte[] query = new byte[MostQueryBytes];
            if (TryWrite(query, name, type, out int lengthBytes))
            {
                asked.Add(server.AnswerAsync(
                    query.AsMemory(0, lengthBytes), asker, overTcp: true, stop).AsTask());
            }
        }

        List<IpAddress> found = [];
        foreach (byte[]? response in await Task.WhenAll(asked).ConfigureAwait(false))
        {
            Read(response, found);
        }

        return found;
    }

    private static bool TryWrite(
        Span<byte> query, string host, DnsType type, out int lengthBytes)
    {
        query[..DnsMessage.HeaderLengthBytes].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(query[2..], DnsMessage.RecursionDesiredFlag);
        BinaryPrimitives.WriteUInt16BigEndian(query[4..], 1);
        lengthBytes = 0;
        Span<byte> name = stackalloc byte[DomainName.MaxLengthBytes];
        if (!DomainName.TryParse(host, name, out int nameBytes))
        {
            return false;
        }

        Span<byte> rest = query[DnsMessage.HeaderLengthBytes..];
        name[..nameBytes].CopyTo(rest);
        BinaryPrimitives.WriteUInt16BigEndian(rest[nameBytes..], (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(rest[(nameBytes + 2)..], (ushort)DnsClass.Internet);
        lengthBytes = DnsMessage.HeaderLengthBytes + nameBytes + 4;
        return true;
    }

    private static void Read(ReadOnlySpan<byte> response, List<IpAddress> found)
    {
        Span<byte> name = stackalloc byte[DomainName.MaxLengthBytes];
        if (DnsMessage.TryParse(response, out DnsMessage message) != ParseError.None
            || message.TryReadQuestion(name, out DnsQuestion question) != ParseError.None)
        {
            return;
        }

        int offset = question.EndOffset;
        for (int i = 0; i < message.AnswerCount; i++)
        {
            if (message.TryReadRecord(ref offset, out DnsRecord record) != ParseError.None)
            {
                return;
            }

            if (record.Type == DnsType.A && record.Data.Length == IpAddress.IPv4LengthBytes)
            {
                found.Add(IpAddress.ReadIPv4(record.Data));
            }
            else if (record.Type == DnsType.Aaaa && record.Data.Length == IpAddress.IPv6LengthBytes)
            {
                found.Add(IpAddress.ReadIPv6(record.Data));
            }
        }
    }
}
