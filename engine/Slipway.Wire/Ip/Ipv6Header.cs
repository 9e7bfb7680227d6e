using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// The header of an IPv6 packet with what follows it up to the upper layer (RFC 8200).
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |Version| Traffic Class |           Flow Label                  |
/// +-------+---------------+-------+---------------+---------------+
/// |         Payload Length        |  Next Header  |   Hop Limit   |
/// +-------------------------------+---------------+---------------+
/// |                    Source Address (128 bits)                  |
/// +---------------------------------------------------------------+
/// |                  Destination Address (128 bits)               |
/// +---------------------------------------------------------------+
/// |      Extension headers (Ipv6Extensions) ... upper layer       |
/// +---------------------------------------------------------------+
/// </code>
/// </summary>
public readonly ref struct Ipv6Header
{
    private const int PayloadLengthOffset = 4;
    private const int HopLimitOffset = 7;
    private const int SourceOffset = 8;
    private const int DestinationOffset = 24;
    private const uint FlowLabelMask = 0xf_ffff;

    /// <summary>Where the first next header is named, in bytes from the packet's start.</summary>
    public const int NextHeaderOffset = 6;

    /// <summary>Length of the fixed header, in bytes.</summary>
    public const int LengthBytes = 40;

    /// <summary>Length of what may follow the fixed header, in bytes.</summary>
    public const int MaximumPayloadLengthBytes = ushort.MaxValue;

    /// <summary>What every link carries unfragmented, in bytes (RFC 8200 section 5).</summary>
    public const int MinimumMtuBytes = 1280;

    // Cut to the payload length.
    private readonly ReadOnlySpan<byte> _packet;
    private readonly Ipv6Extensions _extensions;

    private Ipv6Header(
        ReadOnlySpan<byte> packet, scoped in Ipv6Extensions extensions)
    {
        _packet = packet;
        _extensions = extensions;
    }

    /// <summary>DSCP (RFC 2474) and ECN (RFC 3168).</summary>
    public byte TrafficClass => (byte)(BinaryPrimitives.ReadUInt16BigEndian(_packet) >> 4);

    /// <summary>20 bits (RFC 6437).</summary>
    public uint FlowLabel => BinaryPrimitives.ReadUInt32BigEndian(_packet) & FlowLabelMask;

    public byte HopLimit => _packet[HopLimitOffset];

    public IpAddress Source => IpAddress.ReadIPv6(_packet[SourceOffset..]);

    public IpAddress Destination => IpAddress.ReadIPv6(_packet[DestinationOffset..]);

    /// <summary>
    /// What <see cref="Payload"/> is; may be a number that <see cref="IpProtocol"/> lacks.
    /// </summary>
    public IpProtocol Protocol => _extensions.Protocol;

    /// <summary>What stands between the fixed header and the payload.</summary>
    public Ipv6Extensions Extensions => _extensions;

    /// <summary>
    /// The upper layer's bytes; of a fragment its piece of the fragmentable part.
    /// </summary>
    public ReadOnlySpan<byte> Payload => _packet[_extensions.PayloadOffsetBytes..];

    /// <summary>All of the packet, without the padding of a short frame.</summary>
    public ReadOnlySpan<byte> Packet => _packet;

    /// <summary>
    /// Reads the payload of a frame; padding behind the packet is cut off. A packet whose extension
    /// headers are not to be had is no parse error: see <see cref="Ipv6Extensions.Problem"/>.
    /// </summary>
    /// <returns>
    /// <see cref="ParseError.Truncated"/>, <see cref="ParseError.Version"/>,
    /// <see cref="ParseError.TotalLength"/>, <see cref="ParseError.AddressType"/> where an address
    /// is an IPv4-mapped one, which has no business on a wire (RFC 4942 section 2.2),
    /// <see cref="ParseError.HeaderLength"/> where an extension header passes the end, or
    /// <see cref="ParseError.Option"/> where an option passes its header's.
    /// </returns>
    public static ParseError TryParse(ReadOnlySpan<byte> packet, out Ipv6Header header)
    {
        header = default;
        if (packet.Length < LengthBytes)
        {
            return ParseError.Truncated;
        }

        if (packet[0] >> 4 != 6)
        {
            return ParseError.Version;
        }

        // A length of 0 announces a jumbogram (RFC 2675), of which there are none here, or an
        // empty packet.
        int lengthBytes =
            LengthBytes + BinaryPrimitives.ReadUInt16BigEndian(packet[PayloadLengthOffset..]);
        if (lengthBytes > packet.Length)
        {
            return ParseError.TotalLength;
        }

        packet = packet[..lengthBytes];
        if (IpAddress.ReadIPv6(packet[SourceOffset..]).IsIPv4
            || IpAddress.ReadIPv6(packet[DestinationOffset..]).IsIPv4)
        {
            return ParseError.AddressType;
        }

        ParseError error = Ipv6Extensions.TryRead(
            packet, (IpProtocol)packet[NextHeaderOffset], out Ipv6Extensions extensions);
        header = error == ParseError.None ? new Ipv6Header(packet, extensions) : default;
        return error;
    }

    /// <summary>Writes a fixed header of 40 bytes.</summary>
    /// <param name="packet">At least 40 bytes; what follows is not touched.</param>
    /// <param name="payloadLengthBytes">All that follows: 0 to 65535.</param>
    /// <param name="trafficClass">DSCP and ECN.</param>
    /// <param name="flowLabel">20 bits; 0 for none.</param>
    /// <param name="nextHeader">What follows.</param>
    /// <param name="hopLimit">Hops that are left.</param>
    /// <param name="source">An IPv6 address.</param>
    /// <param name="destination">An IPv6 address.</param>
    public static void Write(
        Span<byte> packet, int payloadLengthBytes, byte trafficClass, uint flowLabel,
        IpProtocol nextHeader, byte hopLimit, IpAddress source, IpAddress destination)
    {
        packet = packet[..LengthBytes];
        uint first = (6u << 28) | ((uint)trafficClass << 20) | (flowLabel & FlowLabelMask);
        BinaryPrimitives.WriteUInt32BigEndian(packet, first);
        BinaryPrimitives.WriteUInt16BigEndian(
            packet[PayloadLengthOffset..], (ushort)payloadLengthBytes);
        packet[NextHeaderOffset] = (byte)nextHeader;
        packet[HopLimitOffset] = hopLimit;
        source.WriteIPv6(packet[SourceOffset..]);
        destination.WriteIPv6(packet[DestinationOffset..]);
    }
}
