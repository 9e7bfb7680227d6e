using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// What a node listens to: the report and "done" of MLDv1 (RFC 2710 section 3), the report of
/// MLDv2 (RFC 3810 section 5.2); the whole ICMPv6 message.
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |Type (131, 132)|   Code (0)    |          Checksum             |
/// +---------------+---------------+-------------------------------+
/// |    Maximum Response Delay     |          Reserved             |
/// +-------------------------------+-------------------------------+
/// |                 Multicast Address (128 bits)                  |
/// +---------------------------------------------------------------+
///
/// +---------------+---------------+-------------------------------+
/// |  Type (143)   |   Reserved    |          Checksum             |
/// +---------------+---------------+-------------------------------+
/// |           Reserved            | Number of Address Records (M) |
/// +-------------------------------+-------------------------------+
/// |           M records (MulticastRecordReader) ...               |
/// +---------------------------------------------------------------+
/// </code>
/// </summary>
public readonly ref struct MulticastListenerReport
{
    private const int TypeOffset = 0;
    private const int RecordCountOffset = 6;
    private const int GroupOffset = 8;
    private const int HeadLengthBytes = 8;
    private const int Version1LengthBytes = 24;

    private readonly ReadOnlySpan<byte> _message;

    private MulticastListenerReport(ReadOnlySpan<byte> message) => _message = message;

    /// <summary>
    /// One record a group. A message of version 1 is taken for the one record that means the same
    /// (RFC 3810 section 8.3.2).
    /// </summary>
    public MulticastRecordReader Records => _message[TypeOffset] switch
    {
        Icmpv6Type.ListenerReport => new(
            new MulticastRecord(MulticastRecordType.ModeIsExclude, Version1Group(_message), 0)),
        Icmpv6Type.ListenerDone => new(
            new MulticastRecord(MulticastRecordType.ChangeToInclude, Version1Group(_message), 0)),
        _ => new(_message[HeadLengthBytes..], RecordCount(_message)),
    };

    /// <summary>
    /// Reads an ICMPv6 message whose checksum <see cref="IcmpMessage"/> has verified. That the hop
    /// limit is 1 and the source link-local or :: is the caller's to verify, who knows the packet
    /// (RFC 3810 section 5.2.13).
    /// </summary>
    /// <returns>
    /// <see cref="ParseError.Truncated"/>, <see cref="ParseError.Field"/> for another type or a
    /// group that is none, or <see cref="ParseError.TotalLength"/> for a record that passes the
    /// end. One bad record discards the message.
    /// </returns>
    public static ParseError TryParse(
        ReadOnlySpan<byte> message, out MulticastListenerReport report)
    {
        report = default;
        if (message.Length < HeadLengthBytes)
        {
            return ParseError.Truncated;
        }

        ParseError error = message[TypeOffset] switch
        {
            Icmpv6Type.ListenerReport or Icmpv6Type.ListenerDone => VerifyVersion1(message),
            Icmpv6Type.ListenerReportV2 =>
                MulticastRecordReader.Verify(message[HeadLengthBytes..], RecordCount(message)),
            _ => ParseError.Field,
        };
        if (error == ParseError.None)
        {
            report = new MulticastListenerReport(message);
        }

        return error;
    }

    private static ParseError VerifyVersion1(ReadOnlySpan<byte> message)
    {
        if (message.Length < Version1LengthBytes)
        {
            return ParseError.Truncated;
        }

        return Version1Group(message).IsMulticast ? ParseError.None : ParseError.Field;
    }

    private static IpAddress Version1Group(ReadOnlySpan<byte> message) =>
        IpAddress.ReadIPv6(message[GroupOffset..]);

    private static int RecordCount(ReadOnlySpan<byte> message) =>
        BinaryPrimitives.ReadUInt16BigEndian(message[RecordCountOffset..]);
}
