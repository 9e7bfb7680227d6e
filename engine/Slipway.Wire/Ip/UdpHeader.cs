using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// The header of a UDP datagram (RFC 768).
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |          Source Port          |        Destination Port       |
/// +-------------------------------+-------------------------------+
/// |             Length            |            Checksum           |
/// +-------------------------------+-------------------------------+
/// </code>
/// </summary>
public readonly ref struct UdpHeader
{
    private const int SourcePortOffset = 0;
    private const int DestinationPortOffset = 2;
    private const int LengthOffset = 4;
    /// <summary>Where the checksum is, in bytes from the header's start.</summary>
    public const int ChecksumOffset = 6;

    /// <summary>Length of the header, in bytes.</summary>
    public const int LengthBytes = 8;

    // Cut to the length that the header tells.
    private readonly ReadOnlySpan<byte> _datagram;

    private UdpHeader(ReadOnlySpan<byte> datagram) => _datagram = datagram;

    public ushort SourcePort => BinaryPrimitives.ReadUInt16BigEndian(_datagram[SourcePortOffset..]);

    public ushort DestinationPort =>
        BinaryPrimitives.ReadUInt16BigEndian(_datagram[DestinationPortOffset..]);

    /// <summary>False if the sender computed none: the field is zero.</summary>
    public bool HasChecksum =>
        BinaryPrimitives.ReadUInt16BigEndian(_datagram[ChecksumOffset..]) != 0;

    public ReadOnlySpan<byte> Payload => _datagram[LengthBytes..];

    /// <summary>Reads the payload of an IP packet; bytes behind the datagram are cut off.</summary>
    /// <returns>
    /// <see cref="ParseError.Truncated"/>, <see cref="ParseError.TotalLength"/>, or
    /// <see cref="ParseError.Checksum"/>. A checksum of zero is good for IPv4 only (RFC 8200
    /// section 8.1).
    /// </returns>
    public static ParseError TryParse(
        ReadOnlySpan<byte> payload, IpAddress source, IpAddress destination, out UdpHeader header,
        bool isChecksumOpen = false)
    {
        header = default;
        if (payload.Length < LengthBytes)
        {
            return ParseError.Truncated;
        }

        int lengthBytes = BinaryPrimitives.ReadUInt16BigEndian(payload[LengthOffset..]);
        if (lengthBytes < LengthBytes || lengthBytes > payload.Length)
        {
            return ParseError.TotalLength;
        }

        payload = payload[..lengthBytes];
        bool isUnchecked = isChecksumOpen || (source.IsIPv4
            && BinaryPrimitives.ReadUInt16BigEndian(payload[ChecksumOffset..]) == 0);
        ulong pseudo = Pseudo(payload, source, destination);
        if (!isUnchecked && InternetChecksum.Compute(payload, pseudo) != 0)
        {
            return ParseError.Checksum;
        }

        header = new UdpHeader(payload);
        return ParseError.None;
    }

    /// <summary>Writes the header in front of a payload that is already there.</summary>
    /// <param name="datagram">Header and payload, 8 to 65515 bytes.</param>
    /// <param name="sourcePort">Port of the sender.</param>
    /// <param name="destinationPort">Port of the receiver.</param>
    /// <param name="source">Source of the packet, for the checksum.</param>
    /// <param name="destination">Destination of the packet, for the checksum.</param>
    /// <param name="leaveChecksumOpen">
    /// Writes the sum of the pseudo-header alone; the link does the rest.
    /// </param>
    public static void Write(
        Span<byte> datagram, ushort sourcePort, ushort destinationPort,
        IpAddress source, IpAddress destination, bool leaveChecksumOpen = false)
    {
        BinaryPrimitives.WriteUInt16BigEndian(datagram[SourcePortOffset..], sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(datagram[DestinationPortOffset..], destinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(datagram[LengthOffset..], (ushort)datagram.Length);
        BinaryPrimitives.WriteUInt16BigEndian(datagram[ChecksumOffset..], 0);
        ulong pseudo = Pseudo(datagram, source, destination);
        ushort checksum = leaveChecksumOpen
            ? InternetChecksum.FinishOpen(pseudo) : InternetChecksum.Compute(datagram, pseudo);

        // A zero on the wire says that there is none, so the other zero is sent (RFC 768).
        BinaryPrimitives.WriteUInt16BigEndian(
            datagram[ChecksumOffset..], checksum == 0 ? ushort.MaxValue : checksum);
    }

    private static ulong Pseudo(
        ReadOnlySpan<byte> datagram, IpAddress source, IpAddress destination) =>
        InternetChecksum.PseudoHeader(source, destination, IpProtocol.Udp, datagram.Length);
}
