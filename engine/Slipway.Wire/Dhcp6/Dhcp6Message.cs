using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// A message between client and server (RFC 8415 section 8) whose options have been walked once.
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +---------------+-----------------------------------------------+
/// |   msg-type    |               transaction-id                  |
/// +---------------+-----------------------------------------------+
/// |                            options                            |
/// </code>
/// A relay's message (section 9) has another form and is not opened: it shows its type, and no
/// options.
/// </summary>
public readonly ref struct Dhcp6Message
{
    /// <summary>Type and transaction, in bytes.</summary>
    public const int FixedLengthBytes = 4;

    /// <summary>UDP port of clients.</summary>
    public const ushort ClientPort = 546;

    /// <summary>UDP port of servers and relays.</summary>
    public const ushort ServerPort = 547;

    private const uint TransactionMask = 0x00ff_ffff;

    /// <summary>ff02::1:2, All_DHCP_Relay_Agents_and_Servers: where clients send to.</summary>
    public static readonly IpAddress ServersAddress = new(0xff02_0000_0000_0000, 0x0001_0002);

    private readonly ReadOnlySpan<byte> _message;

    private Dhcp6Message(ReadOnlySpan<byte> message) => _message = message;

    /// <summary>Unknown values as they are.</summary>
    public Dhcp6MessageType MessageType => (Dhcp6MessageType)_message[0];

    /// <summary>24 bits, which an answer repeats.</summary>
    public uint TransactionId => BinaryPrimitives.ReadUInt32BigEndian(_message) & TransactionMask;

    public bool IsRelayed =>
        MessageType is Dhcp6MessageType.RelayForward or Dhcp6MessageType.RelayReply;

    public Dhcp6OptionReader Options =>
        new(IsRelayed ? default : _message[FixedLengthBytes..]);

    /// <summary>
    /// The first occurrence of an option: more than one of those that may occur once mean nothing
    /// (section 21.1).
    /// </summary>
    public bool TryGetOption(Dhcp6Option wanted, out ReadOnlySpan<byte> value) =>
        Options.TryFind(wanted, out value);

    public bool Has(Dhcp6Option option) => TryGetOption(option, out _);

    /// <summary>True if the client asks for an option (option 6).</summary>
    public bool Asks(Dhcp6Option option)
    {
        TryGetOption(Dhcp6Option.OptionRequest, out ReadOnlySpan<byte> asked);
        for (; !asked.IsEmpty; asked = asked[sizeof(ushort)..])
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(asked) == (ushort)option)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Checks that every option lies within the message, and that those which are read here have a
    /// length that they may have.
    /// </summary>
    /// <returns>
    /// <see cref="ParseError.Truncated"/>, or <see cref="ParseError.Option"/> for a length or for a
    /// DUID of other than 3 to 130 bytes.
    /// </returns>
    public static ParseError TryParse(ReadOnlySpan<byte> payload, out Dhcp6Message message)
    {
        message = default;
        if (payload.Length < FixedLengthBytes)
        {
            return ParseError.Truncated;
        }

        Dhcp6Message parsed = new(payload);
        ReadOnlySpan<byte> rest = parsed.IsRelayed ? default : payload[FixedLengthBytes..];
        while (true)
        {
            ParseError error = Dhcp6OptionReader.TryReadArea(
                ref rest, out Dhcp6Option code, out ReadOnlySpan<byte> value);
            if (error != ParseError.None || code == Dhcp6Option.None)
            {
                message = error == ParseError.None ? parsed : default;
                return error;
            }

            if (!IsSound(code, value))
            {
                return ParseError.Option;
            }
        }
    }

    private static bool IsSound(Dhcp6Option code, ReadOnlySpan<byte> value) => code switch
    {
        Dhcp6Option.ClientIdentifier or Dhcp6Option.ServerIdentifier =>
            Duid.IsValidLength(value.Length),
        Dhcp6Option.OptionRequest => value.Length % sizeof(ushort) == 0,
        Dhcp6Option.ElapsedTime => value.Length == sizeof(ushort),
        Dhcp6Option.RapidCommit => value.IsEmpty,
        _ when Dhcp6Association.IsAssociation(code) =>
            Dhcp6Association.TryParse(code, value, out _) == ParseError.None,
        _ => true,
    };
}
