using System.Buffers.Binary;
using System.Text;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// A message between the engine and a process beside it: one packet of a SOCK_SEQPACKET socket.
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +---------------+---------------+-------------------------------+
/// |     Kind      |     Code      |               0               |
/// +---------------+---------------+-------------------------------+
/// |                              Id                               |
/// +---------------------------------------------------------------+
/// |   Body: by the kind; up to 32 KiB with these eight bytes      |
/// </code>
/// Numbers are little-endian: both ends are one program on one machine. The id is the engine's; an
/// answer has its question's.
/// <para>
/// Find: the code is 4 or 6; the guest's link (4 bytes), the deadline in milliseconds (4), the name
/// in wire form. Found: the code is a <see cref="ResolverCode"/>; addresses, 16 bytes each, IPv4
/// mapped. ScriptPart: the code is 1 in the last part; UTF-8. ScriptRead and Evaluated: text, which
/// says why where the code is Failed. Evaluate: the script's id (4), the URL's length (2), the URL
/// and the host. Resolve: a name as text. Resolved: addresses.
/// </para>
/// </summary>
internal readonly ref struct ResolverMessage
{
    private const int KindOffset = 0;
    private const int CodeOffset = 1;
    private const int ZeroOffset = 2;
    private const int IdOffset = 4;

    public const int HeaderBytes = 8;
    public const int MaxLengthBytes = 32 << 10;
    public const int MaxBodyBytes = MaxLengthBytes - HeaderBytes;
    public const int AddressBytes = 16;
    public const int MaxAddresses = MaxBodyBytes / AddressBytes;

    /// <summary>Faults and answers of scripts are cut or refused beyond it.</summary>
    public const int MaxTextBytes = 8 << 10;

    /// <summary>A name as text is not longer, its dots included.</summary>
    public const int MaxNameBytes = 255;

    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);
    private readonly ReadOnlySpan<byte> _bytes;

    private ResolverMessage(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public ResolverMessageKind Kind => (ResolverMessageKind)_bytes[KindOffset];

    public byte Code => _bytes[CodeOffset];

    public uint Id => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[IdOffset..]);

    public ReadOnlySpan<byte> Body => _bytes[HeaderBytes..];

    /// <summary>Reads a packet. The body is checked as far as its kind alone tells.</summary>
    public static ParseError TryParse(ReadOnlySpan<byte> bytes, out ResolverMessage message)
    {
        message = default;
        if (bytes.Length < HeaderBytes)
        {
            return ParseError.Truncated;
        }

        if (bytes.Length > MaxLengthBytes)
        {
            return ParseError.TotalLength;
        }

        if (bytes[ZeroOffset] != 0 || bytes[ZeroOffset + 1] != 0)
        {
            return ParseError.Field;
        }

        ResolverMessage read = new(bytes);
        ParseError error = read.CheckBody();
        message = error == ParseError.None ? read : default;
        return error;
    }

    /// <summary>The addresses of Found and Resolved.</summary>
    public IpAddress[] ReadAddresses()
    {
        IpAddress[] addresses = new IpAddress[Body.Length / AddressBytes];
        for (int i = 0; i < addresses.Length; i++)
        {
            addresses[i] = IpAddress.ReadIPv6(Body[(i * AddressBytes)..]);
        }

        return addresses;
    }

    /// <summary>The text of ScriptRead, Evaluated and Resolve; null where it is no UTF-8.</summary>
    public string? ReadText()
    {
        try
        {
            return s_strict.GetString(Body);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>Makes a message around a body.</summary>
    public static byte[] Write(
        ResolverMessageKind kind, byte code, uint id, ReadOnlySpan<byte> body)
    {
        byte[] bytes = new byte[HeaderBytes + body.Length];
        bytes[KindOffset] = (byte)kind;
        bytes[CodeOffset] = code;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(IdOffset), id);
        body.CopyTo(bytes.AsSpan(HeaderBytes));
        return bytes;
    }

    /// <summary>Makes a message of addresses; those that do not fit are left out.</summary>
    public static byte[] Write(
        ResolverMessageKind kind, byte code, uint id, IReadOnlyList<IpAddress> addresses)
    {
        int count = Math.Min(addresses.Count, MaxAddresses);
        byte[] body = new byte[count * AddressBytes];
        for (int i = 0; i < count; i++)
        {
            addresses[i].WriteIPv6(body.AsSpan(i * AddressBytes));
        }

        return Write(kind, code, id, body);
    }

    /// <summary>Makes a message of a text that is cut to what may be said.</summary>
    public static byte[] Write(ResolverMessageKind kind, byte code, uint id, string text)
    {
        byte[] body = new byte[MaxTextBytes];
        Encoding.UTF8.GetEncoder().Convert(text, body, flush: true, out _, out int used, out _);
        return Write(kind, code, id, body.AsSpan(0, used));
    }

    private ParseError CheckBody()
    {
        int length = Body.Length;
        return Kind switch
        {
            ResolverMessageKind.Found or ResolverMessageKind.Resolved =>
                length % AddressBytes == 0 ? ParseError.None : ParseError.TotalLength,
            ResolverMessageKind.ScriptRead or ResolverMessageKind.Evaluated =>
                length <= MaxTextBytes ? ParseError.None : ParseError.TotalLength,
            ResolverMessageKind.Resolve =>
                length is > 0 and <= MaxNameBytes ? ParseError.None : ParseError.Name,
            ResolverMessageKind.ScriptPart => ParseError.None,
            ResolverMessageKind.Find => FindRequest.Check(this),
            ResolverMessageKind.Evaluate => EvaluateRequest.Check(this),
            _ => ParseError.Field,
        };
    }
}
