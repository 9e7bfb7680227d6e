using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// Asks all nodes what they listen to: a general query of MLDv2 (RFC 3810 section 5.1), which
/// nodes of MLDv1 understand as theirs; the whole ICMPv6 message.
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |  Type (130)   |   Code (0)    |          Checksum             |
/// +---------------+---------------+-------------------------------+
/// |    Maximum Response Code      |          Reserved             |
/// +-------------------------------+-------------------------------+
/// |          Multicast Address (128 bits): :: if general          |
/// +-------+-+-----+---------------+-------------------------------+
/// | Resv  |S| QRV |     QQIC      |    Number of Sources (0)      |
/// +-------+-+-----+---------------+-------------------------------+
/// </code>
/// </summary>
public static class MulticastListenerQuery
{
    private const int MaximumResponseOffset = 4;
    private const int RobustnessOffset = 24;
    private const int IntervalOffset = 25;

    // From here on a code would be a floating-point number (sections 5.1.3 and 5.1.9).
    private const int MaxResponseMs = 0x7fff;
    private const int MaxIntervalSeconds = 0x7f;
    private const int MaxRobustness = 7;

    /// <summary>Length of the message, in bytes.</summary>
    public const int LengthBytes = 28;

    /// <summary>
    /// Writes the whole message but for its checksum, which is left zero. It goes from a link-local
    /// address to <see cref="Ipv6Multicast.AllNodes"/> with a hop limit of 1 and behind a
    /// hop-by-hop header with the router alert option (section 5), which is the caller's to write.
    /// </summary>
    /// <param name="message">At least 28 bytes.</param>
    /// <param name="maximumResponseMs">
    /// Within what time nodes are to answer; at most 32767. RFC 3810 section 9.3 has 10000.
    /// </param>
    /// <param name="robustness">
    /// How many times nodes are to say a thing; at most 7. Section 9.1 has 2.
    /// </param>
    /// <param name="intervalSeconds">
    /// Between queries; at most 127. Section 9.2 has 125.
    /// </param>
    /// <returns>Bytes written.</returns>
    public static int WriteGeneral(
        Span<byte> message, int maximumResponseMs, int robustness, int intervalSeconds)
    {
        message[..LengthBytes].Clear();
        message[0] = Icmpv6Type.ListenerQuery;
        BinaryPrimitives.WriteUInt16BigEndian(
            message[MaximumResponseOffset..], (ushort)Math.Min(maximumResponseMs, MaxResponseMs));
        message[RobustnessOffset] = (byte)Math.Min(robustness, MaxRobustness);
        message[IntervalOffset] = (byte)Math.Min(intervalSeconds, MaxIntervalSeconds);
        return LengthBytes;
    }
}
