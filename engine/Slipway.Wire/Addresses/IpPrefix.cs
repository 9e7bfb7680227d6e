using System.Globalization;

namespace Slipway.Wire;

/// <summary>A network prefix: an address with its host bits zero, and a length in bits.</summary>
/// <param name="Network">The first address of the prefix.</param>
/// <param name="Length">Bits of prefix: 0 to 32 for IPv4, 0 to 128 for IPv6.</param>
public readonly record struct IpPrefix(IpAddress Network, int Length)
{
    private int MappedLength => Network.IsIPv4 ? Length + 96 : Length;

    /// <summary>The netmask in host order; IPv4 only.</summary>
    public uint IPv4Mask => Length == 0 ? 0 : uint.MaxValue << (32 - Length);

    /// <summary>The last address (the directed broadcast of IPv4).</summary>
    public IpAddress Last
    {
        get
        {
            (ulong high, ulong low) = Mask(MappedLength);
            return new IpAddress(Network.High | ~high, Network.Low | ~low);
        }
    }

    public bool Contains(IpAddress address)
    {
        (ulong high, ulong low) = Mask(MappedLength);
        return (address.High & high) == Network.High && (address.Low & low) == Network.Low;
    }

    public bool Overlaps(IpPrefix other) => Contains(other.Network) || other.Contains(Network);

    /// <summary>
    /// The address at a distance from the first one (prefixes of at most 2^63 addresses).
    /// </summary>
    public IpAddress At(ulong offset) => new(Network.High, Network.Low + offset);

    /// <summary>The prefix of a length that an address of either family lies in.</summary>
    public static IpPrefix Around(IpAddress address, int length)
    {
        (ulong high, ulong low) = Mask(address.IsIPv4 ? length + 96 : length);
        return new IpPrefix(new IpAddress(address.High & high, address.Low & low), length);
    }

    /// <summary>Parses "192.168.127.0/24"; host bits must be zero.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out IpPrefix prefix)
    {
        prefix = default;
        int slash = text.IndexOf('/');
        if (slash < 0 || !IpAddress.TryParse(text[..slash], out IpAddress address)
            || !int.TryParse(
                text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture,
                out int length)
            || length > (address.IsIPv4 ? 32 : 128))
        {
            return false;
        }

        prefix = new IpPrefix(address, length);
        (ulong high, ulong low) = Mask(prefix.MappedLength);
        return (address.High & ~high) == 0 && (address.Low & ~low) == 0;
    }

    /// <summary>
    /// The prefix of an address of IPv6, whose further bits do not count; false for a length over
    /// 128 and for addresses that would pass for IPv4 in its mapped form.
    /// </summary>
    public static bool TryMakeIPv6(IpAddress address, int length, out IpPrefix prefix)
    {
        prefix = default;
        if (length > 128)
        {
            return false;
        }

        (ulong high, ulong low) = Mask(length);
        prefix = new IpPrefix(new IpAddress(address.High & high, address.Low & low), length);
        return !prefix.Network.IsIPv4;
    }

    /// <summary>Parses, or throws <see cref="FormatException"/>: for constants and tests.</summary>
    public static IpPrefix Parse(ReadOnlySpan<char> text) => TryParse(text, out IpPrefix prefix)
        ? prefix
        : throw new FormatException($"'{text}' is not a network prefix such as 192.168.127.0/24");

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Network}/{Length}");

    private static (ulong High, ulong Low) Mask(int length) => (
        length == 0 ? 0 : length >= 64 ? ulong.MaxValue : ulong.MaxValue << (64 - length),
        length <= 64 ? 0 : ulong.MaxValue << (128 - length));
}
