using Slipway.Wire;

namespace Slipway.Services;

/// <summary>What is known of a name without asking anybody.</summary>
/// <param name="Addresses">Its addresses, of both families.</param>
/// <param name="Pointer">The name that its PTR record holds, in wire form; null for none.</param>
/// <param name="TtlSeconds">How long a resolver may keep it.</param>
/// <param name="Exists">False: NXDOMAIN.</param>
internal sealed record LocalName(
    IReadOnlyList<IpAddress> Addresses, byte[]? Pointer, uint TtlSeconds, bool Exists = true)
{
    public static readonly LocalName Nonexistent =
        new([], null, LocalNames.LeaseTtlSeconds, Exists: false);

    /// <summary>Its records of other types.</summary>
    public IReadOnlyList<DnsRecordContent> Others { get; init; } = [];

    /// <summary>
    /// The name that this one stands for (CNAME), in wire form; then it has nothing else.
    /// </summary>
    public byte[]? Alias { get; init; }

    /// <summary>The apex of the zone that the name is in or is not in; null for none.</summary>
    public byte[]? Zone { get; init; }

    /// <summary>Of a name's records.</summary>
    /// <exception cref="ArgumentException">A CNAME is not alone (RFC 1034 section 3.6.2).
    /// </exception>
    public static LocalName Of(
        IReadOnlyList<DnsRecordContent> records, uint ttlSeconds, byte[]? zone = null)
    {
        List<IpAddress> addresses = [];
        List<DnsRecordContent> others = [];
        byte[]? alias = null;
        foreach (DnsRecordContent record in records)
        {
            if (record.Type == DnsType.Cname)
            {
                alias = record.Data.ToArray();
            }
            else if (record.Type is DnsType.A or DnsType.Aaaa)
            {
                addresses.Add(record.IpAddress);
            }
            else
            {
                others.Add(record);
            }
        }

        return alias is null || records.Count == 1
            ? new LocalName(addresses, null, ttlSeconds)
            {
                Others = others,
                Alias = alias,
                Zone = zone,
            }
            : throw new ArgumentException(
                "a name with a CNAME has nothing else", nameof(records));
    }

    /// <summary>Its records, for lists.</summary>
    public IReadOnlyList<DnsRecordContent> ToRecords() =>
    [
        .. Addresses.Select(DnsRecordContent.Address),
        .. Others,
        .. Alias is null ? Array.Empty<DnsRecordContent>()
            : [DnsRecordContent.Alias(DomainName.Format(Alias))],
        .. Pointer is null ? Array.Empty<DnsRecordContent>()
            : [DnsRecordContent.Pointer(DomainName.Format(Pointer))],
    ];
}
