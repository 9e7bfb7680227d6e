namespace Slipway.Wire;

/// <summary>
/// Option 39 (RFC 4704 section 4): what a client calls itself, and who enters that into DNS. The
/// name is never compressed; one that is not fully qualified lacks the root's octet at its end.
/// <code>
///  0 1 2 3 4 5 6 7
/// +-----+-+-+-+---------------------------------------------------+
/// | MBZ |N|O|S|  domain-name                                      |
/// +-----+-+-+-+---------------------------------------------------+
/// </code>
/// </summary>
public readonly ref struct Dhcp6ClientName
{
    /// <summary>S: the server updates AAAA records, or is asked to.</summary>
    public const byte ServerUpdates = 1;

    /// <summary>O: the server does otherwise than S of the client says.</summary>
    public const byte Overridden = 2;

    private const int NameOffset = 1;

    private readonly ReadOnlySpan<byte> _value;

    private Dhcp6ClientName(ReadOnlySpan<byte> value) => _value = value;

    public byte Flags => _value[0];

    /// <summary>Labels; empty if the client leaves its name to the server.</summary>
    public ReadOnlySpan<byte> Name => _value[NameOffset..];

    /// <summary>The octets of the first label; empty without a name.</summary>
    public ReadOnlySpan<byte> FirstLabel =>
        Name.IsEmpty ? default : Name.Slice(1, Name[0]);

    /// <summary>Checks that labels, the root's or none behind them, fill the option.</summary>
    /// <returns><see cref="ParseError.Truncated"/> or <see cref="ParseError.Name"/>.</returns>
    public static ParseError TryParse(ReadOnlySpan<byte> value, out Dhcp6ClientName name)
    {
        name = default;
        if (value.IsEmpty)
        {
            return ParseError.Truncated;
        }

        ReadOnlySpan<byte> rest = value[NameOffset..];
        if (rest.Length > DomainName.MaxLengthBytes)
        {
            return ParseError.Name;
        }

        while (!rest.IsEmpty)
        {
            int length = rest[0];
            bool isRoot = length == 0;
            if (length > DomainName.MaxLabelLengthBytes || (isRoot && rest.Length > 1))
            {
                return ParseError.Name;
            }

            if (rest.Length < 1 + length)
            {
                return ParseError.Truncated;
            }

            rest = rest[(1 + length)..];
        }

        name = new Dhcp6ClientName(value);
        return ParseError.None;
    }
}
