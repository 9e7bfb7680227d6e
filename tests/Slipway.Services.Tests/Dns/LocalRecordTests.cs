using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Services.Tests.Dns;

/// <summary>Records of every type that the server has itself, and aliases.</summary>
public sealed class LocalRecordTests
{
    private static readonly DnsNamedRecord[] s_records =
    [
        new("a.test", IpAddress.Parse("192.0.2.1")),
        new("a.test", DnsRecordContent.Text("hello")),
        new("a.test", DnsRecordContent.MailExchange(10, "mx.test")),
        new("_sip._tcp.test", DnsRecordContent.Service(1, 2, 5060, "a.test")),
        new("1.2.0.192.in-addr.arpa", DnsRecordContent.Pointer("a.test")),
        new("short.test", DnsRecordContent.Text("brief"), TtlSeconds: 7),
        new("www.test", DnsRecordContent.Alias("web.test")),
        new("web.test", DnsRecordContent.Alias("a.test")),
        new("dangling.test", DnsRecordContent.Alias("missing.lab.test")),
        new("loop.test", DnsRecordContent.Alias("pool.test")),
        new("pool.test", DnsRecordContent.Alias("loop.test")),
        new("outside.test", DnsRecordContent.Alias("Target.example")),
    ];

    [Theory]
    [InlineData("a.test", DnsType.A, "A 60 192.0.2.1")]
    [InlineData("a.test", DnsType.Txt, "Txt 60 0568656c6c6f")]
    [InlineData("A.test", DnsType.Mx, "Mx 60 000a026d7804746573740" + "0")]
    [InlineData("_sip._TCP.test", DnsType.Srv, "Srv 60 0001000213c401610474657374" + "00")]
    [InlineData("1.2.0.192.in-addr.arpa", DnsType.Ptr, "Ptr 60 a.test")]
    [InlineData("short.test", DnsType.Txt, "Txt 7 056272696566")]
    [InlineData("www.test", DnsType.Cname, "Cname 60 web.test")]
    public void Record_OfItsType_IsAnswered(string name, DnsType type, string answer)
    {
        using DnsExchange exchange = Make();
        Response response = exchange.Local(new Query(name, type));
        Assert.Equal(DnsResponseCode.NoError, response.Code);
        Assert.Equal([answer], response.Answers);
        Assert.True(response.IsAuthoritative);
    }

    [Fact]
    public void Name_AskedForAnything_TellsAllOfIt()
    {
        using DnsExchange exchange = Make();
        Response response = exchange.Local(new Query("a.test", DnsType.Any));
        Assert.Equal(3, response.Answers.Count);
        Assert.Equal(["Cname 60 web.test"],
            exchange.Local(new Query("www.test", DnsType.Any)).Answers);
    }

    [Fact]
    public void Name_AskedForATypeThatItLacks_HasNoDataAndAnSoa()
    {
        using DnsExchange exchange = Make();
        Response response = exchange.Local(new Query("a.test", DnsType.Srv));
        Assert.Equal(DnsResponseCode.NoError, response.Code);
        Assert.Empty(response.Answers);
        Assert.Equal(1, response.AuthorityCount);
    }

    [Fact]
    public void Alias_OfAnAlias_IsFollowedToTheEnd()
    {
        using DnsExchange exchange = Make();
        Response response = exchange.Local(new Query("WWW.test"));
        Assert.Equal(
            ["Cname 60 web.test", "Cname 60 a.test", "A 60 192.0.2.1"], response.Answers);
        Assert.Equal(["WWW.test", "web.test", "a.test"], response.Owners);
        byte[] query = new Query("www.test");
        byte[] room = new byte[512];
        SteadyState.AllocatesNothing(
            100, () => exchange.Server.TryAnswer(query, overTcp: false, room, out _));
    }

    [Fact]
    public void Alias_OfANameThatItsZoneLacks_IsANameError()
    {
        using DnsExchange exchange = Make();
        Response response = exchange.Local(new Query("dangling.test"));
        Assert.Equal(DnsResponseCode.NameError, response.Code);
        Assert.Equal(["Cname 60 missing.lab.test"], response.Answers);
        Assert.Equal(1, response.AuthorityCount);
    }

    [Fact]
    public void Alias_OfItselfInTheEnd_IsAServerFailure()
    {
        using DnsExchange exchange = Make();
        Assert.Equal(
            DnsResponseCode.ServerFailure, exchange.Local(new Query("loop.test")).Code);
    }

    [Fact]
    public async Task Alias_OfAnOutsideName_IsFollowedUpstream()
    {
        using TestNameServer server =
            new((query, _) => TestNameServer.Addresses(query, "203.0.113.1"));
        using DnsExchange exchange = Make(server);
        Response response = await exchange.AskAsync(new Query("Outside.test") { Id = 3 });
        Assert.Equal(
            ["Cname 60 Target.example", "A 300 203.0.113.1"], response.Answers);
        Assert.Equal(["Outside.test", "Target.example"], response.Owners);
        Assert.Equal("Outside.test", response.Question);
        Assert.Equal(3, response.Id);
        byte[] asked = Assert.Single(server.Queries);
        Assert.True(DomainName.Same(asked.AsSpan(12, 16), LocalNames.Encode("target.example")));
    }

    [Fact]
    public async Task Alias_OfAnOutsideNameThatDoesNotExist_IsANameErrorWithTheAlias()
    {
        using TestNameServer server = new(
            (query, _) => TestNameServer.Failure(query, DnsResponseCode.NameError));
        using DnsExchange exchange = Make(server);
        Response response =
            await exchange.AskAsync(new Query("outside.test") { EdnsSize = 1232 });
        Assert.Equal(DnsResponseCode.NameError, response.Code);
        Assert.Equal(["Cname 60 Target.example"], response.Answers);
        Assert.True(response.Edns.IsPresent);
    }

    [Fact]
    public void Records_SetWhileItRuns_AreOfAnyTypeAndListed()
    {
        using DnsExchange exchange = Make();
        Assert.False(exchange.Server.SetRecords("a.test", [DnsRecordContent.Text("other")]));
        Assert.True(exchange.Server.SetRecords(
            "new.test", [DnsRecordContent.Text("one"), DnsRecordContent.Text("two")],
            ttlSeconds: 5));
        Response response = exchange.Local(new Query("new.test", DnsType.Txt));
        Assert.Equal(["Txt 5 036f6e65", "Txt 5 0374776f"], response.Answers);
        Assert.Equal(s_records.Length + 2, exchange.Server.Records.Count);
        Assert.Throws<ArgumentException>(() => exchange.Server.SetRecords(
            "new.test", [DnsRecordContent.Alias("a.test"), DnsRecordContent.Text("x")]));
        Assert.True(exchange.Server.RemoveRecord("NEW.test."));
        Assert.False(exchange.IsLocal(new Query("new.test", DnsType.Txt)));
    }

    [Fact]
    public void Records_MoreThanTheBound_AreRefusedAndTheRestStays()
    {
        using DnsExchange exchange = new(with: settings => settings with { MaxAdded = 2 });
        exchange.Server.SetRecord("one.test", []);
        exchange.Server.SetRecord("two.test", []);
        Assert.Throws<InvalidOperationException>(() => exchange.Server.SetRecord("three.test", []));
        Assert.True(exchange.IsLocal(new Query("two.test")));
    }

    [Theory]
    [InlineData("a b", "TXT \"a b\"")]
    [InlineData("", "TXT \"\"")]
    public void RecordData_Text_IsWrittenAsInAZoneFile(string text, string expected) =>
        Assert.Equal(expected, DnsRecordContent.Text(text).ToString());

    [Fact]
    public void RecordData_LongText_IsSeveralStrings()
    {
        ReadOnlySpan<byte> data = DnsRecordContent.Text(new string('x', 300)).Data;
        Assert.Equal(302, data.Length);
        Assert.Equal(255, data[0]);
        Assert.Equal(45, data[256]);
        Assert.Equal("SRV 1 2 3 a.test", DnsRecordContent.Service(1, 2, 3, "a.test").ToString());
        Assert.Equal("MX 1 a.test", DnsRecordContent.MailExchange(1, "a.test.").ToString());
    }

    private static DnsExchange Make(TestNameServer? server = null) => new(
        server is null ? null : [server.EndPoint], with: settings => settings with
        {
            Records = s_records,
            Zones = [new DnsZone("lab.test", [], [])],
        });
}
