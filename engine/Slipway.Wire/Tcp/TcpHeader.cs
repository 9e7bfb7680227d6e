using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// The header of a TCP segment (RFC 9293 section 3.1).
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |          Source Port          |       Destination Port        |
/// +-------------------------------+-------------------------------+
/// |                        Sequence Number                        |
/// +---------------------------------------------------------------+
/// |                    Acknowledgment Number                      |
/// +-------+-------+-+-+-+-+-+-+-+-+-------------------------------+
/// |  Data |       |C|E|U|A|P|R|S|F|                               |
/// | Offset| Rsrvd |W|C|R|C|S|S|Y|I|            Window             |
/// |       |       |R|E|G|K|H|T|N|N|                               |
/// +-------+-------+-+-+-+-+-+-+-+-+-------------------------------+
/// |           Checksum            |         Urgent Pointer        |
/// +-------------------------------+-------------------------------+
/// |                    Options ... (to 32 bits)                   |
/// +---------------------------------------------------------------+
/// </code>
/// </summary>
public readonly ref struct TcpHeader
{
    private const int SourcePortOffset = 0;
    private const int DestinationPortOffset = 2;
    private const int SequenceNumberOffset = 4;
    private const int AcknowledgmentNumberOffset = 8;
    private const int DataOffsetOffset = 12;
    private const int FlagsOffset = 13;
    private const int WindowOffset = 14;
    /// <summary>Where the checksum is, in bytes from the segment's start.</summary>
    public const int ChecksumOffset = 16;

    private const int UrgentPointerOffset = 18;

    /// <summary>Length of a header without options, in bytes.</summary>
    public const int MinimumLengthBytes = 20;

    /// <summary>Length of a header with all the options that fit, in bytes.</summary>
    public const int MaximumLengthBytes = 60;

    // The data offset lies between 20 and the segment's end.
    private readonly ReadOnlySpan<byte> _segment;

    private TcpHeader(ReadOnlySpan<byte> segment) => _segment = segment;

    public ushort SourcePort => BinaryPrimitives.ReadUInt16BigEndian(_segment[SourcePortOffset..]);

    public ushort DestinationPort =>
        BinaryPrimitives.ReadUInt16BigEndian(_segment[DestinationPortOffset..]);

    /// <summary>Of the first byte of payload; of the SYN itself if it is set (SEG.SEQ).</summary>
    public uint SequenceNumber =>
        BinaryPrimitives.ReadUInt32BigEndian(_segment[SequenceNumberOffset..]);

    /// <summary>The next byte expected (SEG.ACK); meaningful only with the ACK flag.</summary>
    public uint AcknowledgmentNumber =>
        BinaryPrimitives.ReadUInt32BigEndian(_segment[AcknowledgmentNumberOffset..]);

    public TcpFlags Flags => (TcpFlags)_segment[FlagsOffset];

    /// <summary>
    /// The window as it is on the wire (SEG.WND), not yet scaled (RFC 7323 section 2.3).
    /// </summary>
    public ushort Window => BinaryPrimitives.ReadUInt16BigEndian(_segment[WindowOffset..]);

    /// <summary>Meaningful only with the URG flag (SEG.UP).</summary>
    public ushort UrgentPointer =>
        BinaryPrimitives.ReadUInt16BigEndian(_segment[UrgentPointerOffset..]);

    /// <summary>20 to 60: four times the data offset.</summary>
    public int HeaderLengthBytes => (_segment[DataOffsetOffset] >> 4) * 4;

    /// <summary>0 to 40 bytes; see <see cref="TcpOptions"/>.</summary>
    public ReadOnlySpan<byte> Options => _segment[MinimumLengthBytes..HeaderLengthBytes];

    public ReadOnlySpan<byte> Payload => _segment[HeaderLengthBytes..];

    /// <summary>Header, options and payload.</summary>
    public ReadOnlySpan<byte> Segment => _segment;

    /// <summary>Reads the payload of an IP packet.</summary>
    /// <param name="segment">Header, options and payload.</param>
    /// <param name="source">Source of the packet, for the checksum.</param>
    /// <param name="destination">Destination of the packet, for the checksum.</param>
    /// <param name="header">The header; nothing if an error is returned.</param>
    /// <param name="isChecksumOpen">
    /// The sender left the checksum to the link, so there is none to be checked.
    /// </param>
    /// <returns>
    /// <see cref="ParseError.Truncated"/>, <see cref="ParseError.HeaderLength"/> or
    /// <see cref="ParseError.Checksum"/>.
    /// </returns>
    public static ParseError TryParse(
        ReadOnlySpan<byte> segment, IpAddress source, IpAddress destination, out TcpHeader header,
        bool isChecksumOpen = false)
    {
        header = default;
        if (segment.Length < MinimumLengthBytes)
        {
            return ParseError.Truncated;
        }

        int headerLengthBytes = (segment[DataOffsetOffset] >> 4) * 4;
        if (headerLengthBytes < MinimumLengthBytes || headerLengthBytes > segment.Length)
        {
            return ParseError.HeaderLength;
        }

        if (!isChecksumOpen
            && InternetChecksum.Compute(segment, Pseudo(segment, source, destination)) != 0)
        {
            return ParseError.Checksum;
        }

        header = new TcpHeader(segment);
        return ParseError.None;
    }

    /// <summary>Writes the first 20 bytes; options and payload are already there.</summary>
    /// <param name="segment">Header, options and payload.</param>
    /// <param name="headerLengthBytes">20 to 60, a multiple of 4: what the options need.</param>
    /// <param name="sourcePort">Port of the sender.</param>
    /// <param name="destinationPort">Port of the receiver.</param>
    /// <param name="sequenceNumber">SEG.SEQ.</param>
    /// <param name="acknowledgmentNumber">SEG.ACK; zero without the ACK flag.</param>
    /// <param name="flags">The control bits.</param>
    /// <param name="window">The window, scaled already.</param>
    /// <param name="urgentPointer">Zero without the URG flag.</param>
    /// <param name="source">Source of the packet, for the checksum.</param>
    /// <param name="destination">Destination of the packet, for the checksum.</param>
    /// <param name="leaveChecksumOpen">
    /// Writes the sum of the pseudo-header alone; the link does the rest.
    /// </param>
    public static void Write(
        Span<byte> segment, int headerLengthBytes, ushort sourcePort, ushort destinationPort,
        uint sequenceNumber, uint acknowledgmentNumber, TcpFlags flags, ushort window,
        ushort urgentPointer, IpAddress source, IpAddress destination,
        bool leaveChecksumOpen = false)
    {
        BinaryPrimitives.WriteUInt16BigEndian(segment[SourcePortOffset..], sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(segment[DestinationPortOffset..], destinationPort);
        BinaryPrimitives.WriteUInt32BigEndian(segment[SequenceNumberOffset..], sequenceNumber);
        BinaryPrimitives.WriteUInt32BigEndian(
            segment[AcknowledgmentNumberOffset..], acknowledgmentNumber);
        segment[DataOffsetOffset] = (byte)(headerLengthBytes / 4 << 4);
        segment[FlagsOffset] = (byte)flags;
        BinaryPrimitives.WriteUInt16BigEndian(segment[WindowOffset..], window);
        BinaryPrimitives.WriteUInt16BigEndian(segment[ChecksumOffset..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(segment[UrgentPointerOffset..], urgentPointer);
        ulong pseudo = Pseudo(segment, source, destination);
        BinaryPrimitives.WriteUInt16BigEndian(
            segment[ChecksumOffset..],
            leaveChecksumOpen
                ? InternetChecksum.FinishOpen(pseudo) : InternetChecksum.Compute(segment, pseudo));
    }

    private static ulong Pseudo(
        ReadOnlySpan<byte> segment, IpAddress source, IpAddress destination) =>
        InternetChecksum.PseudoHeader(source, destination, IpProtocol.Tcp, segment.Length);
}
