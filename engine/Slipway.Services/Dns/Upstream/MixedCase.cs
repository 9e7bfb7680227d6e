using Slipway.Linux;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// 0x20: a bit of randomness in each letter of the name asked for, which the answer repeats
/// (draft-vixie-dnsext-dns0x20).
/// </summary>
internal static class MixedCase
{
    private const byte CaseBit = 0x20;

    /// <summary>The query with the letters of its name in random case.</summary>
    public static byte[] Make(UpstreamQuery query)
    {
        byte[] mixed = query.Bytes.AsSpan().ToArray();
        Span<byte> random = stackalloc byte[(DomainName.MaxLengthBytes + 7) / 8];
        SystemRandom.Fill(random);
        Span<byte> name = mixed.AsSpan(DnsMessage.HeaderLengthBytes, query.Name.Length);
        for (int i = 0; i < name.Length; i++)
        {
            // Lengths of labels are below 'A'.
            if (char.IsAsciiLetter((char)name[i]) && (random[i >> 3] & (1 << (i & 7))) != 0)
            {
                name[i] ^= CaseBit;
            }
        }

        return mixed;
    }

    /// <summary>The response has the query's question letter by letter, or none.</summary>
    public static bool IsRepeated(
        ReadOnlySpan<byte> query, int questionEndOffset, ReadOnlySpan<byte> response)
    {
        DnsMessage.TryParse(response, out DnsMessage message);
        Range question = DnsMessage.HeaderLengthBytes..questionEndOffset;
        return message.QuestionCount == 0 || query[question].SequenceEqual(response[question]);
    }

    /// <summary>Gives the asked name the guest's case wherever the response tells it.</summary>
    public static void Restore(UpstreamQuery query, Span<byte> response)
    {
        DnsMessage.TryParse(response, out DnsMessage message);
        if (message.QuestionCount != 1)
        {
            return;
        }

        query.Name.CopyTo(response[DnsMessage.HeaderLengthBytes..]);
        int offset = query.Question.EndOffset;
        for (int i = 0; i < message.AnswerCount
            && message.TryReadRecord(ref offset, out DnsRecord record) == ParseError.None; i++)
        {
            int end = record.NameOffset + query.Name.Length;
            if (end <= response.Length
                && DomainName.Same(response[record.NameOffset..end], query.Name))
            {
                query.Name.CopyTo(response[record.NameOffset..]);
            }
        }
    }
}
