namespace Slipway.Wire;

/// <summary>
/// Names within the data of records, which may be compressed in the types of RFC 1035 and in some
/// that came soon after (RFC 3597 section 4): a record moves to another message with them whole.
/// </summary>
public static class DnsRecordNames
{
    private const int SoaNumbersLengthBytes = 20;

    /// <summary>Writes a record's data with their names uncompressed.</summary>
    /// <param name="message">That the record is in.</param>
    /// <param name="data">Room for <see cref="DnsMessage.MaxLengthBytes"/>.</param>
    /// <param name="lengthBytes">Of what is written.</param>
    /// <returns>False when they are malformed.</returns>
    public static bool TryExpand(
        in DnsMessage message, in DnsRecord record, Span<byte> data, out int lengthBytes)
    {
        (int before, int names, int after) = record.Type switch
        {
            DnsType.Ns or DnsType.Cname or DnsType.Ptr or DnsType.Dname => (0, 1, 0),
            DnsType.Mx => (2, 1, 0),
            DnsType.Srv => (6, 1, 0),
            DnsType.Soa => (0, 2, SoaNumbersLengthBytes),
            _ => (record.Data.Length, 0, 0),
        };
        lengthBytes = 0;
        if (record.Data.Length < before + after)
        {
            return false;
        }

        record.Data[..before].CopyTo(data);
        lengthBytes = before;
        int at = record.DataOffset + before;
        int end = record.DataOffset + record.Data.Length;
        Span<byte> name = stackalloc byte[DomainName.MaxLengthBytes];
        for (int i = 0; i < names; i++)
        {
            if (DomainName.TryRead(message.Bytes, at, name, out int length, out at)
                != ParseError.None || at > end)
            {
                return false;
            }

            name[..length].CopyTo(data[lengthBytes..]);
            lengthBytes += length;
        }

        if (end - at != after)
        {
            return false;
        }

        message.Bytes[at..end].CopyTo(data[lengthBytes..]);
        lengthBytes += after;
        return true;
    }
}
