using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// An ICMP error of either family: the type and code of the one it was made in, and what they are
/// in the other (RFC 7915 sections 4.2 and 5.2).
/// </summary>
/// <param name="IsIPv4">ICMPv4's numbers (RFC 792), else ICMPv6's (RFC 4443).</param>
/// <param name="Type">See <see cref="IcmpType"/> and <see cref="Icmpv6Type"/>.</param>
/// <param name="Code">See <see cref="IcmpCode"/> and <see cref="Icmpv6Code"/>.</param>
public readonly record struct IcmpError(bool IsIPv4, byte Type, byte Code)
{
    public static readonly IcmpError NetworkUnreachable = Unreachable(IcmpCode.NetworkUnreachable);

    public static readonly IcmpError HostUnreachable = Unreachable(IcmpCode.HostUnreachable);

    public static readonly IcmpError ProtocolUnreachable =
        Unreachable(IcmpCode.ProtocolUnreachable);

    public static readonly IcmpError PortUnreachable = Unreachable(IcmpCode.PortUnreachable);

    public static readonly IcmpError PacketTooBig = Unreachable(IcmpCode.FragmentationNeeded);

    public static readonly IcmpError Prohibited = Unreachable(IcmpCode.CommunicationProhibited);

    public static readonly IcmpError HopLimitExceeded =
        new(true, IcmpType.TimeExceeded, IcmpCode.TtlExceeded);

    public static readonly IcmpError ReassemblyTimeExceeded =
        new(true, IcmpType.TimeExceeded, IcmpCode.ReassemblyTimeExceeded);

    /// <summary>What the host's kernel has reported.</summary>
    public static IcmpError Of(in HostErrorReport report) =>
        new(report.Remote.Address.IsIPv4, report.IcmpType, report.IcmpCode);

    /// <summary>What a guest is told of an error of the host's own; null for nothing.</summary>
    public static IcmpError? Of(HostError error) => error switch
    {
        HostError.NetworkUnreachable => NetworkUnreachable,
        HostError.HostUnreachable => HostUnreachable,
        HostError.Prohibited => Prohibited,
        _ => null,
    };

    /// <summary>
    /// False for what no guest is told of: source quench, redirects, and what is no error at all.
    /// </summary>
    public bool IsForGuests => IsIPv4
        ? Type is IcmpType.DestinationUnreachable or IcmpType.TimeExceeded
            or IcmpType.ParameterProblem
        : Type is >= Icmpv6Type.DestinationUnreachable and <= Icmpv6Type.ParameterProblem;

    /// <summary>The path takes smaller packets only.</summary>
    public bool IsTooBig => IsIPv4
        ? Type == IcmpType.DestinationUnreachable && Code == IcmpCode.FragmentationNeeded
        : Type == Icmpv6Type.PacketTooBig;

    /// <summary>ICMPv6's "protocol unreachable", which points at the protocol's name.</summary>
    public bool IsUnknownNextHeader =>
        !IsIPv4 && Type == Icmpv6Type.ParameterProblem && Code == Icmpv6Code.NextHeader;

    /// <summary>
    /// The MTU of a report to a guest: its header may be longer by 20 bytes than that of what the
    /// host sends for it (RFC 7915 section 4.2).
    /// </summary>
    public static int MtuBytesFor(in HostErrorReport report, IpAddress guest) =>
        report.MtuBytes > 0 && report.Remote.Address.IsIPv4 && !guest.IsIPv4
            ? report.MtuBytes + Ipv6Header.LengthBytes - Ipv4Header.MinimumLengthBytes
            : report.MtuBytes;

    /// <summary>The same in a guest's family.</summary>
    public IcmpError For(IpAddress guest) => guest.IsIPv4 == IsIPv4 ? this
        : IsIPv4 ? ToIPv6() : ToIPv4();

    private static IcmpError Unreachable(byte code) =>
        new(true, IcmpType.DestinationUnreachable, code);

    private static IcmpError V6(byte type, byte code) => new(false, type, code);

    private IcmpError ToIPv6() => (Type, Code) switch
    {
        (IcmpType.DestinationUnreachable, IcmpCode.FragmentationNeeded) =>
            V6(Icmpv6Type.PacketTooBig, 0),
        (IcmpType.DestinationUnreachable, IcmpCode.ProtocolUnreachable) =>
            V6(Icmpv6Type.ParameterProblem, Icmpv6Code.NextHeader),
        (IcmpType.DestinationUnreachable, IcmpCode.PortUnreachable) =>
            V6(Icmpv6Type.DestinationUnreachable, Icmpv6Code.PortUnreachable),
        (IcmpType.DestinationUnreachable, 9 or 10 or 13 or 15) =>
            V6(Icmpv6Type.DestinationUnreachable, Icmpv6Code.Prohibited),
        (IcmpType.DestinationUnreachable, IcmpCode.HostUnreachable) =>
            V6(Icmpv6Type.DestinationUnreachable, Icmpv6Code.AddressUnreachable),
        (IcmpType.TimeExceeded, _) => V6(Icmpv6Type.TimeExceeded, Code),
        (IcmpType.ParameterProblem, _) => V6(Icmpv6Type.ParameterProblem, 0),
        _ => V6(Icmpv6Type.DestinationUnreachable, Icmpv6Code.NoRoute),
    };

    private IcmpError ToIPv4() => (Type, Code) switch
    {
        (Icmpv6Type.PacketTooBig, _) => PacketTooBig,
        (Icmpv6Type.ParameterProblem, Icmpv6Code.NextHeader) => ProtocolUnreachable,
        (Icmpv6Type.ParameterProblem, _) => new(true, IcmpType.ParameterProblem, 0),
        (Icmpv6Type.TimeExceeded, _) => new(true, IcmpType.TimeExceeded, Code),
        (Icmpv6Type.DestinationUnreachable, Icmpv6Code.PortUnreachable) => PortUnreachable,
        (Icmpv6Type.DestinationUnreachable, Icmpv6Code.Prohibited) => Prohibited,
        _ => HostUnreachable,
    };
}
