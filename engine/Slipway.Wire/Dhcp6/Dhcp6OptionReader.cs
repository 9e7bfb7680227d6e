using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// Walks options (RFC 8415 section 21.1): those of a message that
/// <see cref="Dhcp6Message.TryParse"/> has accepted, or of an option of it that has options itself.
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-------------------------------+-------------------------------+
/// |          option-code          |           option-len          |
/// +-------------------------------+-------------------------------+
/// |                          option-data                          |
/// </code>
/// </summary>
public ref struct Dhcp6OptionReader
{
    /// <summary>Code and length, in bytes.</summary>
    public const int HeaderLengthBytes = 4;

    private ReadOnlySpan<byte> _rest;

    internal Dhcp6OptionReader(ReadOnlySpan<byte> area) => _rest = area;

    /// <summary>The next option; false after the last one.</summary>
    public bool TryRead(out Dhcp6Option code, out ReadOnlySpan<byte> value) =>
        TryReadArea(ref _rest, out code, out value) == ParseError.None && code != Dhcp6Option.None;

    /// <summary>The first occurrence of an option among those that are left.</summary>
    public readonly bool TryFind(Dhcp6Option wanted, out ReadOnlySpan<byte> value)
    {
        Dhcp6OptionReader reader = this;
        while (reader.TryRead(out Dhcp6Option code, out value))
        {
            if (code == wanted)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>One option of an area; <see cref="Dhcp6Option.None"/> at its end.</summary>
    internal static ParseError TryReadArea(
        scoped ref ReadOnlySpan<byte> rest, out Dhcp6Option code, out ReadOnlySpan<byte> value)
    {
        code = Dhcp6Option.None;
        value = default;
        if (rest.IsEmpty)
        {
            return ParseError.None;
        }

        if (rest.Length < HeaderLengthBytes)
        {
            return ParseError.Option;
        }

        int lengthBytes = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
        code = (Dhcp6Option)BinaryPrimitives.ReadUInt16BigEndian(rest);
        if (code == Dhcp6Option.None || lengthBytes > rest.Length - HeaderLengthBytes)
        {
            return ParseError.Option;
        }

        value = rest.Slice(HeaderLengthBytes, lengthBytes);
        rest = rest[(HeaderLengthBytes + lengthBytes)..];
        return ParseError.None;
    }
}
