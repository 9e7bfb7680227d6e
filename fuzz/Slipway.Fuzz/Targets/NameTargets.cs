using System.Net;
using Slipway.Services;
using Slipway.Wire;

namespace Slipway.Fuzz.Targets;

/// <summary>DNS: messages, names within them, and what the server itself answers.</summary>
internal static class NameTargets
{
    private const string Query =
        "beef01200001000000000001" + "04686f737408696e7465726e616c00" + "00010001"
        + "000029" + "10000000" + "80000000";

    private const string Response =
        "beef81800001000300000000" + "0377777705696e6e657200" + "00010001"
        + "c00c" + "0005" + "0001" + "0000003c" + "0006" + "03777732c010"
        + "c02b" + "0001" + "0001" + "0000003c" + "0004" + "c0000207"
        + "c010" + "0006" + "0001" + "0000003c" + "001a" + "c00c" + "c010"
        + "0000000100000e1000000e100000" + "0e100000003c" + "0000";

    private static readonly DnsServer s_server = new(new DnsSettings
    {
        ResolverConfigurationPath = "/nonexistent", HostsPath = "/nonexistent",
        NameServiceSwitchPath = "/nonexistent",
        NameServers = [new NameServerEndpoint(IPEndPoint.Parse("192.0.2.1:53"))],
    });

    public static IReadOnlyList<FuzzTarget> Items { get; } =
    [
        new("dns", Message, [Convert.FromHexString(Query), Convert.FromHexString(Response)]),
        new("dns-server", Answer, [Convert.FromHexString(Query)]),
        new("domain-name", Name, ["www.example.org"u8.ToArray(), "_http._tcp.a\\.b."u8.ToArray()])
        {
            MaximumBytes = 600, Words = ["\\", ".", "xn--", "-", "_", "\\032", "\\255"],
        },
    ];

    private static void Message(ReadOnlySpan<byte> input)
    {
        if (DnsMessage.TryParse(input, out DnsMessage message) != ParseError.None)
        {
            return;
        }

        Span<byte> name = stackalloc byte[DomainName.MaxLengthBytes];
        if (message.TryReadQuestion(name, out DnsQuestion question) != ParseError.None)
        {
            return;
        }

        _ = message.TryReadEdns(question, out _);
        int offset = question.EndOffset;
        int records = message.AnswerCount + message.AuthorityCount + message.AdditionalCount;
        byte[] data = new byte[DnsMessage.MaxLengthBytes];
        for (int i = 0; i < records; i++)
        {
            if (message.TryReadRecord(ref offset, out DnsRecord record) != ParseError.None)
            {
                return;
            }

            FuzzFaultException.If(offset > input.Length, "a record ends behind the message");
            if (DomainName.TryRead(input, record.NameOffset, name, out int length, out _)
                == ParseError.None)
            {
                CheckText(name[..length]);
            }

            _ = DnsRecordNames.TryExpand(message, record, data, out _);
        }
    }

    private static void Answer(ReadOnlySpan<byte> input)
    {
        byte[] response = new byte[1_232];
        DnsDisposition disposition =
            s_server.TryAnswer(input, overTcp: input.Length % 2 == 0, response, out int length);
        if (disposition != DnsDisposition.Answered)
        {
            return;
        }

        ReadOnlySpan<byte> answer = response.AsSpan(0, length);
        FuzzFaultException.If(
            DnsMessage.TryParse(answer, out DnsMessage parsed) != ParseError.None
                || !parsed.IsResponse || !answer[..2].SequenceEqual(input[..2]),
            "what is answered is no response to the query");
    }

    private static void Name(ReadOnlySpan<byte> input)
    {
        string text = System.Text.Encoding.UTF8.GetString(input);
        Span<byte> name = stackalloc byte[DomainName.MaxLengthBytes];
        if (DomainName.TryParse(text, name, out int length))
        {
            CheckText(name[..length]);
        }
    }

    // A name as text reads as the same name.
    private static void CheckText(ReadOnlySpan<byte> name)
    {
        Span<byte> again = stackalloc byte[DomainName.MaxLengthBytes];
        FuzzFaultException.If(
            !DomainName.TryParse(DomainName.Format(name), again, out int length)
                || !again[..length].SequenceEqual(name),
            $"the name {DomainName.Format(name)} reads otherwise than it was written");
    }
}
