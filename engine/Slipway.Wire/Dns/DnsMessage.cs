using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// A DNS message (RFC 1035 section 4.1) whose header is there; the sections are read on demand,
/// and may turn out malformed.
/// <code>
///  0  1  2  3  4  5  6  7  8  9  A  B  C  D  E  F
/// +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
/// |                      ID                       |
/// +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
/// |QR|   Opcode  |AA|TC|RD|RA| Z|AD|CD|   RCODE   |
/// +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
/// |  QDCOUNT  |  ANCOUNT  |  NSCOUNT  |  ARCOUNT  |   16 bits each
/// +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
/// </code>
/// </summary>
public readonly ref struct DnsMessage
{
    public const int HeaderLengthBytes = 12;

    /// <summary>UDP and TCP port of name servers.</summary>
    public const ushort Port = 53;

    /// <summary>Longest message: over TCP its length has 16 bits.</summary>
    public const int MaxLengthBytes = 65_535;

    /// <summary>Flag bits of the second word of the header.</summary>
    public const ushort ResponseFlag = 0x8000;
    public const ushort AuthoritativeFlag = 0x0400;
    public const ushort TruncatedFlag = 0x0200;
    public const ushort RecursionDesiredFlag = 0x0100;
    public const ushort RecursionAvailableFlag = 0x0080;
    public const ushort CheckingDisabledFlag = 0x0010;

    internal const int FlagsOffset = 2;
    internal const int QuestionCountOffset = 4;
    internal const int AnswerCountOffset = 6;
    internal const int AuthorityCountOffset = 8;
    internal const int AdditionalCountOffset = 10;

    private const int RecordFixedLengthBytes = 10;
    private readonly ReadOnlySpan<byte> _message;

    private DnsMessage(ReadOnlySpan<byte> message) => _message = message;

    public ReadOnlySpan<byte> Bytes => _message;

    public ushort Id => Word(0);

    public ushort Flags => Word(FlagsOffset);

    public bool IsResponse => (Flags & ResponseFlag) != 0;

    /// <summary>0 is QUERY.</summary>
    public int OperationCode => (Flags >> 11) & 0xf;

    public bool IsTruncated => (Flags & TruncatedFlag) != 0;

    /// <summary>The header's four bits; EDNS may add to them.</summary>
    public DnsResponseCode ResponseCode => (DnsResponseCode)(Flags & 0xf);

    public int QuestionCount => Word(QuestionCountOffset);

    public int AnswerCount => Word(AnswerCountOffset);

    public int AuthorityCount => Word(AuthorityCountOffset);

    public int AdditionalCount => Word(AdditionalCountOffset);

    public static ParseError TryParse(ReadOnlySpan<byte> bytes, out DnsMessage message)
    {
        message = default;
        if (bytes.Length < HeaderLengthBytes)
        {
            return ParseError.Truncated;
        }

        message = new DnsMessage(bytes);
        return ParseError.None;
    }

    /// <summary>The first question; there must be one.</summary>
    /// <param name="name">Room for <see cref="DomainName.MaxLengthBytes"/>.</param>
    public ParseError TryReadQuestion(Span<byte> name, out DnsQuestion question)
    {
        question = default;
        if (QuestionCount == 0)
        {
            return ParseError.Field;
        }

        ParseError error =
            DomainName.TryRead(_message, HeaderLengthBytes, name, out int length, out int next);
        if (error != ParseError.None)
        {
            return error;
        }

        // There is nothing before the question that its name could point to but the header.
        if (next != HeaderLengthBytes + length)
        {
            return ParseError.Name;
        }

        if (next + 4 > _message.Length)
        {
            return ParseError.Truncated;
        }

        question = new DnsQuestion((DnsType)Word(next), (DnsClass)Word(next + 2), length, next + 4);
        return ParseError.None;
    }

    /// <summary>Reads the record at an offset and moves the offset behind it.</summary>
    public ParseError TryReadRecord(scoped ref int offset, out DnsRecord record)
    {
        record = default;
        Span<byte> name = stackalloc byte[DomainName.MaxLengthBytes];
        ParseError error = DomainName.TryRead(_message, offset, name, out _, out int next);
        if (error != ParseError.None)
        {
            return error;
        }

        if (next + RecordFixedLengthBytes > _message.Length
            || Word(next + 8) > _message.Length - next - RecordFixedLengthBytes)
        {
            return ParseError.Truncated;
        }

        record = new DnsRecord
        {
            NameOffset = offset,
            Type = (DnsType)Word(next),
            Class = Word(next + 2),
            TtlSeconds = BinaryPrimitives.ReadUInt32BigEndian(_message[(next + 4)..]),
            DataOffset = next + RecordFixedLengthBytes,
            Data = _message.Slice(next + RecordFixedLengthBytes, Word(next + 8)),
        };
        offset = record.DataOffset + record.Data.Length;
        return ParseError.None;
    }

    /// <summary>
    /// Walks all records of a message with one question and finds its OPT, of which there may be
    /// one, in the additional section, owned by the root (RFC 6891 section 6.1.1).
    /// </summary>
    public ParseError TryReadEdns(in DnsQuestion question, out DnsEdns edns)
    {
        edns = default;
        int offset = question.EndOffset;
        int before = AnswerCount + AuthorityCount;
        for (int i = 0; i < before + AdditionalCount; i++)
        {
            ParseError error = TryReadRecord(ref offset, out DnsRecord record);
            if (error != ParseError.None)
            {
                return error;
            }

            if (record.Type == DnsType.Opt)
            {
                if (i < before || edns.IsPresent || _message[record.NameOffset] != 0)
                {
                    return ParseError.Field;
                }

                edns = DnsEdns.From(record.Class, record.TtlSeconds);
            }
        }

        return ParseError.None;
    }

    private ushort Word(int offset) => BinaryPrimitives.ReadUInt16BigEndian(_message[offset..]);
}
