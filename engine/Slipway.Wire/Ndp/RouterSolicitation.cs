namespace Slipway.Wire;

/// <summary>
/// Asks routers to advertise themselves now (RFC 4861 section 4.1); the whole ICMPv6 message.
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |  Type (133)   |   Code (0)    |          Checksum             |
/// +---------------+---------------+-------------------------------+
/// |                           Reserved                            |
/// +---------------------------------------------------------------+
/// |   Options (NdpOptionReader): source link-layer address ...    |
/// +---------------------------------------------------------------+
/// </code>
/// </summary>
public readonly ref struct RouterSolicitation
{
    private const byte Type = Icmpv6Type.RouterSolicitation;
    private const NdpOption LinkLayerOption = NdpOption.SourceLinkLayerAddress;

    /// <summary>Length without options, in bytes.</summary>
    public const int MinimumLengthBytes = 8;

    /// <summary>The most that <see cref="Write"/> writes, in bytes.</summary>
    public const int MaximumLengthBytes = MinimumLengthBytes + NdpOptionReader.UnitBytes;

    private readonly ReadOnlySpan<byte> _message;

    private RouterSolicitation(ReadOnlySpan<byte> message, MacAddress? sourceLinkLayer)
    {
        _message = message;
        SourceLinkLayer = sourceLinkLayer;
    }

    /// <summary>The sender's own; null if absent, as it must be if the source is ::.</summary>
    public MacAddress? SourceLinkLayer { get; }

    public NdpOptionReader Options => new(_message[MinimumLengthBytes..]);

    /// <summary>
    /// Reads an ICMPv6 message whose checksum <see cref="IcmpMessage"/> has verified. That the hop
    /// limit is 255, and what a source of :: forbids, is the caller's to verify, who knows the
    /// packet (RFC 4861 section 6.1.1).
    /// </summary>
    /// <returns>
    /// <see cref="ParseError.Truncated"/>, <see cref="ParseError.Field"/> for another type or code,
    /// or <see cref="ParseError.Option"/>.
    /// </returns>
    public static ParseError TryParse(
        ReadOnlySpan<byte> message, out RouterSolicitation solicitation)
    {
        ParseError error = NdpMessage.TryParse(
            message, Type, MinimumLengthBytes, LinkLayerOption, out MacAddress? linkLayer);
        solicitation = error == ParseError.None
            ? new RouterSolicitation(message, linkLayer) : default;
        return error;
    }

    /// <summary>Writes the whole message but for its checksum, which is left zero.</summary>
    /// <param name="message">At least <see cref="MaximumLengthBytes"/>.</param>
    /// <param name="sourceLinkLayer">The sender's own; null to leave it out.</param>
    /// <returns>Bytes written.</returns>
    public static int Write(Span<byte> message, MacAddress? sourceLinkLayer)
    {
        NdpOptionWriter options = NdpMessage.Write(message, Type, MinimumLengthBytes);
        options.AddLinkLayer(LinkLayerOption, sourceLinkLayer);
        return options.LengthBytes;
    }
}
