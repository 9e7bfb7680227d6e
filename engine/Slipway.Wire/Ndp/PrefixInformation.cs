using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// The prefix information option of a router advertisement (RFC 4861 section 4.6.2).
/// <code>
/// +---------------+---------------+---------------+-+-+-----------+
/// |   Type (3)    |  Length (4)   | Prefix Length |L|A| Reserved  |
/// +---------------+---------------+---------------+-+-+-----------+
/// |                         Valid Lifetime                        |
/// +---------------------------------------------------------------+
/// |                       Preferred Lifetime                      |
/// +---------------------------------------------------------------+
/// |                           Reserved                            |
/// +---------------------------------------------------------------+
/// |                       Prefix (128 bits)                       |
/// +---------------------------------------------------------------+
/// </code>
/// </summary>
/// <param name="Prefix">Of IPv6.</param>
/// <param name="IsOnLink">Its addresses are reached without a router (L).</param>
/// <param name="IsAutonomous">
/// Hosts may make themselves addresses of it (A); its length must then be 64 on Ethernet.
/// </param>
/// <param name="ValidSeconds">How long; <see cref="Infinite"/> for ever.</param>
/// <param name="PreferredSeconds">
/// How long for new connections: at most <paramref name="ValidSeconds"/>.
/// </param>
public readonly record struct PrefixInformation(
    IpPrefix Prefix, bool IsOnLink, bool IsAutonomous, uint ValidSeconds, uint PreferredSeconds)
{
    private const int PrefixLengthOffset = 2;
    private const int FlagsOffset = 3;
    private const int ValidOffset = 4;
    private const int PreferredOffset = 8;
    private const int PrefixOffset = 16;
    private const byte OnLinkFlag = 0x80;
    private const byte AutonomousFlag = 0x40;

    /// <summary>Length of the option, in bytes.</summary>
    public const int LengthBytes = 32;

    /// <summary>A lifetime without end.</summary>
    public const uint Infinite = uint.MaxValue;

    /// <summary>Reads a whole option; bits behind the prefix's length do not count.</summary>
    /// <returns>
    /// <see cref="ParseError.Option"/> for another length of the option, or
    /// <see cref="ParseError.Field"/> for a prefix that is none of IPv6.
    /// </returns>
    public static ParseError TryRead(ReadOnlySpan<byte> option, out PrefixInformation information)
    {
        information = default;
        if (option.Length != LengthBytes)
        {
            return ParseError.Option;
        }

        if (!IpPrefix.TryMakeIPv6(
            IpAddress.ReadIPv6(option[PrefixOffset..]), option[PrefixLengthOffset],
            out IpPrefix prefix))
        {
            return ParseError.Field;
        }

        information = new PrefixInformation(
            prefix,
            (option[FlagsOffset] & OnLinkFlag) != 0,
            (option[FlagsOffset] & AutonomousFlag) != 0,
            BinaryPrimitives.ReadUInt32BigEndian(option[ValidOffset..]),
            BinaryPrimitives.ReadUInt32BigEndian(option[PreferredOffset..]));
        return ParseError.None;
    }

    // Type and length stand there already, and zeros behind them.
    internal void Write(Span<byte> option)
    {
        option[PrefixLengthOffset] = (byte)Prefix.Length;
        option[FlagsOffset] =
            (byte)((IsOnLink ? OnLinkFlag : 0) | (IsAutonomous ? AutonomousFlag : 0));
        BinaryPrimitives.WriteUInt32BigEndian(option[ValidOffset..], ValidSeconds);
        BinaryPrimitives.WriteUInt32BigEndian(option[PreferredOffset..], PreferredSeconds);
        Prefix.Network.WriteIPv6(option[PrefixOffset..]);
    }
}
