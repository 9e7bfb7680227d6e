using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Services.Tests.Dns;

/// <summary>Zones as gvproxy has them, with what its own lack: the apex, and other types.</summary>
public sealed class ZoneTests
{
    private static readonly DnsZone s_zone = new("apps.test.",
    [
        Named("@", "192.0.2.1"),
        Named("web", "192.0.2.2"),
        Named("deep.below", "192.0.2.3"),
        Named("*.wild", "192.0.2.4"),
        Named("known.wild", "192.0.2.5"),
        new DnsZoneRecord(null, "^db[0-9]+$", Address("192.0.2.6")),
        new DnsZoneRecord(null, "^db", Address("192.0.2.7")),
        new DnsZoneRecord("text", null, DnsRecordContent.Text("t")),
    ],
    []);

    [Theory]
    [InlineData("apps.test", "192.0.2.1")]
    [InlineData("WEB.Apps.test", "192.0.2.2")]
    [InlineData("deep.below.apps.test", "192.0.2.3")]
    [InlineData("x.wild.apps.test", "192.0.2.4")]
    [InlineData("y.x.wild.apps.test", "192.0.2.4")]
    [InlineData("known.wild.apps.test", "192.0.2.5")]
    [InlineData("DB12.apps.test", "192.0.2.6")]
    [InlineData("dbx.apps.test", "192.0.2.7")]
    public void Name_OfTheZone_HasItsAddress(string name, string address)
    {
        using DnsExchange exchange = Make(s_zone);
        Response response = exchange.Local(new Query(name));
        Assert.Equal(DnsResponseCode.NoError, response.Code);
        Assert.Equal([$"A 10 {address}"], response.Answers);
        Assert.Equal(name, response.Question);
    }

    [Theory]
    [InlineData("missing.apps.test", DnsType.A, DnsResponseCode.NameError)]
    [InlineData("x.known.wild.apps.test", DnsType.A, DnsResponseCode.NameError)]
    [InlineData("below.apps.test", DnsType.A, DnsResponseCode.NoError)]
    [InlineData("web.apps.test", DnsType.Aaaa, DnsResponseCode.NoError)]
    [InlineData("apps.test", DnsType.Mx, DnsResponseCode.NoError)]
    [InlineData("text.apps.test", DnsType.A, DnsResponseCode.NoError)]
    public void Nothing_InTheZone_IsToldByTheRightCodeAndTheApexSoa(
        string name, DnsType type, DnsResponseCode code)
    {
        using DnsExchange exchange = Make(s_zone);
        Response response = exchange.Local(new Query(name, type));
        Assert.Equal(code, response.Code);
        Assert.Empty(response.Answers);
        Assert.Equal(1, response.AuthorityCount);

        // The owner of the SOA is the apex, wherever it stands.
        DnsMessage.TryParse(response.Bytes, out DnsMessage message);
        byte[] owner = new byte[255];
        message.TryReadQuestion(owner, out DnsQuestion question);
        Assert.Equal(
            ParseError.None,
            DomainName.TryRead(response.Bytes, question.EndOffset, owner, out int length, out _));
        Assert.Equal("apps.test", DomainName.Format(owner.AsSpan(0, length)), ignoreCase: true);
    }

    [Fact]
    public void DefaultAddress_IsThatOfAllOtherNamesAndTheApex()
    {
        using DnsExchange exchange = Make(new DnsZone(
            "apps.test", [Named("web", "192.0.2.2")], [IpAddress.Parse("192.0.2.9")]));
        Assert.Equal(["A 10 192.0.2.2"], exchange.Local(new Query("web.apps.test")).Answers);
        Assert.Equal(["A 10 192.0.2.9"], exchange.Local(new Query("any.apps.test")).Answers);
        Assert.Equal(["A 10 192.0.2.9"], exchange.Local(new Query("apps.test")).Answers);
        Assert.Empty(exchange.Local(new Query("any.apps.test", DnsType.Aaaa)).Answers);
    }

    [Fact]
    public void Zones_InOneAnother_TheLongestCounts()
    {
        using DnsExchange exchange = Make(
            new DnsZone("test", [], [IpAddress.Parse("192.0.2.1")]),
            new DnsZone("apps.test", [], [IpAddress.Parse("192.0.2.2")]));
        Assert.Equal(["A 10 192.0.2.2"], exchange.Local(new Query("a.apps.test")).Answers);
        Assert.Equal(["A 10 192.0.2.1"], exchange.Local(new Query("a.test")).Answers);
        Assert.False(exchange.IsLocal(new Query("a.example")));
        Assert.False(exchange.IsLocal(new Query("notest")));
    }

    [Fact]
    public void Zone_SetAndRemovedWhileItRuns_IsAnsweredMeanwhile()
    {
        using DnsExchange exchange = Make();
        Assert.False(exchange.IsLocal(new Query("web.apps.test")));
        exchange.Server.SetZone(s_zone);
        exchange.Server.SetZone(s_zone with { Records = [Named("web", "192.0.2.8")] });
        Assert.Equal(["A 10 192.0.2.8"], exchange.Local(new Query("web.apps.test")).Answers);
        Assert.Single(exchange.Server.Zones);
        Assert.True(exchange.Server.RemoveZone("APPS.test"));
        Assert.False(exchange.Server.RemoveZone("apps.test"));
        Assert.False(exchange.IsLocal(new Query("web.apps.test")));
    }

    [Fact]
    public void BuiltInName_WithinAZone_StaysWhatItIs()
    {
        using DnsExchange exchange = Make(new DnsZone("docker.internal", [], []));
        Assert.Equal(
            ["A 60 192.168.127.254"], exchange.Local(new Query("host.docker.internal")).Answers);
        Assert.Equal(
            DnsResponseCode.NameError, exchange.Local(new Query("x.docker.internal")).Code);
    }

    [Fact]
    public void Pattern_ThatIsNone_IsRefused() => Assert.ThrowsAny<ArgumentException>(
        () => Make(new DnsZone("test", [new(null, "([", Address("192.0.2.1"))], [])));

    [Fact]
    public void Pattern_Asked_AllocatesNothing()
    {
        using DnsExchange exchange = Make(s_zone);
        byte[] query = new Query("db7.apps.test");
        byte[] room = new byte[512];
        SteadyState.AllocatesNothing(
            100, () => exchange.Server.TryAnswer(query, overTcp: false, room, out _));
    }

    private static DnsZoneRecord Named(string name, string address) =>
        new(name, null, Address(address));

    private static DnsRecordContent Address(string address) =>
        DnsRecordContent.Address(IpAddress.Parse(address));

    private static DnsExchange Make(params DnsZone[] zones) =>
        new(with: settings => settings with { Zones = zones });
}
