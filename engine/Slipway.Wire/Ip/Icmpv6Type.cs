namespace Slipway.Wire;

/// <summary>
/// Types of ICMPv6 messages (RFC 4443, 4861, 2710, 3810), as bytes: any other may come from the
/// wire. Those below 128 are errors.
/// </summary>
public static class Icmpv6Type
{
    public const byte DestinationUnreachable = 1;
    public const byte PacketTooBig = 2;
    public const byte TimeExceeded = 3;
    public const byte ParameterProblem = 4;
    public const byte EchoRequest = 128;
    public const byte EchoReply = 129;
    public const byte ListenerQuery = 130;
    public const byte ListenerReport = 131;
    public const byte ListenerDone = 132;
    public const byte RouterSolicitation = 133;
    public const byte RouterAdvertisement = 134;
    public const byte NeighborSolicitation = 135;
    public const byte NeighborAdvertisement = 136;
    public const byte Redirect = 137;
    public const byte ListenerReportV2 = 143;

    /// <summary>
    /// The least type that is no error; about those below it no error may be sent (RFC 4443 section
    /// 2.4).
    /// </summary>
    public const byte FirstInformational = 128;
}
