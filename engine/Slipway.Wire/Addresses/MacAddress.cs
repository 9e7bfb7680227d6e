using System.Buffers.Binary;
using System.Globalization;

namespace Slipway.Wire;

/// <summary>
/// A 48-bit Ethernet address (IEEE 802), kept as a number whose top 16 bits are zero.
/// </summary>
public readonly record struct MacAddress(ulong Value)
{
    /// <summary>Length on the wire, in bytes.</summary>
    public const int LengthBytes = 6;

    /// <summary>ff:ff:ff:ff:ff:ff.</summary>
    public static readonly MacAddress Broadcast = new(0xffff_ffff_ffff);

    /// <summary>True for group addresses, broadcast included (the I/G bit).</summary>
    public bool IsMulticast => (Value & 0x0100_0000_0000) != 0;

    public bool IsZero => Value == 0;

    /// <summary>
    /// The modified EUI-64, which is the low half of an IPv6 address: fffe put in the middle and
    /// the universal/local bit turned over (RFC 4291 appendix A).
    /// </summary>
    public ulong InterfaceIdentifier =>
        ((Value & 0xffff_ff00_0000) << 16) ^ 0x0200_00ff_fe00_0000 ^ (Value & 0xff_ffff);

    /// <summary>Reads six bytes in network order; the span must hold them.</summary>
    public static MacAddress Read(ReadOnlySpan<byte> source) =>
        new(((ulong)BinaryPrimitives.ReadUInt16BigEndian(source) << 32)
            | BinaryPrimitives.ReadUInt32BigEndian(source[2..]));

    /// <summary>Writes six bytes in network order; the span must hold them.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)(Value >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(destination[2..], (uint)Value);
    }

    /// <summary>Parses six hexadecimal pairs joined by ':' or '-'.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out MacAddress address)
    {
        address = default;
        if (text.Length != 17)
        {
            return false;
        }

        ulong value = 0;
        for (int i = 0; i < 6; i++)
        {
            if ((i > 0 && text[(i * 3) - 1] is not (':' or '-'))
                || !byte.TryParse(text.Slice(i * 3, 2), NumberStyles.AllowHexSpecifier,
                    CultureInfo.InvariantCulture, out byte octet))
            {
                return false;
            }

            value = (value << 8) | octet;
        }

        address = new MacAddress(value);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{(byte)(Value >> 40):x2}:{(byte)(Value >> 32):x2}:{(byte)(Value >> 24):x2}:"
        + $"{(byte)(Value >> 16):x2}:{(byte)(Value >> 8):x2}:{(byte)Value:x2}");
}
