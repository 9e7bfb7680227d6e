namespace Slipway.Wire;

/// <summary>
/// Codes of ICMPv4 errors (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1).
/// </summary>
public static class IcmpCode
{
    /// <summary>Of <see cref="IcmpType.DestinationUnreachable"/>.</summary>
    public const byte NetworkUnreachable = 0;

    /// <summary>Of <see cref="IcmpType.DestinationUnreachable"/>.</summary>
    public const byte HostUnreachable = 1;

    /// <summary>Of <see cref="IcmpType.DestinationUnreachable"/>.</summary>
    public const byte ProtocolUnreachable = 2;

    /// <summary>Of <see cref="IcmpType.DestinationUnreachable"/>.</summary>
    public const byte PortUnreachable = 3;

    /// <summary>
    /// Of <see cref="IcmpType.DestinationUnreachable"/>; tells the next hop's MTU (RFC 1191).
    /// </summary>
    public const byte FragmentationNeeded = 4;

    /// <summary>Of <see cref="IcmpType.DestinationUnreachable"/>.</summary>
    public const byte CommunicationProhibited = 13;

    /// <summary>Of <see cref="IcmpType.TimeExceeded"/>.</summary>
    public const byte TtlExceeded = 0;

    /// <summary>Of <see cref="IcmpType.TimeExceeded"/>.</summary>
    public const byte ReassemblyTimeExceeded = 1;
}
