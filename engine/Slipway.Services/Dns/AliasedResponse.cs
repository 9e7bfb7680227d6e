using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// Makes the response for a name that stands for an outside one: the aliases, and then what others
/// said of that.
/// </summary>
internal static class AliasedResponse
{
    /// <summary>The query for the name at the aliases' end.</summary>
    public static UpstreamQuery ToTarget(UpstreamQuery query, ReadOnlySpan<byte> target)
    {
        byte[] bytes =
        [
            .. query.Bytes.AsSpan(0, DnsMessage.HeaderLengthBytes),
            .. target,
            .. query.Bytes.AsSpan(DnsMessage.HeaderLengthBytes + query.Name.Length),
        ];
        DnsQuestion question = query.Question with
        {
            NameLengthBytes = target.Length,
            EndOffset = query.Question.EndOffset + target.Length - query.Name.Length,
        };
        return query with { Bytes = bytes, Name = target.ToArray(), Question = question };
    }

    /// <summary>The whole response.</summary>
    /// <param name="query">As the guest asked.</param>
    /// <param name="aliases">From the name asked for to the outside one.</param>
    /// <param name="told">The response to <see cref="ToTarget"/>.</param>
    public static byte[] Join(UpstreamQuery query, in AliasChain aliases, ReadOnlySpan<byte> told)
    {
        byte[] room = new byte[query.LimitBytes];
        DnsQuery asked = query.Read();
        DnsMessage.TryParse(told, out DnsMessage message);
        DnsMessageWriter writer =
            DnsMessageWriter.Reply(asked.Message, query.Question.EndOffset, query.Edns, room);
        writer.Conclude(message.ResponseCode, authoritative: false);
        aliases.WriteTo(ref writer, query.Name);
        Span<byte> name = stackalloc byte[DomainName.MaxLengthBytes];
        byte[] data = new byte[DnsMessage.MaxLengthBytes];
        if (message.TryReadQuestion(name, out DnsQuestion question) == ParseError.None)
        {
            int offset = question.EndOffset;
            int records = message.AnswerCount + message.AuthorityCount;
            for (int i = 0; i < records
                && message.TryReadRecord(ref offset, out DnsRecord record) == ParseError.None; i++)
            {
                if (!DnsRecordNames.TryExpand(message, record, data, out int length)
                    || DomainName.TryRead(told, record.NameOffset, name, out int owner, out _)
                        != ParseError.None)
                {
                    break;
                }

                writer.AddRecord(
                    name[..owner], record.Type, record.TtlSeconds, data.AsSpan(0, length),
                    isAuthority: i >= message.AnswerCount);
            }
        }

        if (message.IsTruncated)
        {
            writer.SetTruncated();
        }

        return room[..writer.Finish()];
    }
}
