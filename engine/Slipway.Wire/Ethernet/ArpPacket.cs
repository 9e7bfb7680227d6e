using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// An ARP packet for IPv4 over Ethernet (RFC 826).
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |       Hardware type (1)       |    Protocol type (0x0800)     |
/// +-------------------------------+-------------------------------+
/// | HW length (6) | Pr length (4) |           Operation           |
/// +-------------------------------+-------------------------------+
/// |                    Sender hardware address                    |
/// +                               +-------------------------------+
/// |                               |    Sender protocol address    |
/// +-------------------------------+-------------------------------+
/// |  Sender protocol address (2)  |    Target hardware address    |
/// +-------------------------------+                               +
/// |                                                               |
/// +---------------------------------------------------------------+
/// |                    Target protocol address                    |
/// +---------------------------------------------------------------+
/// </code>
/// </summary>
public readonly ref struct ArpPacket
{
    private const int HardwareTypeOffset = 0;
    private const int ProtocolTypeOffset = 2;
    private const int HardwareLengthOffset = 4;
    private const int ProtocolLengthOffset = 5;
    private const int OperationOffset = 6;
    private const int SenderHardwareOffset = 8;
    private const int SenderProtocolOffset = 14;
    private const int TargetHardwareOffset = 18;
    private const int TargetProtocolOffset = 24;
    private const ushort EthernetHardwareType = 1;

    /// <summary>Length of the packet, in bytes.</summary>
    public const int LengthBytes = 28;

    private readonly ReadOnlySpan<byte> _packet;

    private ArpPacket(ReadOnlySpan<byte> packet) => _packet = packet;

    /// <summary>Request or reply; other numbers (RARP and the like) may occur.</summary>
    public ArpOperation Operation =>
        (ArpOperation)BinaryPrimitives.ReadUInt16BigEndian(_packet[OperationOffset..]);

    public MacAddress SenderHardwareAddress => MacAddress.Read(_packet[SenderHardwareOffset..]);

    /// <summary>Zero in a probe (RFC 5227).</summary>
    public IpAddress SenderProtocolAddress => IpAddress.ReadIPv4(_packet[SenderProtocolOffset..]);

    public MacAddress TargetHardwareAddress => MacAddress.Read(_packet[TargetHardwareOffset..]);

    public IpAddress TargetProtocolAddress => IpAddress.ReadIPv4(_packet[TargetProtocolOffset..]);

    /// <summary>
    /// True for a packet that announces its sender: both protocol addresses are equal.
    /// </summary>
    public bool IsGratuitous => SenderProtocolAddress == TargetProtocolAddress;

    /// <summary>Reads the payload of a frame; padding behind the packet is ignored.</summary>
    /// <returns>
    /// <see cref="ParseError.Truncated"/>, or <see cref="ParseError.AddressType"/> if it is not
    /// about IPv4 over Ethernet.
    /// </returns>
    public static ParseError TryParse(ReadOnlySpan<byte> payload, out ArpPacket packet)
    {
        packet = default;
        if (payload.Length < LengthBytes)
        {
            return ParseError.Truncated;
        }

        ushort hardwareType = BinaryPrimitives.ReadUInt16BigEndian(payload[HardwareTypeOffset..]);
        ushort protocolType = BinaryPrimitives.ReadUInt16BigEndian(payload[ProtocolTypeOffset..]);
        if (hardwareType != EthernetHardwareType || protocolType != (ushort)EtherType.IPv4
            || payload[HardwareLengthOffset] != MacAddress.LengthBytes
            || payload[ProtocolLengthOffset] != IpAddress.IPv4LengthBytes)
        {
            return ParseError.AddressType;
        }

        packet = new ArpPacket(payload[..LengthBytes]);
        return ParseError.None;
    }

    /// <summary>Writes all 28 bytes.</summary>
    public static void Write(
        Span<byte> packet, ArpOperation operation,
        MacAddress senderHardwareAddress, IpAddress senderProtocolAddress,
        MacAddress targetHardwareAddress, IpAddress targetProtocolAddress)
    {
        BinaryPrimitives.WriteUInt16BigEndian(packet[HardwareTypeOffset..], EthernetHardwareType);
        BinaryPrimitives.WriteUInt16BigEndian(packet[ProtocolTypeOffset..], (ushort)EtherType.IPv4);
        packet[HardwareLengthOffset] = MacAddress.LengthBytes;
        packet[ProtocolLengthOffset] = IpAddress.IPv4LengthBytes;
        BinaryPrimitives.WriteUInt16BigEndian(packet[OperationOffset..], (ushort)operation);
        senderHardwareAddress.Write(packet[SenderHardwareOffset..]);
        senderProtocolAddress.WriteIPv4(packet[SenderProtocolOffset..]);
        targetHardwareAddress.Write(packet[TargetHardwareOffset..]);
        targetProtocolAddress.WriteIPv4(packet[TargetProtocolOffset..]);
    }
}
