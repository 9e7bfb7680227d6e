using Slipway.Wire;

namespace Slipway.Services.Tests.Dns;

public sealed class DnsQueryTests
{
    [Fact]
    public void Query_OfDig_IsAnsweredByteForByte()
    {
        // dig +noedns host.internal, with the answer's name compressed to the question's.
        using DnsExchange exchange = new();
        byte[] query = Convert.FromHexString(
            "beef01200001000000000000" + "04686f737408696e7465726e616c00" + "00010001");
        byte[] room = new byte[512];
        exchange.Server.TryAnswer(query, overTcp: false, room, out int length);
        Assert.Equal(
            "beef85800001000100000000" + "04686f737408696e7465726e616c00" + "00010001"
            + "c00c" + "00010001" + "0000003c" + "0004" + "c0a87ffe",
            Convert.ToHexStringLower(room, 0, length));
    }

    [Theory]
    [InlineData("")]
    [InlineData("beef0100000100")]
    [InlineData("beef81000001000000000000016100" + "00010001")]
    public void Query_TooShortOrAResponse_IsDropped(string hex)
    {
        using DnsExchange exchange = new();
        byte[] room = new byte[512];
        Assert.Equal(
            DnsDisposition.Dropped,
            exchange.Server.TryAnswer(Convert.FromHexString(hex), overTcp: false, room, out _));
        Assert.Equal(1, exchange.Server.Counters.Malformed);
    }

    [Theory]
    [InlineData("beef01000000000000000000", DnsResponseCode.FormatError)]
    [InlineData(
        "beef010000020000000000000161000001000101620000010001", DnsResponseCode.FormatError)]
    [InlineData("beef01000001000000000000c00c00010001", DnsResponseCode.FormatError)]
    [InlineData("beef01000001000000000000c00000010001", DnsResponseCode.FormatError)]
    [InlineData("beef010000010000000000000161", DnsResponseCode.FormatError)]
    [InlineData("beef010000010000000000000161000001", DnsResponseCode.FormatError)]
    [InlineData("beef0100000100000000000101610000010001", DnsResponseCode.FormatError)]
    [InlineData("beef2100000100000000000001610000060001", DnsResponseCode.NotImplemented)]
    [InlineData("beef2800000100000000000001610000060001", DnsResponseCode.NotImplemented)]
    [InlineData("beef010000010000000000000161000029" + "0001", DnsResponseCode.FormatError)]
    [InlineData("beef01000001000000000000016100" + "00fc0001", DnsResponseCode.Refused)]
    public void Query_Malformed_IsAnsweredByTheRightCode(string hex, DnsResponseCode code)
    {
        using DnsExchange exchange = new();
        Response response = exchange.Local(Convert.FromHexString(hex));
        Assert.Equal(code, response.Code);
        Assert.Equal(0xbeef, response.Id);
        Assert.Equal(new byte[4], response.Bytes[6..10]);
    }

    [Fact]
    public void Query_ChaosVersion_IsRefused()
    {
        using DnsExchange exchange = new();
        Response response = exchange.Local(
            new Query("version.bind", DnsType.Txt) { Class = DnsClass.Chaos });
        Assert.Equal(DnsResponseCode.Refused, response.Code);
    }

    [Fact]
    public void Query_Case_IsRepeatedAsAsked()
    {
        using DnsExchange exchange = new();
        Assert.Equal("hOsT.InTeRnAl", exchange.Local(new Query("hOsT.InTeRnAl")).Question);
    }

    [Fact]
    public void Edns_InTheQuery_IsInTheResponseAndNotOtherwise()
    {
        using DnsExchange exchange = new();
        Assert.False(exchange.Local(new Query("host.internal")).Edns.IsPresent);
        Response response = exchange.Local(new Query("host.internal") { EdnsSize = 4096 });
        Assert.Equal(new DnsEdns(true, 1232, 0, false), response.Edns);
        Assert.Single(response.Answers);
    }

    [Fact]
    public void Edns_UnknownVersion_IsBadVersion()
    {
        using DnsExchange exchange = new();
        byte[] query = new Query("host.internal") { EdnsSize = 4096 }.ToArray();
        query[^5] = 1;
        Response response = exchange.Local(query);
        Assert.Equal(DnsResponseCode.NoError, response.Code);
        Assert.Equal(1, response.Bytes[^6]);
        Assert.Empty(response.Answers);
    }

    [Fact]
    public void Edns_TwoOptRecords_IsFormatError()
    {
        using DnsExchange exchange = new();
        byte[] query = new Query("host.internal") { EdnsSize = 4096 }.ToArray();
        byte[] doubled = [.. query, .. query[^11..]];
        doubled[11] = 2;
        Assert.Equal(DnsResponseCode.FormatError, exchange.Local(doubled).Code);
    }

    [Theory]
    [InlineData(0, 512)]
    [InlineData(100, 512)]
    [InlineData(1000, 1000)]
    public void Response_LongerThanTheGuestTakes_IsCutBetweenRecords(int edns, int limit)
    {
        using DnsExchange exchange = new(with: settings => settings with
        {
            Records = [.. Enumerable.Range(1, 200).Select(
                i => new DnsNamedRecord("many.test", IpAddress.Parse($"10.0.0.{i}")))],
        });
        Response response = exchange.Local(new Query("many.test") { EdnsSize = (ushort)edns });
        Assert.True(response.IsTruncated);
        Assert.InRange(response.Bytes.Length, limit - 16, limit);
        Assert.Equal(edns > 0, response.Edns.IsPresent);
        int records = (limit - 27 - (edns > 0 ? 11 : 0)) / 16;
        Assert.Equal(records, response.Answers.Count);
        Response whole = exchange.Local(new Query("many.test"), overTcp: true);
        Assert.False(whole.IsTruncated);
        Assert.Equal(200, whole.Answers.Count);
    }

    [Fact]
    public void Query_RandomBytes_NeverThrows()
    {
        using DnsExchange exchange = new();
        Random random = new(3);
        byte[] room = new byte[512];
        for (int i = 0; i < 30_000; i++)
        {
            byte[] query = new Query("host.internal") { EdnsSize = 4096 }.ToArray();
            for (int flips = random.Next(1, 12); flips > 0; flips--)
            {
                query[random.Next(query.Length)] = (byte)random.Next(256);
            }

            exchange.Server.TryAnswer(
                query.AsSpan(0, random.Next(query.Length + 1)), random.Next(2) == 0, room, out _);
        }
    }
}
