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
        DnsMessageWriter writer = DnsMessageWriter.Reply(
            query.Message,
            query.Question.EndOffset,
            query.Edns,
            response[..Math.Min(response.Length, query.LimitBytes)]);
        writer.Conclude(
            known.Exists ? DnsResponseCode.NoError : DnsResponseCode.NameError, authoritative);
        bool empty = true;
        DnsType type = query.Question.Type;
        for (int i = 0; i < known.Addresses.Count; i++)
        {
            // By index: the worker asks, and an enumerator would be allocated.
            IpAddress address = known.Addresses[i];
            if (type == DnsType.Any || type == (address.IsIPv4 ? DnsType.A : DnsType.Aaaa))
            {
                writer.AddAddress(query.Name, address, known.TtlSeconds);
                empty = false;
            }
        }

        if (known.Pointer is byte[] pointer && type is DnsType.Ptr or DnsType.Any)
        {
            writer.AddName(query.Name, DnsType.Ptr, known.TtlSeconds, pointer);
            empty = false;
        }

        if (empty && authoritative)
        {
            // The name itself can be the zone's apex only if it exists.
            ReadOnlySpan<byte> zone = known.Exists ? query.Name : DomainName.Parent(query.Name);
            writer.AddAuthority(zone, s_server, LocalNames.LeaseTtlSeconds);
        }

        return writer.Finish();
    }
}
