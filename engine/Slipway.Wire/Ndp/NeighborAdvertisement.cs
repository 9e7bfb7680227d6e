namespace Slipway.Wire;

/// <summary>
/// Tells who has an address (RFC 4861 section 4.4); the whole ICMPv6 message.
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |  Type (136)   |   Code (0)    |          Checksum             |
/// +-+-+-+---------+---------------+-------------------------------+
/// |R|S|O|                     Reserved                            |
/// +-+-+-+---------------------------------------------------------+
/// |                   Target Address (128 bits)                   |
/// +---------------------------------------------------------------+
/// |   Options (NdpOptionReader): target link-layer address ...    |
/// +---------------------------------------------------------------+
/// </code>
/// </summary>
public readonly ref struct NeighborAdvertisement
{
    private const byte Type = Icmpv6Type.NeighborAdvertisement;
    private const NdpOption LinkLayerOption = NdpOption.TargetLinkLayerAddress;
    private const int FlagsOffset = 4;
    private const NeighborFlags KnownFlags =
        NeighborFlags.Router | NeighborFlags.Solicited | NeighborFlags.Override;

    /// <summary>Length without options, in bytes.</summary>
    public const int MinimumLengthBytes = NdpMessage.NeighborLengthBytes;

    /// <summary>The most that <see cref="Write"/> writes, in bytes.</summary>
    public const int MaximumLengthBytes = MinimumLengthBytes + NdpOptionReader.UnitBytes;

    private readonly ReadOnlySpan<byte> _message;

    private NeighborAdvertisement(ReadOnlySpan<byte> message, MacAddress? targetLinkLayer)
    {
        _message = message;
        TargetLinkLayer = targetLinkLayer;
    }

    public NeighborFlags Flags => (NeighborFlags)_message[FlagsOffset] & KnownFlags;

    /// <summary>Whose link-layer address is told; never a group, :: or IPv4.</summary>
    public IpAddress Target => IpAddress.ReadIPv6(_message[NdpMessage.TargetOffset..]);

    /// <summary>Null if absent, as an answer to a unicast solicitation may have it.</summary>
    public MacAddress? TargetLinkLayer { get; }

    public NdpOptionReader Options => new(_message[MinimumLengthBytes..]);

    /// <summary>
    /// Reads an ICMPv6 message whose checksum <see cref="IcmpMessage"/> has verified. That the hop
    /// limit is 255, and that one to a group is not <see cref="NeighborFlags.Solicited"/>, is the
    /// caller's to verify, who knows the packet (RFC 4861 section 7.1.2).
    /// </summary>
    /// <returns>
    /// <see cref="ParseError.Truncated"/>, <see cref="ParseError.Field"/> for another type or code
    /// or a target that no neighbor can have, or <see cref="ParseError.Option"/>.
    /// </returns>
    public static ParseError TryParse(
        ReadOnlySpan<byte> message, out NeighborAdvertisement advertisement)
    {
        ParseError error = NdpMessage.TryParseNeighbor(
            message, Type, LinkLayerOption, out MacAddress? linkLayer);
        advertisement = error == ParseError.None
            ? new NeighborAdvertisement(message, linkLayer) : default;
        return error;
    }

    /// <summary>Writes the whole message but for its checksum, which is left zero.</summary>
    /// <param name="message">At least <see cref="MaximumLengthBytes"/>.</param>
    /// <param name="flags">What the sender is, and what is to be done with the address.</param>
    /// <param name="target">Whose link-layer address is told.</param>
    /// <param name="targetLinkLayer">That address; null to leave it out.</param>
    /// <returns>Bytes written.</returns>
    public static int Write(
        Span<byte> message, NeighborFlags flags, IpAddress target, MacAddress? targetLinkLayer)
    {
        int lengthBytes =
            NdpMessage.WriteNeighbor(message, Type, target, LinkLayerOption, targetLinkLayer);
        message[FlagsOffset] = (byte)flags;
        return lengthBytes;
    }
}
