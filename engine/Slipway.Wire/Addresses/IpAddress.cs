using System.Buffers.Binary;
using System.Globalization;
using System.Net;

namespace Slipway.Wire;

/// <summary>
/// An IPv4 or IPv6 address in 128 bits. IPv4 is held in its mapped form ::ffff:a.b.c.d (RFC 4291
/// section 2.5.5.2), so that one type and one flow key serve both families.
/// </summary>
public readonly record struct IpAddress(ulong High, ulong Low) : IComparable<IpAddress>
{
    private const ulong MappedPrefix = 0x0000_ffff_0000_0000;
    private const ulong LinkLocalPrefix = 0xfe80_0000_0000_0000;

    /// <summary>Length of an IPv4 address on the wire, in bytes.</summary>
    public const int IPv4LengthBytes = 4;

    /// <summary>Length of an IPv6 address on the wire, in bytes.</summary>
    public const int IPv6LengthBytes = 16;

    /// <summary>0.0.0.0.</summary>
    public static readonly IpAddress IPv4Any = FromIPv4(0);

    /// <summary>127.0.0.1.</summary>
    public static readonly IpAddress IPv4Loopback = FromIPv4(0x7f00_0001);

    /// <summary>255.255.255.255.</summary>
    public static readonly IpAddress IPv4Broadcast = FromIPv4(0xffff_ffff);

    /// <summary>::.</summary>
    public static readonly IpAddress IPv6Any;

    /// <summary>::1.</summary>
    public static readonly IpAddress IPv6Loopback = new(0, 1);

    public bool IsIPv4 => High == 0 && (Low & 0xffff_ffff_0000_0000) == MappedPrefix;

    /// <summary>
    /// The address as a number in host order; meaningful only if <see cref="IsIPv4"/>.
    /// </summary>
    public uint IPv4 => (uint)Low;

    /// <summary>True for 0.0.0.0 and for ::.</summary>
    public bool IsUnspecified => (High | Low) == 0 || Low == MappedPrefix;

    /// <summary>True for 127.0.0.0/8 and for ::1.</summary>
    public bool IsLoopback => IsIPv4 ? IPv4 >> 24 == 127 : High == 0 && Low == 1;

    /// <summary>True for 224.0.0.0/4 and for ff00::/8.</summary>
    public bool IsMulticast => IsIPv4 ? IPv4 >> 28 == 0xe : High >> 56 == 0xff;

    /// <summary>
    /// True for 169.254.0.0/16 (RFC 3927) and for fe80::/10 (RFC 4291 section 2.5.6).
    /// </summary>
    public bool IsLinkLocal =>
        IsIPv4 ? IPv4 >> 16 == 0xa9fe : High >> 54 == LinkLocalPrefix >> 54;

    /// <summary>
    /// Makes an IPv4 address from a number in host order (192.0.2.1 is 0xc0000201).
    /// </summary>
    public static IpAddress FromIPv4(uint value) => new(0, MappedPrefix | value);

    /// <summary>
    /// The link-local address that an interface makes of its MAC address (RFC 4862 section 5.3).
    /// </summary>
    public static IpAddress LinkLocal(MacAddress address) =>
        new(LinkLocalPrefix, address.InterfaceIdentifier);

    /// <summary>Reads four bytes in network order; the span must hold them.</summary>
    public static IpAddress ReadIPv4(ReadOnlySpan<byte> source) =>
        FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(source));

    /// <summary>Reads sixteen bytes in network order; the span must hold them.</summary>
    public static IpAddress ReadIPv6(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt64BigEndian(source),
        BinaryPrimitives.ReadUInt64BigEndian(source[8..]));

    /// <summary>Writes the four bytes of an IPv4 address in network order.</summary>
    public void WriteIPv4(Span<byte> destination) =>
        BinaryPrimitives.WriteUInt32BigEndian(destination, IPv4);

    /// <summary>Writes all sixteen bytes (an IPv4 address in its mapped form).</summary>
    public void WriteIPv6(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, High);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Low);
    }

    /// <summary>
    /// Parses the usual text forms of both families; no scope, no port. IPv4 is four decimal
    /// numbers without leading zeros, which some programs take for octal (RFC 6943 section 3.1.1).
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out IpAddress address)
    {
        address = default;
        if (!text.Contains(':'))
        {
            return TryParseIPv4(text, out address);
        }

        if (text.ContainsAny("%[") || !IPAddress.TryParse(text, out IPAddress? parsed))
        {
            return false;
        }

        address = From(parsed);
        return true;
    }

    /// <summary>Parses, or throws <see cref="FormatException"/>: for constants and tests.</summary>
    public static IpAddress Parse(ReadOnlySpan<char> text) => TryParse(text, out IpAddress address)
        ? address : throw new FormatException($"'{text}' is not an IPv4 or IPv6 address");

    public static IpAddress From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int written);
        return written == 4 ? ReadIPv4(bytes) : ReadIPv6(bytes);
    }

    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        if (IsIPv4)
        {
            WriteIPv4(bytes);
            return new IPAddress(bytes[..4]);
        }

        WriteIPv6(bytes);
        return new IPAddress(bytes);
    }

    public int CompareTo(IpAddress other) =>
        High != other.High ? High.CompareTo(other.High) : Low.CompareTo(other.Low);

    public override string ToString() => ToIPAddress().ToString();

    private static bool TryParseIPv4(ReadOnlySpan<char> text, out IpAddress address)
    {
        address = default;
        uint value = 0;
        int parts = 0;
        foreach (Range range in text.Split('.'))
        {
            ReadOnlySpan<char> part = text[range];
            if ((part.Length > 1 && part[0] == '0')
                || !byte.TryParse(
                    part, NumberStyles.None, CultureInfo.InvariantCulture, out byte octet))
            {
                return false;
            }

            value = (value << 8) | octet;
            parts++;
        }

        address = FromIPv4(value);
        return parts == 4;
    }
}
