using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// What a router tells of itself and of its link (RFC 4861 section 4.2); the whole ICMPv6 message.
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |  Type (134)   |   Code (0)    |          Checksum             |
/// +---------------+-+-+-----------+-------------------------------+
/// | Cur Hop Limit |M|O|  Reserved |       Router Lifetime         |
/// +---------------+-+-+-----------+-------------------------------+
/// |                         Reachable Time                        |
/// +---------------------------------------------------------------+
/// |                          Retrans Timer                        |
/// +---------------------------------------------------------------+
/// |          Options (NdpOptionReader, NdpOptionWriter) ...       |
/// +---------------------------------------------------------------+
/// </code>
/// </summary>
public readonly ref struct RouterAdvertisement
{
    private const byte Type = Icmpv6Type.RouterAdvertisement;
    private const int HopLimitOffset = 4;
    private const int FlagsOffset = 5;
    private const int LifetimeOffset = 6;
    private const int ReachableOffset = 8;
    private const int RetransmitOffset = 12;
    private const RouterFlags KnownFlags =
        RouterFlags.ManagedAddresses | RouterFlags.OtherConfiguration;

    /// <summary>Length without options, in bytes.</summary>
    public const int MinimumLengthBytes = 16;

    private readonly ReadOnlySpan<byte> _message;

    private RouterAdvertisement(ReadOnlySpan<byte> message, MacAddress? sourceLinkLayer)
    {
        _message = message;
        SourceLinkLayer = sourceLinkLayer;
    }

    /// <summary>What hosts are to put into their packets; 0 if not told.</summary>
    public byte HopLimit => _message[HopLimitOffset];

    public RouterFlags Flags => (RouterFlags)_message[FlagsOffset] & KnownFlags;

    /// <summary>How long it serves as a default router, in seconds; 0 if it does not.</summary>
    public ushort LifetimeSeconds =>
        BinaryPrimitives.ReadUInt16BigEndian(_message[LifetimeOffset..]);

    /// <summary>How long a neighbor counts as reachable; 0 if not told.</summary>
    public uint ReachableTimeMs =>
        BinaryPrimitives.ReadUInt32BigEndian(_message[ReachableOffset..]);

    /// <summary>Time between solicitations; 0 if not told.</summary>
    public uint RetransmitTimerMs =>
        BinaryPrimitives.ReadUInt32BigEndian(_message[RetransmitOffset..]);

    /// <summary>The router's own; null if absent.</summary>
    public MacAddress? SourceLinkLayer { get; }

    public NdpOptionReader Options => new(_message[MinimumLengthBytes..]);

    /// <summary>
    /// Reads an ICMPv6 message whose checksum <see cref="IcmpMessage"/> has verified. That the hop
    /// limit is 255 and the source a link-local address is the caller's to verify, who knows the
    /// packet (RFC 4861 section 6.1.2).
    /// </summary>
    /// <returns>
    /// <see cref="ParseError.Truncated"/>, <see cref="ParseError.Field"/> for another type or code,
    /// or <see cref="ParseError.Option"/>.
    /// </returns>
    public static ParseError TryParse(
        ReadOnlySpan<byte> message, out RouterAdvertisement advertisement)
    {
        ParseError error = NdpMessage.TryParse(
            message, Type, MinimumLengthBytes, NdpOption.SourceLinkLayerAddress,
            out MacAddress? linkLayer);
        advertisement = error == ParseError.None
            ? new RouterAdvertisement(message, linkLayer) : default;
        return error;
    }

    /// <summary>Writes the fixed part but for the checksum, which is left zero.</summary>
    /// <param name="message">At least 16 bytes; its length is the limit of the options.</param>
    /// <param name="hopLimit">What hosts are to put into their packets; 0 to not tell.</param>
    /// <param name="flags">What is to be had by DHCPv6.</param>
    /// <param name="lifetimeSeconds">
    /// How long it serves as a default router; 0 if it does not.
    /// </param>
    /// <param name="reachableTimeMs">How long a neighbor is reachable; 0 to not tell.</param>
    /// <param name="retransmitTimerMs">Time between solicitations; 0 to not tell.</param>
    /// <returns>What the options are written by; it knows the message's length.</returns>
    public static NdpOptionWriter Write(
        Span<byte> message, byte hopLimit, RouterFlags flags, ushort lifetimeSeconds,
        uint reachableTimeMs, uint retransmitTimerMs)
    {
        NdpOptionWriter options = NdpMessage.Write(message, Type, MinimumLengthBytes);
        message[HopLimitOffset] = hopLimit;
        message[FlagsOffset] = (byte)flags;
        BinaryPrimitives.WriteUInt16BigEndian(message[LifetimeOffset..], lifetimeSeconds);
        BinaryPrimitives.WriteUInt32BigEndian(message[ReachableOffset..], reachableTimeMs);
        BinaryPrimitives.WriteUInt32BigEndian(message[RetransmitOffset..], retransmitTimerMs);
        return options;
    }
}
