using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// A guest's query on its way to others: its bytes as they came, and what they ask.
/// </summary>
/// <param name="Bytes">The message, intact.</param>
/// <param name="Name">The name asked for, in wire form.</param>
/// <param name="OverTcp">Asked over TCP, and passed on over TCP.</param>
/// <param name="Link">Who asks first: what blocks is shared fairly between guests.</param>
internal sealed record UpstreamQuery(
    byte[] Bytes, byte[] Name, DnsQuestion Question, DnsEdns Edns, bool OverTcp,
    int Link)
{
    /// <summary>The longest response that the guest takes, in bytes.</summary>
    public int LimitBytes => OverTcp ? DnsMessage.MaxLengthBytes : Edns.ResponseLimitBytes;

    /// <summary>A copy of a query that has been read.</summary>
    public static UpstreamQuery From(in DnsQuery query, bool overTcp, int link) => new(
        query.Message.Bytes.ToArray(), query.Name.ToArray(), query.Question, query.Edns, overTcp,
        link);

    /// <summary>The query as it was read.</summary>
    public DnsQuery Read()
    {
        DnsMessage.TryParse(Bytes, out DnsMessage message);
        return new DnsQuery
        {
            Message = message,
            Name = Name,
            Question = Question,
            Edns = Edns,
            LimitBytes = LimitBytes,
        };
    }

    /// <summary>
    /// True for a response to this query: QR, the id sent with it, and the same question but for
    /// case. A server that could not read the query may leave the question out.
    /// </summary>
    public bool IsAnsweredBy(ReadOnlySpan<byte> response, ushort id)
    {
        if (DnsMessage.TryParse(response, out DnsMessage message) != ParseError.None
            || !message.IsResponse || message.Id != id || message.OperationCode != 0)
        {
            return false;
        }

        if (message.QuestionCount == 0)
        {
            return message.ResponseCode is DnsResponseCode.FormatError
                or DnsResponseCode.NotImplemented;
        }

        Span<byte> name = stackalloc byte[DomainName.MaxLengthBytes];
        return message.QuestionCount == 1
            && message.TryReadQuestion(name, out DnsQuestion question) == ParseError.None
            && question.Type == Question.Type && question.Class == Question.Class
            && DomainName.Same(name[..question.NameLengthBytes], Name);
    }

    /// <summary>
    /// Makes a response the guest's: its id, and its question letter by letter (0x20).
    /// </summary>
    public byte[] Adopt(ReadOnlySpan<byte> response)
    {
        DnsMessage.TryParse(response, out DnsMessage message);
        if (response.Length > LimitBytes)
        {
            return Truncate();
        }

        byte[] own = response.ToArray();
        Bytes.AsSpan(0, 2).CopyTo(own);
        if (message.QuestionCount == 1)
        {
            Bytes.AsSpan(DnsMessage.HeaderLengthBytes..Question.EndOffset)
                .CopyTo(own.AsSpan(DnsMessage.HeaderLengthBytes));
        }

        return own;
    }

    /// <summary>A response without records.</summary>
    public byte[] Conclude(DnsResponseCode code)
    {
        Span<byte> response = stackalloc byte[DnsEdns.MinimumUdpSizeBytes];
        DnsMessage.TryParse(Bytes, out DnsMessage message);
        DnsMessageWriter writer =
            DnsMessageWriter.Reply(message, Question.EndOffset, Edns, response);
        writer.Conclude(code, authoritative: false);
        return response[..writer.Finish()].ToArray();
    }

    /// <summary>A response from what was found here.</summary>
    public byte[] Answer(LocalName known)
    {
        byte[] response = System.Buffers.ArrayPool<byte>.Shared.Rent(LimitBytes);
        int length = LocalAnswer.Write(Read(), known, authoritative: false, response);
        byte[] own = response[..length];
        System.Buffers.ArrayPool<byte>.Shared.Return(response);
        return own;
    }

    private byte[] Truncate()
    {
        byte[] response = Conclude(DnsResponseCode.NoError);
        response[2] |= DnsMessage.TruncatedFlag >> 8;
        return response;
    }
}
