using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// The header of an IPv4 packet (RFC 791 section 3.1).
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |Version|  IHL  |Type of Service|          Total Length         |
/// +-------+-------+---------------+-----+-------------------------+
/// |         Identification        |Flags|      Fragment Offset    |
/// +---------------+---------------+-----+-------------------------+
/// |  Time to Live |    Protocol   |         Header Checksum       |
/// +---------------+---------------+-------------------------------+
/// |                         Source Address                        |
/// +---------------------------------------------------------------+
/// |                      Destination Address                      |
/// +---------------------------------------------------------------+
/// |                    Options ... (to 32 bits)                   |
/// +---------------------------------------------------------------+
/// </code>
/// </summary>
public readonly ref struct Ipv4Header
{
    private const int VersionOffset = 0;
    private const int TypeOfServiceOffset = 1;
    private const int TotalLengthOffset = 2;
    private const int IdentificationOffset = 4;
    private const int FragmentOffset = 6;
    private const int TtlOffset = 8;
    private const int ProtocolOffset = 9;
    private const int ChecksumOffset = 10;
    private const int SourceOffset = 12;
    private const int DestinationOffset = 16;

    private const ushort DontFragmentFlag = 0x4000;
    private const ushort MoreFragmentsFlag = 0x2000;
    private const ushort FragmentOffsetMask = 0x1fff;

    /// <summary>Length of a header without options, in bytes.</summary>
    public const int MinimumLengthBytes = 20;

    /// <summary>Length of the longest packet, its header included, in bytes.</summary>
    public const int MaximumTotalLengthBytes = ushort.MaxValue;

    // Cut to the total length; the header length lies between 20 and that.
    private readonly ReadOnlySpan<byte> _packet;

    private Ipv4Header(ReadOnlySpan<byte> packet) => _packet = packet;

    /// <summary>20 to 60.</summary>
    public int HeaderLengthBytes => (_packet[VersionOffset] & 0x0f) * 4;

    /// <summary>Header and payload, without the padding of a short frame.</summary>
    public int TotalLengthBytes => _packet.Length;

    /// <summary>DSCP (RFC 2474) and ECN (RFC 3168).</summary>
    public byte TypeOfService => _packet[TypeOfServiceOffset];

    public ushort Identification =>
        BinaryPrimitives.ReadUInt16BigEndian(_packet[IdentificationOffset..]);

    public bool DontFragment => (FlagsAndOffset & DontFragmentFlag) != 0;

    public bool MoreFragments => (FlagsAndOffset & MoreFragmentsFlag) != 0;

    /// <summary>
    /// Where the payload belongs in the whole datagram's: 0 to 65528, a multiple of 8.
    /// </summary>
    public int FragmentOffsetBytes => (FlagsAndOffset & FragmentOffsetMask) * 8;

    /// <summary>True for all parts of a fragmented datagram, the first one included.</summary>
    public bool IsFragment => (FlagsAndOffset & (MoreFragmentsFlag | FragmentOffsetMask)) != 0;

    public byte Ttl => _packet[TtlOffset];

    /// <summary>
    /// What the packet carries; may be a number that <see cref="IpProtocol"/> lacks.
    /// </summary>
    public IpProtocol Protocol => (IpProtocol)_packet[ProtocolOffset];

    public IpAddress Source => IpAddress.ReadIPv4(_packet[SourceOffset..]);

    public IpAddress Destination => IpAddress.ReadIPv4(_packet[DestinationOffset..]);

    /// <summary>0 to 40 bytes, not looked into.</summary>
    public ReadOnlySpan<byte> Options => _packet[MinimumLengthBytes..HeaderLengthBytes];

    public ReadOnlySpan<byte> Payload => _packet[HeaderLengthBytes..];

    /// <summary>Header and payload, without the padding of a short frame.</summary>
    public ReadOnlySpan<byte> Packet => _packet;

    private ushort FlagsAndOffset =>
        BinaryPrimitives.ReadUInt16BigEndian(_packet[FragmentOffset..]);

    /// <summary>Reads the payload of a frame; padding behind the packet is cut off.</summary>
    /// <returns>
    /// <see cref="ParseError.Truncated"/>, <see cref="ParseError.Version"/>,
    /// <see cref="ParseError.HeaderLength"/>, <see cref="ParseError.TotalLength"/> or
    /// <see cref="ParseError.Checksum"/>, in the order of this list.
    /// </returns>
    public static ParseError TryParse(ReadOnlySpan<byte> packet, out Ipv4Header header)
    {
        header = default;
        if (packet.Length < MinimumLengthBytes)
        {
            return ParseError.Truncated;
        }

        if (packet[VersionOffset] >> 4 != 4)
        {
            return ParseError.Version;
        }

        int headerLengthBytes = (packet[VersionOffset] & 0x0f) * 4;
        if (headerLengthBytes < MinimumLengthBytes || headerLengthBytes > packet.Length)
        {
            return ParseError.HeaderLength;
        }

        int totalLengthBytes = BinaryPrimitives.ReadUInt16BigEndian(packet[TotalLengthOffset..]);
        if (totalLengthBytes < headerLengthBytes || totalLengthBytes > packet.Length)
        {
            return ParseError.TotalLength;
        }

        if (InternetChecksum.Compute(packet[..headerLengthBytes]) != 0)
        {
            return ParseError.Checksum;
        }

        header = new Ipv4Header(packet[..totalLengthBytes]);
        return ParseError.None;
    }

    /// <summary>Writes a header of 20 bytes, its checksum included.</summary>
    /// <param name="packet">At least 20 bytes; the payload is not touched.</param>
    /// <param name="totalLengthBytes">Header and payload: 20 to 65535.</param>
    /// <param name="typeOfService">DSCP and ECN.</param>
    /// <param name="identification">Names the datagram whose fragments belong together.</param>
    /// <param name="dontFragment">The DF flag.</param>
    /// <param name="moreFragments">The MF flag.</param>
    /// <param name="fragmentOffsetBytes">A multiple of 8.</param>
    /// <param name="ttl">Time to live, in hops.</param>
    /// <param name="protocol">What the payload is.</param>
    /// <param name="source">An IPv4 address.</param>
    /// <param name="destination">An IPv4 address.</param>
    public static void Write(
        Span<byte> packet, int totalLengthBytes, byte typeOfService, ushort identification,
        bool dontFragment, bool moreFragments, int fragmentOffsetBytes, byte ttl,
        IpProtocol protocol, IpAddress source, IpAddress destination)
    {
        packet = packet[..MinimumLengthBytes];
        int flags = (dontFragment ? DontFragmentFlag : 0) | (moreFragments ? MoreFragmentsFlag : 0);
        packet[VersionOffset] = 0x45;
        packet[TypeOfServiceOffset] = typeOfService;
        BinaryPrimitives.WriteUInt16BigEndian(
            packet[TotalLengthOffset..], (ushort)totalLengthBytes);
        BinaryPrimitives.WriteUInt16BigEndian(packet[IdentificationOffset..], identification);
        BinaryPrimitives.WriteUInt16BigEndian(
            packet[FragmentOffset..], (ushort)(flags | (fragmentOffsetBytes / 8)));
        packet[TtlOffset] = ttl;
        packet[ProtocolOffset] = (byte)protocol;
        BinaryPrimitives.WriteUInt16BigEndian(packet[ChecksumOffset..], 0);
        source.WriteIPv4(packet[SourceOffset..]);
        destination.WriteIPv4(packet[DestinationOffset..]);
        BinaryPrimitives.WriteUInt16BigEndian(
            packet[ChecksumOffset..], InternetChecksum.Compute(packet));
    }
}
