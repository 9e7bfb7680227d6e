using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// Writes a DHCP message (<see cref="DhcpMessage"/> has the diagram) option by option into memory
/// of the caller's. An option that does not fit is left out whole; room for the end option is kept.
/// </summary>
public ref struct DhcpMessageWriter
{
    /// <summary>
    /// BOOTP's smallest message, to which a reply is padded: old clients drop shorter ones.
    /// </summary>
    public const int MinimumLengthBytes = 300;

    private const int MaxPartLengthBytes = 255;
    private readonly Span<byte> _message;
    private int _length;

    /// <param name="message">
    /// At least <see cref="MinimumLengthBytes"/>; its length is the limit.
    /// </param>
    private DhcpMessageWriter(Span<byte> message)
    {
        _message = message;
        _length = DhcpMessage.FixedLengthBytes;
    }

    /// <summary>Options that did not fit.</summary>
    public int OmittedCount { get; private set; }

    /// <summary>
    /// Begins the reply to a message: op, xid, flags and chaddr are the request's.
    /// </summary>
    /// <param name="request">The message that is answered.</param>
    /// <param name="reply">
    /// At least <see cref="MinimumLengthBytes"/>; its length is the limit.
    /// </param>
    public static DhcpMessageWriter Reply(
        scoped in DhcpMessage request, Span<byte> reply, IpAddress clientAddress,
        IpAddress yourAddress)
    {
        Span<byte> head = reply[..MinimumLengthBytes];
        head.Clear();
        head[DhcpMessage.OperationOffset] = 2;
        head[DhcpMessage.HardwareTypeOffset] = DhcpMessage.Ethernet;
        head[DhcpMessage.HardwareLengthOffset] = MacAddress.LengthBytes;
        BinaryPrimitives.WriteUInt32BigEndian(
            head[DhcpMessage.TransactionOffset..], request.TransactionId);
        BinaryPrimitives.WriteUInt16BigEndian(head[DhcpMessage.FlagsOffset..], request.Flags);
        clientAddress.WriteIPv4(head[DhcpMessage.ClientAddressOffset..]);
        yourAddress.WriteIPv4(head[DhcpMessage.YourAddressOffset..]);
        request.ClientMac.Write(head[DhcpMessage.ClientHardwareOffset..]);
        BinaryPrimitives.WriteUInt32BigEndian(
            head[DhcpMessage.CookieOffset..], DhcpMessage.MagicCookie);
        return new DhcpMessageWriter(reply);
    }

    /// <summary>Adds an option; a value over 255 bytes is split as RFC 3396 says.</summary>
    public bool Add(DhcpOption code, scoped ReadOnlySpan<byte> value)
    {
        int parts = Math.Max(1, (value.Length + MaxPartLengthBytes - 1) / MaxPartLengthBytes);
        if (value.Length + (2 * parts) > _message.Length - _length - 1)
        {
            OmittedCount++;
            return false;
        }

        for (int i = 0; i < parts; i++)
        {
            ReadOnlySpan<byte> part = value[..Math.Min(value.Length, MaxPartLengthBytes)];
            value = value[part.Length..];
            _message[_length] = (byte)code;
            _message[_length + 1] = (byte)part.Length;
            part.CopyTo(_message[(_length + 2)..]);
            _length += 2 + part.Length;
        }

        return true;
    }

    public bool Add(DhcpOption code, byte value) => Add(code, [value]);

    public bool Add(DhcpOption code, ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        return Add(code, bytes);
    }

    public bool Add(DhcpOption code, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return Add(code, bytes);
    }

    public bool Add(DhcpOption code, IpAddress address) => Add(code, address.IPv4);

    /// <summary>Ends the options and pads.</summary>
    /// <returns>The message's length in bytes.</returns>
    public int Finish()
    {
        _message[_length++] = (byte)DhcpOption.End;
        if (_length < MinimumLengthBytes)
        {
            _message[_length..MinimumLengthBytes].Clear();
            _length = MinimumLengthBytes;
        }

        return _length;
    }
}
