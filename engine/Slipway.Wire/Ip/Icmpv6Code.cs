namespace Slipway.Wire;

/// <summary>Codes of ICMPv6 errors (RFC 4443 section 3).</summary>
public static class Icmpv6Code
{
    /// <summary>Of <see cref="Icmpv6Type.DestinationUnreachable"/>.</summary>
    public const byte NoRoute = 0;

    /// <summary>Of <see cref="Icmpv6Type.DestinationUnreachable"/>.</summary>
    public const byte Prohibited = 1;

    /// <summary>Of <see cref="Icmpv6Type.DestinationUnreachable"/>.</summary>
    public const byte AddressUnreachable = 3;

    /// <summary>Of <see cref="Icmpv6Type.DestinationUnreachable"/>.</summary>
    public const byte PortUnreachable = 4;

    /// <summary>Of <see cref="Icmpv6Type.TimeExceeded"/>.</summary>
    public const byte HopLimitExceeded = 0;

    /// <summary>Of <see cref="Icmpv6Type.TimeExceeded"/>.</summary>
    public const byte ReassemblyTimeExceeded = 1;

    /// <summary>Of <see cref="Icmpv6Type.ParameterProblem"/>.</summary>
    public const byte NextHeader = 1;

    /// <summary>
    /// Of <see cref="Icmpv6Type.ParameterProblem"/>: a first fragment without all headers (RFC 7112
    /// section 5).
    /// </summary>
    public const byte CutHeaders = 3;
}
