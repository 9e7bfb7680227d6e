using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// Option 5, IAADDR (RFC 8415 section 21.6): an address and how long it may be used. Options of its
/// own, which only a server sends, are not read.
/// <code>
/// +---------------------------------------------------------------+
/// |                         IPv6-address (16)                     |
/// +---------------------------------------------------------------+
/// |                      preferred-lifetime (4)                   |
/// +---------------------------------------------------------------+
/// |                        valid-lifetime (4)                     |
/// +---------------------------------------------------------------+
/// |                        IAaddr-options                         |
/// </code>
/// </summary>
/// <param name="Address">The address.</param>
/// <param name="PreferredSeconds">New connections may use it; at most the other time.</param>
/// <param name="ValidSeconds">It is the client's; zero takes it away.</param>
public readonly record struct Dhcp6Address(
    IpAddress Address, uint PreferredSeconds, uint ValidSeconds)
{
    /// <summary>Length without options, in bytes.</summary>
    public const int LengthBytes = 24;

    private const int PreferredOffset = 16;
    private const int ValidOffset = 20;

    /// <summary>Reads an option's value; options behind the fixed part are passed over.</summary>
    public static ParseError TryRead(ReadOnlySpan<byte> value, out Dhcp6Address address)
    {
        address = default;
        if (value.Length < LengthBytes)
        {
            return ParseError.Truncated;
        }

        address = new Dhcp6Address(
            IpAddress.ReadIPv6(value),
            BinaryPrimitives.ReadUInt32BigEndian(value[PreferredOffset..]),
            BinaryPrimitives.ReadUInt32BigEndian(value[ValidOffset..]));
        return ParseError.None;
    }

    /// <summary>Writes <see cref="LengthBytes"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        Address.WriteIPv6(destination);
        BinaryPrimitives.WriteUInt32BigEndian(destination[PreferredOffset..], PreferredSeconds);
        BinaryPrimitives.WriteUInt32BigEndian(destination[ValidOffset..], ValidSeconds);
    }
}
