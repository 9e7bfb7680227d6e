using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// A DHCP message (RFC 2131 section 2) whose options have been walked once.
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +---------------+---------------+---------------+---------------+
/// |     op (1)    |   htype (1)   |   hlen (1)    |   hops (1)    |
/// +---------------+---------------+---------------+---------------+
/// |                            xid (4)                            |
/// +-------------------------------+-------------------------------+
/// |           secs (2)            |           flags (2)           |
/// +-------------------------------+-------------------------------+
/// |          ciaddr (4)     the client's address, if it has one   |
/// |          yiaddr (4)     "your" address                        |
/// |          siaddr (4)     next server in bootstrap              |
/// |          giaddr (4)     relay agent                           |
/// +---------------------------------------------------------------+
/// |          chaddr (16)  |  sname (64)  |  file (128)            |
/// +---------------------------------------------------------------+
/// |          magic cookie 99.130.83.99, options (variable)        |
/// +---------------------------------------------------------------+
/// </code>
/// </summary>
public readonly ref struct DhcpMessage
{
    /// <summary>The fixed part and the magic cookie, in bytes.</summary>
    public const int FixedLengthBytes = 240;

    /// <summary>UDP port of servers.</summary>
    public const ushort ServerPort = 67;

    /// <summary>UDP port of clients.</summary>
    public const ushort ClientPort = 68;

    internal const int OperationOffset = 0;
    internal const int HardwareTypeOffset = 1;
    internal const int HardwareLengthOffset = 2;
    internal const int TransactionOffset = 4;
    internal const int FlagsOffset = 10;
    internal const int ClientAddressOffset = 12;
    internal const int YourAddressOffset = 16;
    internal const int RelayAddressOffset = 24;
    internal const int ClientHardwareOffset = 28;
    internal const int ServerNameOffset = 44;
    internal const int FileOffset = 108;
    internal const int CookieOffset = 236;
    internal const uint MagicCookie = 0x6382_5363;
    internal const byte Ethernet = 1;
    internal const ushort BroadcastFlag = 0x8000;

    private readonly ReadOnlySpan<byte> _message;
    private readonly byte _overload;

    private DhcpMessage(ReadOnlySpan<byte> message, byte overload, DhcpMessageType type)
    {
        _message = message;
        _overload = overload;
        MessageType = type;
    }

    /// <summary>
    /// Option 53; <see cref="DhcpMessageType.None"/> in BOOTP. Unknown values as they are.
    /// </summary>
    public DhcpMessageType MessageType { get; }

    /// <summary>True for BOOTREQUEST: a client's message.</summary>
    public bool IsRequest => _message[OperationOffset] == 1;

    public uint TransactionId =>
        BinaryPrimitives.ReadUInt32BigEndian(_message[TransactionOffset..]);

    /// <summary>The flags field, reserved bits included: a reply repeats it.</summary>
    public ushort Flags => BinaryPrimitives.ReadUInt16BigEndian(_message[FlagsOffset..]);

    /// <summary>The client cannot yet receive unicast IP (RFC 2131 section 4.1).</summary>
    public bool WantsBroadcast => (Flags & BroadcastFlag) != 0;

    /// <summary>ciaddr.</summary>
    public IpAddress ClientAddress => IpAddress.ReadIPv4(_message[ClientAddressOffset..]);

    /// <summary>yiaddr.</summary>
    public IpAddress YourAddress => IpAddress.ReadIPv4(_message[YourAddressOffset..]);

    /// <summary>giaddr.</summary>
    public IpAddress RelayAddress => IpAddress.ReadIPv4(_message[RelayAddressOffset..]);

    /// <summary>chaddr.</summary>
    public MacAddress ClientMac => MacAddress.Read(_message[ClientHardwareOffset..]);

    public DhcpOptionReader Options => new(
        _message[FixedLengthBytes..],
        (_overload & 1) != 0 ? _message[FileOffset..CookieOffset] : default,
        (_overload & 2) != 0 ? _message[ServerNameOffset..FileOffset] : default);

    /// <summary>
    /// The first occurrence of an option. One split by RFC 3396 is seen by its first part only:
    /// nothing that a server reads is longer than 255 bytes.
    /// </summary>
    public bool TryGetOption(DhcpOption wanted, out ReadOnlySpan<byte> value)
    {
        DhcpOptionReader options = Options;
        while (options.TryRead(out DhcpOption code, out value))
        {
            if (code == wanted)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// An option that holds one IPv4 address; false if absent or of another length.
    /// </summary>
    public bool TryGetAddress(DhcpOption option, out IpAddress address)
    {
        if (TryGetOption(option, out ReadOnlySpan<byte> value)
            && value.Length == IpAddress.IPv4LengthBytes)
        {
            address = IpAddress.ReadIPv4(value);
            return true;
        }

        address = IpAddress.IPv4Any;
        return false;
    }

    /// <summary>
    /// Checks the fixed part, that the hardware is Ethernet, and that every option lies within its
    /// area.
    /// </summary>
    public static ParseError TryParse(ReadOnlySpan<byte> payload, out DhcpMessage message)
    {
        message = default;
        if (payload.Length < FixedLengthBytes)
        {
            return ParseError.Truncated;
        }

        if (payload[OperationOffset] is not (1 or 2)
            || BinaryPrimitives.ReadUInt32BigEndian(payload[CookieOffset..]) != MagicCookie)
        {
            return ParseError.Field;
        }

        if (payload[HardwareTypeOffset] != Ethernet
            || payload[HardwareLengthOffset] != MacAddress.LengthBytes)
        {
            return ParseError.AddressType;
        }

        byte overload = 0;
        DhcpMessageType type = DhcpMessageType.None;
        ParseError error = Walk(payload[FixedLengthBytes..], ref type, ref overload);

        // An overload option inside an overloaded field means nothing (RFC 2132 section 9.3).
        byte ignored = 0;
        if (error == ParseError.None && (overload & 1) != 0)
        {
            error = Walk(payload[FileOffset..CookieOffset], ref type, ref ignored);
        }

        if (error == ParseError.None && (overload & 2) != 0)
        {
            error = Walk(payload[ServerNameOffset..FileOffset], ref type, ref ignored);
        }

        if (error == ParseError.None)
        {
            message = new DhcpMessage(payload, overload, type);
        }

        return error;
    }

    private static ParseError Walk(
        ReadOnlySpan<byte> area, ref DhcpMessageType type, ref byte overload)
    {
        int offset = 0;
        while (true)
        {
            ParseError error = DhcpOptionReader.TryReadArea(
                area, ref offset, out DhcpOption code, out ReadOnlySpan<byte> value);
            if (error != ParseError.None || code == DhcpOption.End)
            {
                return error;
            }

            if (code == DhcpOption.MessageType && value.Length == 1 && type == DhcpMessageType.None)
            {
                type = (DhcpMessageType)value[0];
            }
            else if (code == DhcpOption.Overload && value.Length == 1)
            {
                overload = (byte)(value[0] & 3);
            }
        }
    }
}
