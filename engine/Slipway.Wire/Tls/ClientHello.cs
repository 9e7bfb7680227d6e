using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// The server's name in the first message of a TLS connection (RFC 8446 section 4.1.2, RFC 6066
/// section 3). Nothing is decrypted: the message comes in the clear.
/// <code>
///   record     | type 22 | version 2 | length 2 | fragment of the handshake ... |  up to 2^14
///   handshake  | type 1 | length 3 | version 2 | random 32 | session 1+n | suites 2+n |
///              | compression 1+n | extensions 2+n |
///   extension  | type 2 | length 2 | data |
///   name       | list length 2 | type 0 | length 2 | host name |
/// </code>
/// A message may lie in several records, and each may have come in several segments: what has
/// arrived is read from its beginning each time.
/// </summary>
public static class ClientHello
{
    /// <summary>The most that is looked at, records' headers included.</summary>
    public const int MaximumBytes = 18 * 1024;

    private const int RecordHeaderBytes = 5;
    private const int MaximumFragmentBytes = 1 << 14;
    private const int HandshakeHeaderBytes = 4;
    private const byte HandshakeRecord = 22;
    private const byte ClientHelloMessage = 1;
    private const int FixedBytes = 2 + 32;
    private const ushort ServerNameExtension = 0;
    private const int MaximumNameBytes = 253;

    /// <summary>Looks for the name.</summary>
    /// <param name="bytes">All that has come, from the connection's first byte on.</param>
    /// <param name="message">
    /// Scratch of <see cref="MaximumBytes"/>: receives the message without its records' headers.
    /// </param>
    /// <param name="name">
    /// A slice of <paramref name="message"/>: letters, digits, '-', '_' and dots.
    /// </param>
    public static ClientHelloResult Read(
        ReadOnlySpan<byte> bytes, Span<byte> message, out ReadOnlySpan<byte> name)
    {
        name = default;
        int lengthBytes = 0;
        int wantedBytes = HandshakeHeaderBytes;
        while (true)
        {
            if (!IsRecord(bytes))
            {
                return ClientHelloResult.Nameless;
            }

            if (bytes.Length < RecordHeaderBytes)
            {
                return ClientHelloResult.Incomplete;
            }

            int fragmentBytes = BinaryPrimitives.ReadUInt16BigEndian(bytes[3..]);
            int presentBytes = Math.Min(fragmentBytes, bytes.Length - RecordHeaderBytes);
            if (lengthBytes + fragmentBytes > message.Length)
            {
                return ClientHelloResult.Nameless;
            }

            bytes.Slice(RecordHeaderBytes, presentBytes).CopyTo(message[lengthBytes..]);
            lengthBytes += presentBytes;
            if (lengthBytes > 0 && message[0] != ClientHelloMessage)
            {
                return ClientHelloResult.Nameless;
            }

            if (lengthBytes >= HandshakeHeaderBytes)
            {
                wantedBytes = HandshakeHeaderBytes + (message[1] << 16)
                    + BinaryPrimitives.ReadUInt16BigEndian(message[2..]);
            }

            if (wantedBytes > message.Length)
            {
                return ClientHelloResult.Nameless;
            }

            if (lengthBytes >= Math.Max(wantedBytes, HandshakeHeaderBytes))
            {
                return TryFindName(message[HandshakeHeaderBytes..wantedBytes], out name)
                    ? ClientHelloResult.Named : ClientHelloResult.Nameless;
            }

            if (presentBytes < fragmentBytes)
            {
                return ClientHelloResult.Incomplete;
            }

            bytes = bytes[(RecordHeaderBytes + fragmentBytes)..];
        }
    }

    // As far as there are bytes of a record's header.
    private static bool IsRecord(ReadOnlySpan<byte> bytes) =>
        (bytes.Length < 1 || bytes[0] == HandshakeRecord)
        && (bytes.Length < 2 || bytes[1] == 3)
        && (bytes.Length < RecordHeaderBytes
            || BinaryPrimitives.ReadUInt16BigEndian(bytes[3..]) is > 0 and <= MaximumFragmentBytes);

    private static bool TryFindName(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> name)
    {
        name = default;
        if (body.Length < FixedBytes)
        {
            return false;
        }

        ReadOnlySpan<byte> rest = body[FixedBytes..];
        if (!TryTake(ref rest, 1, out _) || !TryTake(ref rest, 2, out _)
            || !TryTake(ref rest, 1, out _)
            || !TryTake(ref rest, 2, out ReadOnlySpan<byte> extensions))
        {
            return false;
        }

        while (extensions.Length >= 2)
        {
            ushort type = BinaryPrimitives.ReadUInt16BigEndian(extensions);
            extensions = extensions[2..];
            if (!TryTake(ref extensions, 2, out ReadOnlySpan<byte> content))
            {
                return false;
            }

            if (type == ServerNameExtension)
            {
                return TryTake(ref content, 2, out ReadOnlySpan<byte> list)
                    && list.Length > 0 && list[0] == 0 && TryTakeName(list[1..], out name);
            }
        }

        return false;
    }

    private static bool TryTakeName(ReadOnlySpan<byte> list, out ReadOnlySpan<byte> name)
    {
        name = default;
        if (!TryTake(ref list, 2, out ReadOnlySpan<byte> taken)
            || taken.Length is 0 or > MaximumNameBytes || taken[0] == '.')
        {
            return false;
        }

        foreach (byte one in taken)
        {
            if (!char.IsAsciiLetterOrDigit((char)one) && one is not ((byte)'-' or (byte)'_'
                or (byte)'.'))
            {
                return false;
            }
        }

        name = taken;
        return true;
    }

    // A vector behind a length of so many bytes.
    private static bool TryTake(
        scoped ref ReadOnlySpan<byte> rest, int lengthOfLength, out ReadOnlySpan<byte> taken)
    {
        taken = default;
        if (rest.Length < lengthOfLength)
        {
            return false;
        }

        int length = lengthOfLength == 1 ? rest[0] : BinaryPrimitives.ReadUInt16BigEndian(rest);
        rest = rest[lengthOfLength..];
        if (length > rest.Length)
        {
            return false;
        }

        taken = rest[..length];
        rest = rest[length..];
        return true;
    }
}
