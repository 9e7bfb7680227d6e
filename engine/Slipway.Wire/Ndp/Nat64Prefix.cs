using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// The PREF64 option of a router advertisement (RFC 8781 section 4): where a NAT64 has the IPv4
/// addresses (RFC 6052). The lifetime is in units of 8 s; PLC is the prefix length's code.
/// <code>
/// +---------------+---------------+-------------------------+-----+
/// |   Type (38)   |  Length (2)   |     Scaled Lifetime     | PLC |
/// +---------------+---------------+-------------------------+-----+
/// |             Highest 96 bits of the prefix                     |
/// +---------------------------------------------------------------+
///    PLC   0  1  2  3  4  5
///    bits 96 64 56 48 40 32
/// </code>
/// </summary>
/// <param name="Prefix">Of IPv6 and one of the lengths above.</param>
/// <param name="LifetimeSeconds">
/// 0 to 65528; rounded up to a multiple of 8 when it is written, so that it does not become 0.
/// </param>
public readonly record struct Nat64Prefix(IpPrefix Prefix, ushort LifetimeSeconds)
{
    private const int LifetimeOffset = 2;
    private const int PrefixOffset = 4;
    private const int PrefixBytes = 12;
    private const int LongestPrefix = 96;
    private const int CodeMask = 7;
    private const int LifetimeUnitSeconds = CodeMask + 1;
    private const int MaxLifetimeSeconds = 0xfff8;

    /// <summary>Length of the option, in bytes.</summary>
    public const int LengthBytes = 16;

    /// <summary>Whether a prefix of this length can be told (RFC 6052 section 2.2).</summary>
    public static bool IsLength(int length) =>
        length is LongestPrefix or 64 or 56 or 48 or 40 or 32;

    /// <summary>Reads a whole option; bits behind the prefix's length do not count.</summary>
    /// <returns>
    /// <see cref="ParseError.Option"/> for another length of the option, or
    /// <see cref="ParseError.Field"/> for a code without a length or a prefix that is none of IPv6.
    /// </returns>
    public static ParseError TryRead(ReadOnlySpan<byte> option, out Nat64Prefix nat64)
    {
        nat64 = default;
        if (option.Length != LengthBytes)
        {
            return ParseError.Option;
        }

        ushort field = BinaryPrimitives.ReadUInt16BigEndian(option[LifetimeOffset..]);
        int length = LengthOf(field & CodeMask);
        Span<byte> network = stackalloc byte[IpAddress.IPv6LengthBytes];
        network.Clear();
        option.Slice(PrefixOffset, PrefixBytes).CopyTo(network);
        if (!IsLength(length)
            || !IpPrefix.TryMakeIPv6(IpAddress.ReadIPv6(network), length, out IpPrefix prefix))
        {
            return ParseError.Field;
        }

        nat64 = new Nat64Prefix(prefix, (ushort)(field & ~CodeMask));
        return ParseError.None;
    }

    // Type and length stand there already, and zeros behind them.
    internal void Write(Span<byte> option)
    {
        Span<byte> network = stackalloc byte[IpAddress.IPv6LengthBytes];
        Prefix.Network.WriteIPv6(network);
        int lifetime = Math.Min(LifetimeSeconds + LifetimeUnitSeconds - 1, MaxLifetimeSeconds);
        BinaryPrimitives.WriteUInt16BigEndian(
            option[LifetimeOffset..], (ushort)((lifetime & ~CodeMask) | CodeOf(Prefix.Length)));
        network[..PrefixBytes].CopyTo(option[PrefixOffset..]);
    }

    private static int CodeOf(int length) => length == LongestPrefix ? 0 : (72 - length) / 8;

    private static int LengthOf(int code) => code == 0 ? LongestPrefix : 72 - (code * 8);
}
