using System.Text;
using Slipway.Wire;

namespace Slipway.Services.Tests.Resolver;

/// <summary>Packets between the engine and the processes beside it.</summary>
public sealed class MessageTests
{
    private static readonly byte[] Name = [3, (byte)'w', (byte)'w', (byte)'w', 0];

    [Theory]
    [InlineData("", ParseError.Truncated)]
    [InlineData("10000000000000", ParseError.Truncated)]
    [InlineData("0000000001000000", ParseError.Field)] // no kind
    [InlineData("ff00000001000000", ParseError.Field)]
    [InlineData("1000010001000000", ParseError.Field)] // the zeros are none
    [InlineData("1000000001000000aa", ParseError.TotalLength)] // no whole address
    [InlineData("1300000001000000", ParseError.Name)] // a name without a letter
    [InlineData("0107000001000000", ParseError.AddressType)]
    [InlineData("0104000001000000", ParseError.Truncated)]
    [InlineData("0300000001000000000000000500", ParseError.TotalLength)] // a URL past the end
    [InlineData("03000000010000000000", ParseError.Truncated)]
    public void TryParse_Malformed_IsRefused(string packet, ParseError expected) => Assert.Equal(
        expected, ResolverMessage.TryParse(Convert.FromHexString(packet), out _));

    [Fact]
    public void TryParse_OverlongPacketTextAndName_AreRefused()
    {
        Assert.Equal(ParseError.TotalLength, Parse(
            ResolverMessageKind.ScriptPart, ResolverMessage.MaxBodyBytes + 1));
        Assert.Equal(ParseError.None, Parse(
            ResolverMessageKind.ScriptPart, ResolverMessage.MaxBodyBytes));
        Assert.Equal(ParseError.TotalLength, Parse(
            ResolverMessageKind.Evaluated, ResolverMessage.MaxTextBytes + 1));
        Assert.Equal(ParseError.Name, Parse(
            ResolverMessageKind.Resolve, ResolverMessage.MaxNameBytes + 1));
    }

    [Theory]
    [InlineData(new byte[] { 3, 1, 1, 1 })] // no root
    [InlineData(new byte[] { 0, 0 })]
    [InlineData(new byte[] { 64, 1, 0 })]
    [InlineData(new byte[] { 0xc0, 0 })]
    [InlineData(new byte[] { 3, 1, 0 })]
    public void TryParse_FindOfNoName_IsRefused(byte[] name) => Assert.Equal(
        ParseError.Name,
        ResolverMessage.TryParse(
            new FindRequest(name, true, 1, 1).Write(1), out _));

    [Fact]
    public void Find_Written_ReadsTheSame()
    {
        FindRequest asked = new(Name, false, 7, 10_000);
        Assert.Equal(ParseError.None, ResolverMessage.TryParse(asked.Write(7), out var message));
        FindRequest read = FindRequest.Read(message);
        Assert.Equal(7u, message.Id);
        Assert.Equal(asked with { Name = read.Name }, read);
        Assert.Equal(Name, read.Name);
    }

    [Fact]
    public void Evaluate_Written_ReadsTheSame()
    {
        EvaluateRequest asked = new(3, "http://ä.test/", "ä.test");
        Assert.Equal(ParseError.None, ResolverMessage.TryParse(asked.Write(9), out var message));
        Assert.Equal(asked, EvaluateRequest.Read(message));
        Assert.False((asked with { Host = new string('a', 9_000) }).Fits);
    }

    [Fact]
    public void Addresses_MoreThanFit_AreCutToWholeOnes()
    {
        IpAddress[] many = [.. Enumerable.Range(0, 4_000).Select(n => IpAddress.FromIPv4((uint)n))];
        byte[] packet = ResolverMessage.Write(ResolverMessageKind.Found, 0, 1, many);
        Assert.Equal(ParseError.None, ResolverMessage.TryParse(packet, out var message));
        Assert.Equal(many[..ResolverMessage.MaxAddresses], message.ReadAddresses());
    }

    [Fact]
    public void Text_LongerThanMayBeSaid_IsCutBetweenCharacters()
    {
        string text = new('ä', ResolverMessage.MaxTextBytes);
        byte[] packet = ResolverMessage.Write(ResolverMessageKind.Evaluated, 0, 1, text);
        Assert.Equal(ParseError.None, ResolverMessage.TryParse(packet, out var message));
        Assert.Equal(text[..(ResolverMessage.MaxTextBytes / 2)], message.ReadText());
    }

    [Fact]
    public void Text_NoUtf8_IsNone()
    {
        byte[] packet = ResolverMessage.Write(
            ResolverMessageKind.Evaluated, 0, 1, Encoding.Latin1.GetBytes("ä"));
        Assert.Equal(ParseError.None, ResolverMessage.TryParse(packet, out var message));
        Assert.Null(message.ReadText());
    }

    private static ParseError Parse(ResolverMessageKind kind, int bodyBytes) =>
        ResolverMessage.TryParse(
            ResolverMessage.Write(kind, 0, 1, new byte[bodyBytes]), out _);
}
