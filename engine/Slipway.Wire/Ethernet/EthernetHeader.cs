using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// The header of an Ethernet II frame (RFC 894). Frames come without preamble and check sequence;
/// a VLAN tag is not unpacked, it is just another <see cref="Wire.EtherType"/>.
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |                      Destination Address                      |
/// +                               +-------------------------------+
/// |                               |                               |
/// +-------------------------------+                               +
/// |                        Source Address                         |
/// +-------------------------------+-------------------------------+
/// |          Ether Type           |          Payload ...          |
/// +-------------------------------+-------------------------------+
/// </code>
/// </summary>
public readonly ref struct EthernetHeader
{
    private const int DestinationOffset = 0;
    private const int SourceOffset = 6;
    private const int EtherTypeOffset = 12;

    /// <summary>Length of the header, in bytes.</summary>
    public const int LengthBytes = 14;

    private readonly ReadOnlySpan<byte> _frame;

    private EthernetHeader(ReadOnlySpan<byte> frame) => _frame = frame;

    public MacAddress Destination => MacAddress.Read(_frame[DestinationOffset..]);

    public MacAddress Source => MacAddress.Read(_frame[SourceOffset..]);

    /// <summary>
    /// What the frame carries; may be a number that <see cref="Wire.EtherType"/> lacks.
    /// </summary>
    public EtherType EtherType =>
        (EtherType)BinaryPrimitives.ReadUInt16BigEndian(_frame[EtherTypeOffset..]);

    /// <summary>All that follows the header; short packets come with padding.</summary>
    public ReadOnlySpan<byte> Payload => _frame[LengthBytes..];

    /// <summary>Reads the header at the start of a frame.</summary>
    /// <returns><see cref="ParseError.Truncated"/> for a frame shorter than the header.</returns>
    public static ParseError TryParse(ReadOnlySpan<byte> frame, out EthernetHeader header)
    {
        header = default;
        if (frame.Length < LengthBytes)
        {
            return ParseError.Truncated;
        }

        header = new EthernetHeader(frame);
        return ParseError.None;
    }

    /// <summary>Writes the header at the start of <paramref name="frame"/>.</summary>
    public static void Write(
        Span<byte> frame, MacAddress destination, MacAddress source, EtherType type)
    {
        destination.Write(frame[DestinationOffset..]);
        source.Write(frame[SourceOffset..]);
        BinaryPrimitives.WriteUInt16BigEndian(frame[EtherTypeOffset..], (ushort)type);
    }
}
