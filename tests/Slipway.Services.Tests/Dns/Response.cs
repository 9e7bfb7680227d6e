using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Services.Tests.Dns;

/// <summary>A response, taken apart; reading one that is not well-formed fails the test.</summary>
internal sealed record Response(byte[] Bytes)
{
    public ushort Id => BinaryPrimitives.ReadUInt16BigEndian(Bytes);

    public DnsResponseCode Code => Message().ResponseCode;

    public bool IsTruncated => Message().IsTruncated;

    public bool IsAuthoritative => (Message().Flags & DnsMessage.AuthoritativeFlag) != 0;

    public int AuthorityCount => Message().AuthorityCount;

    /// <summary>The question's name in the case in which it stands.</summary>
    public string Question
    {
        get
        {
            byte[] name = new byte[255];
            Assert.Equal(
                ParseError.None, Message().TryReadQuestion(name, out DnsQuestion question));
            return DomainName.Format(name.AsSpan(0, question.NameLengthBytes));
        }
    }

    public DnsEdns Edns
    {
        get
        {
            Assert.Equal(ParseError.None, Message()
                .TryReadQuestion(new byte[255], out DnsQuestion question));
            Assert.Equal(ParseError.None, Message().TryReadEdns(question, out DnsEdns edns));
            return edns;
        }
    }

    /// <summary>The answers as "TYPE TTL DATA".</summary>
    public List<string> Answers
    {
        get
        {
            List<string> answers = [];
            DnsMessage message = Message();
            Assert.Equal(
                ParseError.None, message.TryReadQuestion(new byte[255], out DnsQuestion question));
            int offset = question.EndOffset;
            for (int i = 0; i < message.AnswerCount; i++)
            {
                Assert.Equal(
                    ParseError.None, message.TryReadRecord(ref offset, out DnsRecord record));
                answers.Add($"{record.Type} {record.TtlSeconds} {Text(record)}");
            }

            return answers;
        }
    }

    /// <summary>The owners of the answers, in the case in which they stand.</summary>
    public List<string> Owners
    {
        get
        {
            List<string> owners = [];
            DnsMessage message = Message();
            byte[] name = new byte[255];
            message.TryReadQuestion(name, out DnsQuestion question);
            int offset = question.EndOffset;
            for (int i = 0; i < message.AnswerCount; i++)
            {
                Assert.Equal(
                    ParseError.None, message.TryReadRecord(ref offset, out DnsRecord record));
                Assert.Equal(ParseError.None, DomainName.TryRead(
                    Bytes, record.NameOffset, name, out int length, out _));
                owners.Add(DomainName.Format(name.AsSpan(0, length)));
            }

            return owners;
        }
    }

    private DnsMessage Message()
    {
        Assert.Equal(ParseError.None, DnsMessage.TryParse(Bytes, out DnsMessage message));
        Assert.True(message.IsResponse);
        return message;
    }

    private string Text(DnsRecord record)
    {
        byte[] name = new byte[255];
        return record.Type switch
        {
            DnsType.A => IpAddress.ReadIPv4(record.Data).ToString(),
            DnsType.Aaaa => IpAddress.ReadIPv6(record.Data).ToString(),
            DnsType.Ptr or DnsType.Cname
                when DomainName.TryRead(Bytes, record.DataOffset, name, out int length, out _)
                == ParseError.None => DomainName.Format(name.AsSpan(0, length)),
            _ => Convert.ToHexStringLower(record.Data),
        };
    }
}
