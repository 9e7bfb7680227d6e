namespace Slipway.Wire;

/// <summary>
/// Asks who has an address (RFC 4861 section 4.3); the whole ICMPv6 message.
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |  Type (135)   |   Code (0)    |          Checksum             |
/// +---------------+---------------+-------------------------------+
/// |                           Reserved                            |
/// +---------------------------------------------------------------+
/// |                   Target Address (128 bits)                   |
/// +---------------------------------------------------------------+
/// |   Options (NdpOptionReader): source link-layer address ...    |
/// +---------------------------------------------------------------+
/// </code>
/// </summary>
public readonly ref struct NeighborSolicitation
{
    private const byte Type = Icmpv6Type.NeighborSolicitation;
    private const NdpOption LinkLayerOption = NdpOption.SourceLinkLayerAddress;

    /// <summary>Length without options, in bytes.</summary>
    public const int MinimumLengthBytes = NdpMessage.NeighborLengthBytes;

    /// <summary>The most that <see cref="Write"/> writes, in bytes.</summary>
    public const int MaximumLengthBytes = MinimumLengthBytes + NdpOptionReader.UnitBytes;

    private readonly ReadOnlySpan<byte> _message;

    private NeighborSolicitation(ReadOnlySpan<byte> message, MacAddress? sourceLinkLayer)
    {
        _message = message;
        SourceLinkLayer = sourceLinkLayer;
    }

    /// <summary>Whose link-layer address is asked for; never a group, :: or IPv4.</summary>
    public IpAddress Target => IpAddress.ReadIPv6(_message[NdpMessage.TargetOffset..]);

    /// <summary>
    /// The sender's own; null if absent, as it must be in a probe for duplicates, whose source is
    /// :: (RFC 4862 section 5.4.2).
    /// </summary>
    public MacAddress? SourceLinkLayer { get; }

    public NdpOptionReader Options => new(_message[MinimumLengthBytes..]);

    /// <summary>
    /// Reads an ICMPv6 message whose checksum <see cref="IcmpMessage"/> has verified. That the hop
    /// limit is 255, and what a source of :: forbids, is the caller's to verify, who knows the
    /// packet (RFC 4861 section 7.1.1).
    /// </summary>
    /// <returns>
    /// <see cref="ParseError.Truncated"/>, <see cref="ParseError.Field"/> for another type or code
    /// or a target that no neighbor can have, or <see cref="ParseError.Option"/>.
    /// </returns>
    public static ParseError TryParse(
        ReadOnlySpan<byte> message, out NeighborSolicitation solicitation)
    {
        ParseError error = NdpMessage.TryParseNeighbor(
            message, Type, LinkLayerOption, out MacAddress? linkLayer);
        solicitation = error == ParseError.None
            ? new NeighborSolicitation(message, linkLayer) : default;
        return error;
    }

    /// <summary>Writes the whole message but for its checksum, which is left zero.</summary>
    /// <param name="message">At least <see cref="MaximumLengthBytes"/>.</param>
    /// <param name="target">Whose link-layer address is asked for.</param>
    /// <param name="sourceLinkLayer">The sender's own; null to leave it out.</param>
    /// <returns>Bytes written.</returns>
    public static int Write(
        Span<byte> message, IpAddress target, MacAddress? sourceLinkLayer) =>
        NdpMessage.WriteNeighbor(message, Type, target, LinkLayerOption, sourceLinkLayer);
}
