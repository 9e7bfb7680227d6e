using Slipway.Wire;

namespace Slipway.Services;

/// <summary>Writes responses from what is known here.</summary>
internal static class LocalAnswer
{
    private static readonly byte[] s_server = LocalNames.Encode("gateway.internal");

    /// <summary>
    /// NOERROR with the records of the type asked for; with none where the name exists and they do
    /// not (musl and others take NXDOMAIN for "no address at all"); NXDOMAIN where it does not.
    /// </summary>
    /// <returns>Length of the response in bytes.</returns>
    public static int Write(
        in DnsQuery query, LocalName known, bool authoritative, Span<byte> response)
    {
        DnsMessageWriter writer = Begin(query, known, authoritative, response);
        AddRecords(ref writer, query, query.Name, known, authoritative);
        return writer.Finish();
    }

    /// <summary>
    /// The same for a name that stands for others, which stand for one that is known in the end.
    /// </summary>
    /// <param name="aliases">The names on the way; the asked one first.</param>
    /// <param name="last">What is known of the last one's alias.</param>
    public static int Write(
        in DnsQuery query, in AliasChain aliases, LocalName last, Span<byte> response)
    {
        DnsMessageWriter writer = Begin(query, last, authoritative: true, response);
        aliases.WriteTo(ref writer, query.Name);
        AddRecords(ref writer, query, aliases.Target, last, authoritative: true);
        return writer.Finish();
    }

    private static DnsMessageWriter Begin(
        in DnsQuery query, LocalName known, bool authoritative, Span<byte> response)
    {
        DnsMessageWriter writer = DnsMessageWriter.Reply(
            query.Message,
            query.Question.EndOffset,
            query.Edns,
            response[..Math.Min(response.Length, query.LimitBytes)]);
        writer.Conclude(
            known.Exists ? DnsResponseCode.NoError : DnsResponseCode.NameError, authoritative);
        return writer;
    }

    private static void AddRecords(
        ref DnsMessageWriter writer, in DnsQuery query, ReadOnlySpan<byte> owner, LocalName known,
        bool authoritative)
    {
        bool empty = true;
        DnsType type = query.Question.Type;

        // By index: the worker asks, and an enumerator would be allocated.
        for (int i = 0; i < known.Addresses.Count; i++)
        {
            IpAddress address = known.Addresses[i];
            if (type == DnsType.Any || type == (address.IsIPv4 ? DnsType.A : DnsType.Aaaa))
            {
                writer.AddAddress(owner, address, known.TtlSeconds);
                empty = false;
            }
        }

        for (int i = 0; i < known.Others.Count; i++)
        {
            DnsRecordContent record = known.Others[i];
            if (type == DnsType.Any || type == record.Type)
            {
                writer.AddAnswer(owner, record.Type, known.TtlSeconds, record.Data);
                empty = false;
            }
        }

        if (known.Alias is byte[] alias)
        {
            writer.AddName(owner, DnsType.Cname, known.TtlSeconds, alias);
            empty = false;
        }

        if (known.Pointer is byte[] pointer && type is DnsType.Ptr or DnsType.Any)
        {
            writer.AddName(owner, DnsType.Ptr, known.TtlSeconds, pointer);
            empty = false;
        }

        if (empty && authoritative)
        {
            // The name itself can be the zone's apex only if it exists.
            ReadOnlySpan<byte> zone = known.Zone is not null ? known.Zone
                : known.Exists ? owner : DomainName.Parent(owner);
            writer.AddAuthority(zone, s_server, LocalNames.LeaseTtlSeconds);
        }
    }
}
