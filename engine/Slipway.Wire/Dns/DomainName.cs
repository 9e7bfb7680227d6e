using System.Globalization;
using System.Text;

namespace Slipway.Wire;

/// <summary>
/// Domain names in wire form (RFC 1035 section 3.1): labels of a length octet and that many
/// octets, ended by the root's zero octet. All functions take a name uncompressed and whole, as
/// <see cref="TryRead"/> and <see cref="TryParse"/> make it; compare by
/// <see cref="DomainNameComparer"/>, since case does not matter (RFC 4343).
/// <code>
/// +--+--+--+--+--+--+--+--+     compressed (RFC 1035 section 4.1.4):
/// | 0  0|     LENGTH      |     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
/// +--+--+--+--+--+--+--+--+     | 1  1|                OFFSET                   |
/// /        LABEL          /     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
/// </code>
/// </summary>
public static class DomainName
{
    /// <summary>Longest name, length octets and root included, in bytes.</summary>
    public const int MaxLengthBytes = 255;

    /// <summary>Longest label, in bytes.</summary>
    public const int MaxLabelLengthBytes = 63;

    /// <summary>The root: one zero octet.</summary>
    public static ReadOnlySpan<byte> Root => [0];

    /// <summary>
    /// Reads a name that may be compressed. A pointer must lead to before the name that it is part
    /// of, and each further one to before the last, so that every chain ends (NAME:WRECK).
    /// </summary>
    /// <param name="message">The whole message; offsets count from its start.</param>
    /// <param name="offset">Where the name begins.</param>
    /// <param name="name">Room for <see cref="MaxLengthBytes"/>.</param>
    /// <param name="lengthBytes">Length of the name, uncompressed.</param>
    /// <param name="next">Offset of what follows the name in the message.</param>
    public static ParseError TryRead(
        ReadOnlySpan<byte> message, int offset, Span<byte> name, out int lengthBytes, out int next)
    {
        lengthBytes = 0;
        next = 0;
        int at = offset;
        int earliest = offset;
        while ((uint)at < (uint)message.Length)
        {
            int length = message[at];
            if (length >= 0xc0)
            {
                if (at + 2 > message.Length)
                {
                    return ParseError.Truncated;
                }

                next = next == 0 ? at + 2 : next;
                at = ((length & 0x3f) << 8) | message[at + 1];
                if (at >= earliest)
                {
                    return ParseError.Name;
                }

                earliest = at;
                continue;
            }

            // 01 and 10 are reserved (RFC 6891 section 5 ended the extended labels).
            if (length > MaxLabelLengthBytes || lengthBytes + 1 + length > MaxLengthBytes)
            {
                return ParseError.Name;
            }

            if (at + 1 + length > message.Length)
            {
                return ParseError.Truncated;
            }

            message.Slice(at, 1 + length).CopyTo(name[lengthBytes..]);
            lengthBytes += 1 + length;
            at += 1 + length;
            if (length == 0)
            {
                next = next == 0 ? at : next;
                return ParseError.None;
            }
        }

        return ParseError.Truncated;
    }

    /// <summary>
    /// Makes wire form from text: labels between dots, a dot at the end or not, "." for the root;
    /// `\.` and `\DDD` as in zone files. ASCII only: names of other scripts come as A-labels.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, Span<byte> name, out int lengthBytes)
    {
        lengthBytes = 0;
        if (text is ".")
        {
            text = default;
        }
        else if (text.IsEmpty)
        {
            return false;
        }

        // Room for a label's length is taken when it begins and filled in when it ends.
        int label = 0;
        int at = 1;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '.')
            {
                if (!TryEndLabel(name, ref label, ref at))
                {
                    return false;
                }

                continue;
            }

            if (!TryReadOctet(text, ref i, out byte octet) || at >= MaxLengthBytes)
            {
                return false;
            }

            name[at++] = octet;
        }

        if (at > label + 1 && !TryEndLabel(name, ref label, ref at))
        {
            return false;
        }

        name[label] = 0;
        lengthBytes = label + 1;
        return true;
    }

    /// <summary>
    /// A name as text without a dot at its end, "." for the root; other octets escaped.
    /// </summary>
    public static string Format(ReadOnlySpan<byte> name)
    {
        if (name.Length <= 1)
        {
            return ".";
        }

        StringBuilder text = new(name.Length);
        for (int at = 0; at < name.Length && name[at] != 0; at += 1 + name[at])
        {
            if (at > 0)
            {
                text.Append('.');
            }

            foreach (byte octet in name.Slice(at + 1, name[at]))
            {
                if (octet is (byte)'.' or (byte)'\\')
                {
                    text.Append('\\').Append((char)octet);
                }
                else if (octet is > 0x20 and < 0x7f)
                {
                    text.Append((char)octet);
                }
                else
                {
                    text.Append('\\').Append(octet.ToString("D3", CultureInfo.InvariantCulture));
                }
            }
        }

        return text.ToString();
    }

    /// <summary>Labels, the root not counted.</summary>
    public static int LabelCount(ReadOnlySpan<byte> name)
    {
        int count = 0;
        for (int at = 0; at < name.Length && name[at] != 0; at += 1 + name[at])
        {
            count++;
        }

        return count;
    }

    /// <summary>The name without its first label; the root's is the root.</summary>
    public static ReadOnlySpan<byte> Parent(ReadOnlySpan<byte> name) =>
        name.Length <= 1 ? Root : name[(1 + name[0])..];

    /// <summary>True if both are the same but for the case of ASCII letters.</summary>
    public static bool Same(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        // Length octets are at most 63, below 'A', so that folding leaves them alone.
        if (a.Length != b.Length)
        {
            return false;
        }

        for (int i = 0; i < a.Length; i++)
        {
            if (Fold(a[i]) != Fold(b[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>True if the name is the zone's apex or lies below it.</summary>
    public static bool IsWithin(ReadOnlySpan<byte> name, ReadOnlySpan<byte> zone)
    {
        while (name.Length > zone.Length)
        {
            name = Parent(name);
        }

        return Same(name, zone);
    }

    /// <summary>Writes a name in lower case, by which names can be compared.</summary>
    /// <param name="name">The name.</param>
    /// <param name="folded">Room for as many bytes.</param>
    public static void Fold(ReadOnlySpan<byte> name, Span<byte> folded)
    {
        // Length octets are below 'A', so that the whole name is folded as one text.
        for (int i = 0; i < name.Length; i++)
        {
            folded[i] = Fold(name[i]);
        }
    }

    internal static byte Fold(byte octet) =>
        octet is >= (byte)'A' and <= (byte)'Z' ? (byte)(octet | 0x20) : octet;

    private static bool TryEndLabel(Span<byte> name, ref int label, ref int at)
    {
        int length = at - label - 1;
        if (length is 0 or > MaxLabelLengthBytes || at >= MaxLengthBytes)
        {
            return false;
        }

        name[label] = (byte)length;
        label = at++;
        return true;
    }

    private static bool TryReadOctet(ReadOnlySpan<char> text, ref int i, out byte octet)
    {
        octet = (byte)text[i];
        if (text[i] != '\\')
        {
            return text[i] < 0x80;
        }

        if (i + 3 < text.Length
            && byte.TryParse(
                text.Slice(i + 1, 3), NumberStyles.None, CultureInfo.InvariantCulture, out octet))
        {
            i += 3;
            return true;
        }

        i++;
        octet = i < text.Length ? (byte)text[i] : (byte)0;
        return i < text.Length && text[i] < 0x80 && !char.IsAsciiDigit(text[i]);
    }
}
