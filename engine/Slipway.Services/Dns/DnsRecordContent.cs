using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>A record that the server answers itself, without its owner. Immutable.</summary>
public sealed class DnsRecordContent
{
    private const int MaxStringLengthBytes = 255;
    private readonly byte[] _data;

    private DnsRecordContent(DnsType type, byte[] data, IpAddress address = default)
    {
        Type = type;
        _data = data;
        IpAddress = address;
    }

    public DnsType Type { get; }

    /// <summary>RDATA as on the wire; names in it are whole.</summary>
    public ReadOnlySpan<byte> Data => _data;

    /// <summary>Of a record of type A or AAAA.</summary>
    public IpAddress IpAddress { get; }

    /// <summary>A or AAAA by the address's family.</summary>
    public static DnsRecordContent Address(IpAddress address)
    {
        Span<byte> data = stackalloc byte[IpAddress.IPv6LengthBytes];
        if (address.IsIPv4)
        {
            address.WriteIPv4(data);
            return new DnsRecordContent(
                DnsType.A, data[..IpAddress.IPv4LengthBytes].ToArray(), address);
        }

        address.WriteIPv6(data);
        return new DnsRecordContent(DnsType.Aaaa, data.ToArray(), address);
    }

    /// <summary>CNAME: the name stands for another one, and has nothing else.</summary>
    /// <exception cref="ArgumentException">It is no domain name.</exception>
    public static DnsRecordContent Alias(string target) =>
        new(DnsType.Cname, LocalNames.Encode(target));

    /// <summary>PTR.</summary>
    /// <exception cref="ArgumentException">It is no domain name.</exception>
    public static DnsRecordContent Pointer(string target) =>
        new(DnsType.Ptr, LocalNames.Encode(target));

    /// <summary>TXT; a text of more than 255 bytes becomes several strings, which readers
    /// join (RFC 7208 section 3.3).</summary>
    /// <exception cref="ArgumentException">It is longer than a record can be.</exception>
    public static DnsRecordContent Text(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        List<byte> data = [];
        int at = 0;
        do
        {
            int length = Math.Min(MaxStringLengthBytes, bytes.Length - at);
            data.Add((byte)length);
            data.AddRange(bytes.AsSpan(at, length));
            at += length;
        }
        while (at < bytes.Length);
        return data.Count <= ushort.MaxValue
            ? new DnsRecordContent(DnsType.Txt, [.. data])
            : throw new ArgumentException("a text has 65000 bytes at most", nameof(text));
    }

    /// <summary>MX (RFC 1035 section 3.3.9).</summary>
    /// <exception cref="ArgumentException">It is no domain name.</exception>
    public static DnsRecordContent MailExchange(ushort preference, string exchange) =>
        new(DnsType.Mx, Join([preference], exchange));

    /// <summary>SRV (RFC 2782).</summary>
    /// <exception cref="ArgumentException">It is no domain name.</exception>
    public static DnsRecordContent Service(
        ushort priority, ushort weight, ushort port, string target) =>
        new(DnsType.Srv, Join([priority, weight, port], target));

    /// <summary>As in a zone file: type and data.</summary>
    public override string ToString() => Type switch
    {
        DnsType.A or DnsType.Aaaa => $"{Name} {IpAddress}",
        DnsType.Cname or DnsType.Ptr => $"{Name} {DomainName.Format(_data)}",
        DnsType.Mx => $"MX {Word(0)} {DomainName.Format(_data.AsSpan(2))}",
        DnsType.Srv => $"SRV {Word(0)} {Word(1)} {Word(2)} {DomainName.Format(_data.AsSpan(6))}",
        _ => $"TXT {Strings()}",
    };

    private string Name => Type.ToString().ToUpperInvariant();

    private string Word(int index) => BinaryPrimitives.ReadUInt16BigEndian(_data.AsSpan(2 * index))
        .ToString(CultureInfo.InvariantCulture);

    private string Strings()
    {
        List<string> strings = [];
        for (int at = 0; at < _data.Length; at += 1 + _data[at])
        {
            strings.Add($"\"{Encoding.UTF8.GetString(_data, at + 1, _data[at])}\"");
        }

        return string.Join(' ', strings);
    }

    private static byte[] Join(ReadOnlySpan<ushort> words, string name)
    {
        byte[] encoded = LocalNames.Encode(name);
        byte[] data = new byte[(sizeof(ushort) * words.Length) + encoded.Length];
        for (int i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(sizeof(ushort) * i), words[i]);
        }

        encoded.CopyTo(data, sizeof(ushort) * words.Length);
        return data;
    }
}
