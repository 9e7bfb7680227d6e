using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// Writes a message (<see cref="Dhcp6Message"/> has the diagram) option by option into memory of
/// the caller's. An option that does not fit is left out whole, an IA with all that is in it.
/// </summary>
public ref struct Dhcp6MessageWriter
{
    /// <summary>Room that every answer's head and identifiers fit into, in bytes.</summary>
    public const int MinimumRoomBytes = Dhcp6Message.FixedLengthBytes
        + (2 * (Dhcp6OptionReader.HeaderLengthBytes + Duid.MaxLengthBytes));

    private readonly Span<byte> _message;
    private int _associationStart;
    private bool _isAssociationCut;

    /// <param name="message">
    /// At least <see cref="MinimumRoomBytes"/>; its length is the limit.
    /// </param>
    /// <param name="type">The message's type.</param>
    /// <param name="transactionId">That of the message which is answered.</param>
    public Dhcp6MessageWriter(Span<byte> message, Dhcp6MessageType type, uint transactionId)
    {
        _message = message;
        BinaryPrimitives.WriteUInt32BigEndian(message, transactionId);
        message[0] = (byte)type;
        LengthBytes = Dhcp6Message.FixedLengthBytes;
    }

    /// <summary>The message's length as far as it is written, in bytes.</summary>
    public int LengthBytes { get; private set; }

    /// <summary>Options that did not fit.</summary>
    public int OmittedCount { get; private set; }

    /// <summary>Adds an option, within the IA that is open if one is.</summary>
    public bool Add(Dhcp6Option code, scoped ReadOnlySpan<byte> value)
    {
        if (!TryReserve(code, value.Length, out Span<byte> room))
        {
            return false;
        }

        value.CopyTo(room);
        return true;
    }

    public bool Add(Dhcp6Option code, byte value) => Add(code, [value]);

    public bool Add(Dhcp6Option code, uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return Add(code, bytes);
    }

    /// <summary>Adds an address to the IA that is open.</summary>
    public bool Add(in Dhcp6Address address)
    {
        bool fits = TryReserve(Dhcp6Option.Address, Dhcp6Address.LengthBytes, out Span<byte> room);
        if (fits)
        {
            address.Write(room);
        }

        return fits;
    }

    /// <summary>Adds option 13.</summary>
    /// <param name="code">What happened.</param>
    /// <param name="message">The same for a person, in UTF-8.</param>
    public bool AddStatus(Dhcp6StatusCode code, scoped ReadOnlySpan<byte> message)
    {
        bool fits = TryReserve(
            Dhcp6Option.StatusCode, sizeof(ushort) + message.Length, out Span<byte> room);
        if (fits)
        {
            BinaryPrimitives.WriteUInt16BigEndian(room, (ushort)code);
            message.CopyTo(room[sizeof(ushort)..]);
        }

        return fits;
    }

    /// <summary>
    /// Begins an IA: what is added until <see cref="CloseAssociation"/> stands in it.
    /// </summary>
    /// <param name="kind">IA_NA, IA_TA or IA_PD.</param>
    /// <param name="identifier">The IAID.</param>
    /// <param name="renewalSeconds">T1; not written in IA_TA.</param>
    /// <param name="rebindingSeconds">T2; not written in IA_TA.</param>
    public void OpenAssociation(
        Dhcp6Option kind, uint identifier, uint renewalSeconds, uint rebindingSeconds)
    {
        Span<byte> head = stackalloc byte[Dhcp6Association.TimedLengthBytes];
        BinaryPrimitives.WriteUInt32BigEndian(head, identifier);
        BinaryPrimitives.WriteUInt32BigEndian(head[4..], renewalSeconds);
        BinaryPrimitives.WriteUInt32BigEndian(head[8..], rebindingSeconds);
        _associationStart = LengthBytes;
        _isAssociationCut = !Add(kind, kind == Dhcp6Option.TemporaryAddresses
            ? head[..Dhcp6Association.IdentifierLengthBytes] : head);
    }

    /// <summary>Ends the IA. One that lacks a part is taken back.</summary>
    public void CloseAssociation()
    {
        int start = _associationStart;
        if (_isAssociationCut)
        {
            LengthBytes = start;
            return;
        }

        BinaryPrimitives.WriteUInt16BigEndian(
            _message[(start + sizeof(ushort))..],
            (ushort)(LengthBytes - start - Dhcp6OptionReader.HeaderLengthBytes));
    }

    private bool TryReserve(Dhcp6Option code, int valueLengthBytes, out Span<byte> room)
    {
        room = default;
        int lengthBytes = Dhcp6OptionReader.HeaderLengthBytes + valueLengthBytes;
        if (lengthBytes > _message.Length - LengthBytes || valueLengthBytes > ushort.MaxValue)
        {
            OmittedCount++;
            _isAssociationCut = true;
            return false;
        }

        Span<byte> option = _message.Slice(LengthBytes, lengthBytes);
        BinaryPrimitives.WriteUInt16BigEndian(option, (ushort)code);
        BinaryPrimitives.WriteUInt16BigEndian(option[2..], (ushort)valueLengthBytes);
        room = option[Dhcp6OptionReader.HeaderLengthBytes..];
        LengthBytes += lengthBytes;
        return true;
    }
}
