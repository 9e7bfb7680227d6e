using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// An identity association: IA_NA, IA_TA or IA_PD (RFC 8415 sections 21.4, 21.5 and 21.21). IA_TA
/// has no T1 and T2.
/// <code>
/// +---------------------------------------------------------------+
/// |                           IAID (4)                            |
/// +---------------------------------------------------------------+
/// |                            T1 (4)                             |
/// +---------------------------------------------------------------+
/// |                            T2 (4)                             |
/// +---------------------------------------------------------------+
/// |                          IA-options                           |
/// </code>
/// </summary>
public readonly ref struct Dhcp6Association
{
    /// <summary>Length of the IAID, and of IA_TA without options, in bytes.</summary>
    public const int IdentifierLengthBytes = 4;

    /// <summary>Length of IA_NA and IA_PD without options, in bytes.</summary>
    public const int TimedLengthBytes = 12;

    private const int RenewalOffset = 4;
    private const int RebindingOffset = 8;

    private readonly ReadOnlySpan<byte> _value;
    private readonly int _fixedLengthBytes;

    private Dhcp6Association(Dhcp6Option kind, ReadOnlySpan<byte> value, int fixedLengthBytes)
    {
        Kind = kind;
        _value = value;
        _fixedLengthBytes = fixedLengthBytes;
    }

    /// <summary>Which of the three options it is.</summary>
    public Dhcp6Option Kind { get; }

    /// <summary>The IAID: one of the client's, unique with its DUID and the kind.</summary>
    public uint Identifier => BinaryPrimitives.ReadUInt32BigEndian(_value);

    /// <summary>T1 in seconds: when to renew; zero in IA_TA or if left to others.</summary>
    public uint RenewalSeconds => Time(RenewalOffset);

    /// <summary>T2 in seconds: when to ask any server.</summary>
    public uint RebindingSeconds => Time(RebindingOffset);

    public Dhcp6OptionReader Options => new(_value[_fixedLengthBytes..]);

    /// <summary>True for the codes of the three options.</summary>
    public static bool IsAssociation(Dhcp6Option code) =>
        code is Dhcp6Option.NonTemporaryAddresses or Dhcp6Option.TemporaryAddresses
            or Dhcp6Option.DelegatedPrefixes;

    /// <summary>Checks the fixed part and that every option within has its length.</summary>
    /// <returns>
    /// <see cref="ParseError.Field"/> for the code of another option,
    /// <see cref="ParseError.Truncated"/> or <see cref="ParseError.Option"/>.
    /// </returns>
    public static ParseError TryParse(
        Dhcp6Option kind, ReadOnlySpan<byte> value, out Dhcp6Association association)
    {
        association = default;
        if (!IsAssociation(kind))
        {
            return ParseError.Field;
        }

        int fixedLengthBytes = kind == Dhcp6Option.TemporaryAddresses
            ? IdentifierLengthBytes : TimedLengthBytes;
        if (value.Length < fixedLengthBytes)
        {
            return ParseError.Truncated;
        }

        ReadOnlySpan<byte> rest = value[fixedLengthBytes..];
        while (true)
        {
            ParseError error = Dhcp6OptionReader.TryReadArea(
                ref rest, out Dhcp6Option code, out ReadOnlySpan<byte> inner);
            if (error != ParseError.None)
            {
                return error;
            }

            if (code == Dhcp6Option.None)
            {
                association = new Dhcp6Association(kind, value, fixedLengthBytes);
                return ParseError.None;
            }

            if (code == Dhcp6Option.Address && inner.Length < Dhcp6Address.LengthBytes)
            {
                return ParseError.Option;
            }
        }
    }

    private uint Time(int offset) => _fixedLengthBytes < TimedLengthBytes
        ? 0 : BinaryPrimitives.ReadUInt32BigEndian(_value[offset..]);
}
