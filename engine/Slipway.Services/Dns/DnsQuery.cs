using Slipway.Wire;

namespace Slipway.Services;

/// <summary>A query that has been read: what every part of the server asks about it.</summary>
internal readonly ref struct DnsQuery
{
    public required DnsMessage Message { get; init; }

    /// <summary>The name asked for, uncompressed, in the case in which it was asked.</summary>
    public required ReadOnlySpan<byte> Name { get; init; }

    public required DnsQuestion Question { get; init; }

    public required DnsEdns Edns { get; init; }

    /// <summary>The longest response that the guest takes, in bytes.</summary>
    public required int LimitBytes { get; init; }

    /// <summary>
    /// Reads a query.
    /// </summary>
    /// <param name="bytes">The message.</param>
    /// <param name="name">
    /// Room for <see cref="DomainName.MaxLengthBytes"/>; held by the query.
    /// </param>
    /// <param name="query">The query, as far as it could be read.</param>
    /// <param name="code">How it is to be answered at once; NoError if it is to be served.</param>
    /// <returns>False if it cannot be answered at all.</returns>
    public static bool TryRead(
        ReadOnlySpan<byte> bytes, bool overTcp, Span<byte> name, out DnsQuery query,
        out DnsResponseCode code)
    {
        query = default;
        code = DnsResponseCode.FormatError;
        if (DnsMessage.TryParse(bytes, out DnsMessage message) != ParseError.None
            || message.IsResponse)
        {
            return false;
        }

        DnsQuestion question = new(DnsType.None, DnsClass.None, 0, DnsMessage.HeaderLengthBytes);
        DnsEdns edns = default;
        if (message.OperationCode != 0)
        {
            code = DnsResponseCode.NotImplemented;
        }
        else if (message.QuestionCount == 1
            && message.TryReadQuestion(name, out DnsQuestion read) == ParseError.None)
        {
            question = read;
            code = message.TryReadEdns(question, out edns) == ParseError.None
                ? Judge(question, edns) : DnsResponseCode.FormatError;
        }

        query = new DnsQuery
        {
            Message = message,
            Name = name[..question.NameLengthBytes],
            Question = question,
            Edns = edns,
            LimitBytes = overTcp ? DnsMessage.MaxLengthBytes : edns.ResponseLimitBytes,
        };
        return true;
    }

    /// <summary>Writes a response without records.</summary>
    public int WriteCode(DnsResponseCode code, Span<byte> response)
    {
        DnsMessageWriter writer = DnsMessageWriter.Reply(
            Message, Question.EndOffset, Edns, response[..Math.Min(response.Length, LimitBytes)]);
        writer.Conclude(code, authoritative: false);
        return writer.Finish();
    }

    /// <summary>Writes a response without records that sends the guest to TCP (TC).</summary>
    public int WriteTruncated(Span<byte> response)
    {
        int lengthBytes = WriteCode(DnsResponseCode.NoError, response);
        response[2] |= DnsMessage.TruncatedFlag >> 8;
        return lengthBytes;
    }

    private static DnsResponseCode Judge(in DnsQuestion question, in DnsEdns edns) =>
        question switch
    {
        _ when edns.IsPresent && edns.Version != 0 => DnsResponseCode.BadVersion,
        { Type: DnsType.Opt or DnsType.None } => DnsResponseCode.FormatError,
        { Class: not DnsClass.Internet } => DnsResponseCode.Refused,
        { Type: DnsType.Axfr or DnsType.Ixfr } => DnsResponseCode.Refused,
        _ => DnsResponseCode.NoError,
    };
}
