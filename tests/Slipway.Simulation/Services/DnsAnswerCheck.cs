using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Simulation;

/// <summary>What every answer must be, whatever it says.</summary>
internal static class DnsAnswerCheck
{
    /// <summary>Fails unless this is an answer to that query: its id and its question.</summary>
    public static void MustAnswer(ReadOnlySpan<byte> query, ReadOnlySpan<byte> answer)
    {
        Assert.Equal(ParseError.None, DnsMessage.TryParse(answer, out DnsMessage message));
        Assert.True(message.IsResponse, "an answer is a response");
        Assert.Equal(
            BinaryPrimitives.ReadUInt16BigEndian(query),
            BinaryPrimitives.ReadUInt16BigEndian(answer));
        Assert.Equal(QuestionOf(query), QuestionOf(answer));
    }

    /// <summary>The question as text: its name and type.</summary>
    public static string QuestionOf(ReadOnlySpan<byte> bytes)
    {
        byte[] name = new byte[DomainName.MaxLengthBytes];
        DnsMessage.TryParse(bytes, out DnsMessage message);
        Assert.Equal(ParseError.None, message.TryReadQuestion(name, out DnsQuestion question));
        return $"{DomainName.Format(name.AsSpan(0, question.NameLengthBytes))} {question.Type}";
    }
}
