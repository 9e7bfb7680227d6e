using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// The route information option of a router advertisement (RFC 4191 section 2.3). The prefix has
/// as many bytes as its length needs: none, 8 or 16. The preference (Prf) is written as medium and
/// not read.
/// <code>
/// +---------------+---------------+---------------+-----+---+-----+
/// |   Type (24)   | Length (1-3)  | Prefix Length |Resvd|Prf|Resvd|
/// +---------------+---------------+---------------+-----+---+-----+
/// |                        Route Lifetime                         |
/// +---------------------------------------------------------------+
/// |                   Prefix (0, 64 or 128 bits)                  |
/// +---------------------------------------------------------------+
/// </code>
/// </summary>
/// <param name="Prefix">Of IPv6.</param>
/// <param name="LifetimeSeconds">
/// How long; <see cref="PrefixInformation.Infinite"/> for ever.
/// </param>
public readonly record struct RouteInformation(IpPrefix Prefix, uint LifetimeSeconds)
{
    private const int PrefixLengthOffset = 2;
    private const int LifetimeOffset = 4;
    private const int PrefixOffset = 8;

    /// <summary>Length of the option: 8, 16 or 24.</summary>
    public int LengthBytes => PrefixOffset + PrefixBytes(Prefix.Length);

    /// <summary>Reads a whole option; bits behind the prefix's length do not count.</summary>
    /// <returns>
    /// <see cref="ParseError.Option"/> if the option is too short for its prefix, or
    /// <see cref="ParseError.Field"/> for a prefix that is none of IPv6.
    /// </returns>
    public static ParseError TryRead(ReadOnlySpan<byte> option, out RouteInformation route)
    {
        route = default;
        if (option.Length < PrefixOffset
            || option.Length < PrefixOffset + PrefixBytes(option[PrefixLengthOffset]))
        {
            return ParseError.Option;
        }

        Span<byte> network = stackalloc byte[IpAddress.IPv6LengthBytes];
        network.Clear();
        ReadOnlySpan<byte> sent = option[PrefixOffset..];
        sent[..Math.Min(sent.Length, network.Length)].CopyTo(network);
        if (!IpPrefix.TryMakeIPv6(
            IpAddress.ReadIPv6(network), option[PrefixLengthOffset], out IpPrefix prefix))
        {
            return ParseError.Field;
        }

        route = new RouteInformation(
            prefix, BinaryPrimitives.ReadUInt32BigEndian(option[LifetimeOffset..]));
        return ParseError.None;
    }

    // Type and length stand there already, and zeros behind them.
    internal void Write(Span<byte> option)
    {
        Span<byte> network = stackalloc byte[IpAddress.IPv6LengthBytes];
        Prefix.Network.WriteIPv6(network);
        option[PrefixLengthOffset] = (byte)Prefix.Length;
        BinaryPrimitives.WriteUInt32BigEndian(option[LifetimeOffset..], LifetimeSeconds);
        network[..PrefixBytes(Prefix.Length)].CopyTo(option[PrefixOffset..]);
    }

    private static int PrefixBytes(int prefixLength) => (prefixLength + 63) / 64 * 8;
}
