using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// An ICMP message of either family (RFC 792, RFC 4443 section 2.1). The second word depends on the
/// type: identifier and sequence number of an echo, next-hop MTU of "fragmentation needed" (RFC
/// 1191 section 4) and of "packet too big", a pointer, else unused. The families differ in the
/// numbers of types and codes (<see cref="IcmpType"/>, <see cref="Icmpv6Type"/>) and in the
/// checksum, to which ICMPv6 adds a pseudo-header.
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |     Type      |     Code      |          Checksum             |
/// +---------------+---------------+-------------------------------+
/// |      Identifier / unused      |  Sequence Number / next MTU   |
/// +-------------------------------+-------------------------------+
/// |   Echo: data. Error: IP header + first bytes of the packet    |
/// +---------------------------------------------------------------+
/// </code>
/// </summary>
public readonly ref struct IcmpMessage
{
    private const int TypeOffset = 0;
    private const int CodeOffset = 1;
    private const int ChecksumOffset = 2;
    private const int RestOffset = 4;
    private const int SequenceNumberOffset = 6;

    /// <summary>Length of the fixed part, in bytes; the body follows.</summary>
    public const int HeaderLengthBytes = 8;

    private readonly ReadOnlySpan<byte> _message;

    private IcmpMessage(ReadOnlySpan<byte> message) => _message = message;

    /// <summary>See <see cref="IcmpType"/>.</summary>
    public byte Type => _message[TypeOffset];

    /// <summary>See <see cref="IcmpCode"/>.</summary>
    public byte Code => _message[CodeOffset];

    /// <summary>Of an echo: tells one ping from another, as a port would.</summary>
    public ushort Identifier => BinaryPrimitives.ReadUInt16BigEndian(_message[RestOffset..]);

    /// <summary>Of an echo.</summary>
    public ushort SequenceNumber =>
        BinaryPrimitives.ReadUInt16BigEndian(_message[SequenceNumberOffset..]);

    /// <summary>
    /// Of <see cref="IcmpCode.FragmentationNeeded"/>: the largest packet that would pass, in bytes.
    /// </summary>
    public ushort NextHopMtuBytes =>
        BinaryPrimitives.ReadUInt16BigEndian(_message[SequenceNumberOffset..]);

    /// <summary>Bytes 4 to 7 as a number in host order.</summary>
    public uint RestOfHeader => BinaryPrimitives.ReadUInt32BigEndian(_message[RestOffset..]);

    public ReadOnlySpan<byte> Body => _message[HeaderLengthBytes..];

    /// <summary>Header and body.</summary>
    public ReadOnlySpan<byte> Message => _message;

    /// <summary>
    /// True for ICMPv4 messages that report a problem with another packet; none may be sent about
    /// them (RFC 1122 section 3.2.2).
    /// </summary>
    public bool IsError => Type is IcmpType.DestinationUnreachable or IcmpType.SourceQuench
        or IcmpType.Redirect or IcmpType.TimeExceeded or IcmpType.ParameterProblem;

    /// <summary>
    /// The sum that a message's checksum begins with: of the pseudo-header for ICMPv6 (RFC 4443
    /// section 2.3), 0 for ICMPv4.
    /// </summary>
    public static ulong PseudoHeader(IpAddress source, IpAddress destination, int lengthBytes) =>
        source.IsIPv4 ? 0 : InternetChecksum.PseudoHeader(
            source, destination, IpProtocol.IcmpV6, lengthBytes);

    /// <summary>Reads the payload of an IP packet.</summary>
    /// <param name="payload">Header and body.</param>
    /// <param name="message">What was read.</param>
    /// <param name="pseudo">See <see cref="PseudoHeader"/>.</param>
    /// <returns><see cref="ParseError.Truncated"/> or <see cref="ParseError.Checksum"/>.</returns>
    public static ParseError TryParse(
        ReadOnlySpan<byte> payload, out IcmpMessage message, ulong pseudo = 0)
    {
        message = default;
        if (payload.Length < HeaderLengthBytes)
        {
            return ParseError.Truncated;
        }

        if (InternetChecksum.Compute(payload, pseudo) != 0)
        {
            return ParseError.Checksum;
        }

        message = new IcmpMessage(payload);
        return ParseError.None;
    }

    /// <summary>Reads a message whose checksum somebody else has verified.</summary>
    /// <returns><see cref="ParseError.Truncated"/>.</returns>
    public static ParseError TryReadVerified(
        ReadOnlySpan<byte> payload, out IcmpMessage message)
    {
        bool isWhole = payload.Length >= HeaderLengthBytes;
        message = isWhole ? new IcmpMessage(payload) : default;
        return isWhole ? ParseError.None : ParseError.Truncated;
    }

    /// <summary>
    /// The sequence number of a quoted echo, whose checksum is that of the whole and cannot be
    /// verified; the span must hold a header.
    /// </summary>
    public static ushort SequenceNumberOf(ReadOnlySpan<byte> quoted) =>
        BinaryPrimitives.ReadUInt16BigEndian(quoted[SequenceNumberOffset..]);

    /// <summary>Writes the header in front of a body that is already there.</summary>
    /// <param name="message">Header and body, at least 8 bytes.</param>
    /// <param name="type">See <see cref="IcmpType"/>.</param>
    /// <param name="code">See <see cref="IcmpCode"/>.</param>
    /// <param name="restOfHeader">Bytes 4 to 7 as a number in host order.</param>
    /// <param name="pseudo">See <see cref="PseudoHeader"/>.</param>
    public static void Write(
        Span<byte> message, byte type, byte code, uint restOfHeader, ulong pseudo = 0)
    {
        message[TypeOffset] = type;
        message[CodeOffset] = code;
        BinaryPrimitives.WriteUInt32BigEndian(message[RestOffset..], restOfHeader);
        WriteChecksum(message, pseudo);
    }

    /// <summary>Fills in the checksum of a message that is otherwise complete.</summary>
    public static void WriteChecksum(Span<byte> message, ulong pseudo)
    {
        BinaryPrimitives.WriteUInt16BigEndian(message[ChecksumOffset..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(
            message[ChecksumOffset..], InternetChecksum.Compute(message, pseudo));
    }

    /// <summary>
    /// Writes the header of an echo request or reply in front of data already there.
    /// </summary>
    public static void WriteEcho(
        Span<byte> message, byte type, ushort identifier, ushort sequenceNumber,
        ulong pseudo = 0) =>
        Write(message, type, 0, ((uint)identifier << 16) | sequenceNumber, pseudo);
}
