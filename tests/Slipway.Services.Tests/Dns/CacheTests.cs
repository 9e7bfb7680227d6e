using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Services.Tests.Dns;

/// <summary>What is kept of others' answers, and for how long.</summary>
public sealed class CacheTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task Answer_AskedForAgain_IsToldWithTheTimeThatIsLeft()
    {
        using TestNameServer server = Good();
        using DnsExchange exchange = Over(server);
        Assert.Equal(["A 300 192.0.2.1"], await AnswersAsync(exchange, "www.example"));
        _time.Advance(TimeSpan.FromSeconds(100));
        Response second = await exchange.AskAsync(new Query("WWW.Example") { Id = 9 });
        Assert.Equal(["A 200 192.0.2.1"], second.Answers);
        Assert.Equal("WWW.Example", second.Question);
        Assert.Equal(9, second.Id);
        Assert.Single(server.Queries);
        Assert.Equal(1, exchange.Server.Counters.Cached);
    }

    [Fact]
    public async Task Answer_ThatHasRunOut_IsAskedForAnew()
    {
        using TestNameServer server = Good();
        using DnsExchange exchange = Over(server);
        await AnswersAsync(exchange, "www.example");
        _time.Advance(TimeSpan.FromSeconds(300));
        Assert.Equal(["A 300 192.0.2.1"], await AnswersAsync(exchange, "www.example"));
        Assert.Equal(2, server.Queries.Count);
    }

    [Fact]
    public async Task Questions_ThatDifferInMoreThanCase_AreKeptApart()
    {
        using TestNameServer server = Good();
        using DnsExchange exchange = Over(server);
        await exchange.AskAsync(new Query("www.example"));
        await exchange.AskAsync(new Query("www.example", DnsType.Aaaa));
        await exchange.AskAsync(new Query("www.example") { EdnsSize = 1232 });
        await exchange.AskAsync(new Query("www.example") { Flags = 0x0110 });
        await exchange.AskAsync(new Query("ww.example"));
        Assert.Equal(5, server.Queries.Count);
        await exchange.AskAsync(new Query("www.example") { EdnsSize = 4096 });
        await exchange.AskAsync(new Query("www.example"), overTcp: true);
        Assert.Equal(5, server.Queries.Count);
    }

    [Theory]
    [InlineData(DnsResponseCode.NameError)]
    [InlineData(DnsResponseCode.NoError)]
    public async Task Nothing_IsKeptAsLongAsItsZoneSays(DnsResponseCode code)
    {
        using TestNameServer server = new((query, _) => Nothing(query, code, zoneSeconds: 60));
        using DnsExchange exchange = Over(server);
        Assert.Equal(code, (await exchange.AskAsync(new Query("no.example"))).Code);
        _time.Advance(TimeSpan.FromSeconds(59));
        Response again = await exchange.AskAsync(new Query("no.example"));
        Assert.Equal(code, again.Code);
        Assert.Equal(1, again.AuthorityCount);
        Assert.Single(server.Queries);
        _time.Advance(TimeSpan.FromSeconds(1));
        await exchange.AskAsync(new Query("no.example"));
        Assert.Equal(2, server.Queries.Count);
    }

    [Fact]
    public async Task Responses_ThatSayNotHowLong_AreNotKept()
    {
        Func<byte[], byte[]>[] answers =
        [
            query => TestNameServer.Failure(query, DnsResponseCode.NameError),
            query => TestNameServer.Failure(query, DnsResponseCode.ServerFailure),
            query => Truncated(TestNameServer.Addresses(query, "192.0.2.1")),
            query => WithTtl(TestNameServer.Addresses(query, "192.0.2.1"), 0),
            query => WithTtl(TestNameServer.Addresses(query, "192.0.2.1"), 0x8000_0001),
        ];
        foreach (Func<byte[], byte[]> answer in answers)
        {
            using TestNameServer server = new((query, _) => answer(query));
            using DnsExchange exchange = Over(server);
            await exchange.AskAsync(new Query("a.example"));
            int asked = server.Queries.Count;
            await exchange.AskAsync(new Query("a.example"));
            Assert.True(server.Queries.Count > asked);
            Assert.Equal(0, exchange.Server.Counters.Cached);
        }
    }

    [Fact]
    public async Task Query_WithAnOptionOfItsClient_IsNeitherKeptNorAnswered()
    {
        using TestNameServer server = Good();
        using DnsExchange exchange = Over(server);
        byte[] query = [.. new Query("a.example") { EdnsSize = 1232 }.ToArray(), 0, 10, 0, 0];
        query[^5] = 4; // the length of the options
        await exchange.AskAsync(query);
        await exchange.AskAsync(query);
        Assert.Equal(2, server.Queries.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Answer_ThatHasRunOut_IsToldWhenNobodyAnswers(bool isRefused)
    {
        bool isAway = false;
        using TestNameServer server = new((query, _) =>
            !isAway ? TestNameServer.Addresses(query, "192.0.2.1")
            : isRefused ? TestNameServer.Failure(query, DnsResponseCode.ServerFailure) : null);
        using DnsExchange exchange = Over(server);
        await AnswersAsync(exchange, "www.example");
        isAway = true;
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(["A 30 192.0.2.1"], await AnswersAsync(exchange, "www.example"));
        Assert.Equal(1, exchange.Server.Counters.Stale);
        _time.Advance(TimeSpan.FromHours(25));
        Assert.Equal(
            DnsResponseCode.ServerFailure,
            (await exchange.AskAsync(new Query("www.example"))).Code);
    }

    [Fact]
    public async Task Answer_ThatHasRunOut_IsToldAtOnceAfterNobodyHasAnswered()
    {
        bool isAway = false;
        using TestNameServer server = new((query, _) =>
            isAway ? null : TestNameServer.Addresses(query, "192.0.2.1"));
        using DnsExchange exchange = Over(server);
        await AnswersAsync(exchange, "www.example");
        isAway = true;
        _time.Advance(TimeSpan.FromHours(1));
        await AnswersAsync(exchange, "www.example");
        int asked = server.Queries.Count;
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(["A 30 192.0.2.1"], await AnswersAsync(exchange, "www.example"));
        }

        // Who asks again waits for nobody, and nobody is asked again so soon.
        Assert.InRange(server.Queries.Count - asked, 0, 4);
        isAway = false;
        for (int i = 0; i < 500; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            if ((await AnswersAsync(exchange, "www.example"))[0] != "A 30 192.0.2.1")
            {
                return;
            }

            await Task.Delay(20);
        }

        Assert.Fail("it is stale for ever");
    }

    [Fact]
    public async Task Answer_OfAHotName_IsAskedForBeforeItRunsOut()
    {
        using TestNameServer server = Good();
        using DnsExchange exchange = Over(server);
        await AnswersAsync(exchange, "www.example");
        await AnswersAsync(exchange, "www.example");
        _time.Advance(TimeSpan.FromSeconds(280));
        await AnswersAsync(exchange, "www.example");
        Assert.Single(server.Queries);
        await AnswersAsync(exchange, "www.example");
        for (int i = 0; i < 500 && server.Queries.Count < 2; i++)
        {
            await Task.Delay(10);
        }

        Assert.Equal(2, server.Queries.Count);
    }

    [Fact]
    public async Task Bound_OfResponses_LetsTheOneGoThatWasAskedForLongestAgo()
    {
        using TestNameServer server = Good();
        using DnsExchange exchange = Over(
            server, settings => settings with { MaxCachedResponses = 2 });
        foreach (string name in (string[])["a.example", "b.example", "a.example", "c.example"])
        {
            await AnswersAsync(exchange, name);
        }

        Assert.Equal(3, server.Queries.Count);
        await AnswersAsync(exchange, "a.example");
        Assert.Equal(3, server.Queries.Count);
        await AnswersAsync(exchange, "b.example");
        Assert.Equal(4, server.Queries.Count);
    }

    [Fact]
    public async Task HostsConfiguration_Changed_ForgetsWhatTheOthersSaid()
    {
        using TestNameServer server = Good();
        using DnsExchange exchange = Over(server);
        await AnswersAsync(exchange, "www.example");
        await AnswersAsync(exchange, "www.example");
        Assert.Single(server.Queries);
        exchange.Write("nsswitch.conf", "hosts: files dns\n");
        await AnswersAsync(exchange, "www.example");
        Assert.Equal(2, server.Queries.Count);
    }

    private static TestNameServer Good() =>
        new((query, _) => TestNameServer.Addresses(query, "192.0.2.1"));

    private static byte[] Nothing(byte[] query, DnsResponseCode code, uint zoneSeconds)
    {
        DnsMessage.TryParse(query, out DnsMessage message);
        byte[] name = new byte[255];
        message.TryReadQuestion(name, out DnsQuestion question);
        byte[] response = new byte[512];
        DnsMessageWriter writer =
            DnsMessageWriter.Reply(message, question.EndOffset, default, response);
        writer.Conclude(code, authoritative: true);
        writer.AddAuthority(
            LocalNames.Encode("example"), LocalNames.Encode("ns.example"), zoneSeconds);
        return response[..writer.Finish()];
    }

    private static byte[] Truncated(byte[] response)
    {
        response[2] |= 2;
        return response;
    }

    // The only answer's, before the length of its data.
    private static byte[] WithTtl(byte[] response, uint seconds)
    {
        BinaryPrimitives.WriteUInt32BigEndian(response.AsSpan(response.Length - 10), seconds);
        return response;
    }

    private static async Task<IReadOnlyList<string>> AnswersAsync(
        DnsExchange exchange, string name) =>
        (await exchange.AskAsync(new Query(name))).Answers;

    private DnsExchange Over(
        TestNameServer server, Func<DnsSettings, DnsSettings>? with = null) => new(
            [server.EndPoint], with: settings =>
            {
                DnsSettings timed = settings with
                {
                    Time = _time,
                    StaleDelay = TimeSpan.FromMilliseconds(100),
                    QueryDeadline = TimeSpan.FromSeconds(2),
                };
                return with?.Invoke(timed) ?? timed;
            });
}
