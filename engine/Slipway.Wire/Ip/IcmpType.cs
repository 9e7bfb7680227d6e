namespace Slipway.Wire;

/// <summary>
/// Types of ICMPv4 messages (RFC 792), as bytes: any other may come from the wire.
/// </summary>
public static class IcmpType
{
    public const byte EchoReply = 0;
    public const byte DestinationUnreachable = 3;
    public const byte SourceQuench = 4;
    public const byte Redirect = 5;
    public const byte EchoRequest = 8;
    public const byte TimeExceeded = 11;
    public const byte ParameterProblem = 12;
}
