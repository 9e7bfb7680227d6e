using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Slipway.Wire;

namespace Slipway.Services.Tests.Dns;

public sealed class UpstreamTests
{
    private static TestNameServer Good(string address = "192.0.2.1") =>
        new((query, _) => TestNameServer.Addresses(query, address));

    private static TestNameServer Silent() => new((_, _) => null);

    [Fact]
    public async Task Forward_AnyType_PassesTheQueryIntactUnderAnIdOfItsOwn()
    {
        using TestNameServer server = Good();
        using DnsExchange exchange = new([server.EndPoint]);
        Query query = new("eXample.Com", DnsType.Https) { EdnsSize = 1400, Id = 7 };
        Response response = await exchange.AskAsync(query);
        Assert.Equal(7, response.Id);
        Assert.Equal("eXample.Com", response.Question);
        Assert.Equal(["A 300 192.0.2.1"], response.Answers);
        byte[] expected = query;
        byte[] sent = Assert.Single(server.Queries);
        Range name = 12..(12 + "eXample.Com".Length + 2);
        Assert.True(DomainName.Same(expected[name], sent[name]));
        Assert.Equal(expected[2..12], sent[2..12]);
        Assert.Equal(expected[name.End.Value..], sent[name.End.Value..]);
    }

    [Fact]
    public async Task Forward_NameInADomainWithServersOfItsOwn_IsAskedOfThemAlone()
    {
        using TestNameServer usual = Good("192.0.2.1");
        using TestNameServer corporate = Good("10.0.0.1");
        using TestNameServer laboratory = Good("10.0.0.2");
        using DnsExchange exchange = new([usual.EndPoint], with: settings => settings with
        {
            Domains =
            [
                new DnsDomain("corp.test", [corporate.EndPoint]),
                new DnsDomain("lab.corp.test", [laboratory.EndPoint]),
            ],
        });
        (string Name, string Address)[] expected =
        [
            ("www.example", "192.0.2.1"), ("corp.test", "10.0.0.1"),
            ("Git.Corp.Test", "10.0.0.1"), ("a.b.LAB.corp.test", "10.0.0.2"),
            ("notcorp.test", "192.0.2.1"), ("lab.test", "192.0.2.1"),
        ];
        foreach ((string name, string address) in expected)
        {
            Assert.Equal(
                [$"A 300 {address}"], (await exchange.AskAsync(new Query(name))).Answers);
        }

        Assert.Equal(3, usual.Queries.Count);
    }

    [Fact]
    public async Task Forward_ManyQueries_HaveRandomIdsAndPorts()
    {
        using TestNameServer server = Good();
        using DnsExchange exchange = new([server.EndPoint]);
        for (int i = 0; i < 40; i++)
        {
            await exchange.AskAsync(new Query($"n{i}.example"));
        }

        Assert.True(
            server.Queries.Select(query => (query[0] << 8) | query[1]).Distinct().Count() > 35);
        Assert.True(server.Sources.Distinct().Count() >= 4);
    }

    [Fact]
    public async Task Forward_ServerLowersTheCase_GuestGetsItsOwn()
    {
        using TestNameServer server = new((query, _) => TestNameServer.Addresses(
            [.. query[..12], .. query[12..].Select(
                octet => octet is >= 65 and <= 90 ? (byte)(octet + 32) : octet)],
            "192.0.2.1"));
        using DnsExchange exchange = new([server.EndPoint]);
        Assert.Equal("WWW.example", (await exchange.AskAsync(new Query("WWW.example"))).Question);
    }

    [Fact]
    public async Task Forward_NameError_IsPassedOn()
    {
        using TestNameServer server = new(
            (query, _) => TestNameServer.Failure(query, DnsResponseCode.NameError));
        using DnsExchange exchange = new([server.EndPoint]);
        Assert.Equal(
            DnsResponseCode.NameError, (await exchange.AskAsync(new Query("no.example"))).Code);
    }

    [Theory]
    [InlineData(DnsResponseCode.ServerFailure)]
    [InlineData(DnsResponseCode.Refused)]
    public async Task Forward_ServerFails_NextOneIsAsked(DnsResponseCode code)
    {
        using TestNameServer bad = new((query, _) => TestNameServer.Failure(query, code));
        using TestNameServer good = Good();
        using DnsExchange both = new([bad.EndPoint, good.EndPoint]);
        Assert.Single((await both.AskAsync(new Query("a.example"))).Answers);
        using DnsExchange alone = new([bad.EndPoint]);
        Assert.Equal(code, (await alone.AskAsync(new Query("a.example"))).Code);
    }

    [Fact]
    public async Task Forward_DeadServer_IsPassedOverAfterItsFirstTimeout()
    {
        using TestNameServer dead = Silent();
        using TestNameServer good = Good();
        using DnsExchange exchange = new([dead.EndPoint, good.EndPoint]);
        Assert.Single((await exchange.AskAsync(new Query("a.example"))).Answers);
        Stopwatch time = Stopwatch.StartNew();
        for (int i = 0; i < 20; i++)
        {
            Assert.Single((await exchange.AskAsync(new Query($"n{i}.example"))).Answers);
        }

        Assert.InRange(time.ElapsedMilliseconds, 0, 1500);
        Assert.Single(dead.Queries);
    }

    [Fact]
    public async Task Forward_NobodyListens_NextOneIsAskedAtOnce()
    {
        IPEndPoint closed;
        using (TestNameServer gone = Silent())
        {
            closed = gone.EndPoint;
        }

        using TestNameServer good = Good();
        using DnsExchange exchange = new([closed, good.EndPoint]);
        Stopwatch time = Stopwatch.StartNew();
        Assert.Single((await exchange.AskAsync(new Query("a.example"))).Answers);
        Assert.InRange(time.ElapsedMilliseconds, 0, 1500);
    }

    [Fact]
    public async Task Forward_NobodyAnswers_IsServerFailureByTheDeadline()
    {
        using TestNameServer dead = Silent();
        using DnsExchange exchange = new(
            [dead.EndPoint], with: settings =>
                settings with { QueryDeadline = TimeSpan.FromMilliseconds(300) });
        Stopwatch time = Stopwatch.StartNew();
        Response response = await exchange.AskAsync(new Query("a.example") { EdnsSize = 1232 });
        Assert.Equal(DnsResponseCode.ServerFailure, response.Code);
        Assert.True(response.Edns.IsPresent);
        Assert.InRange(time.ElapsedMilliseconds, 250, 3000);
        Assert.Equal(1, exchange.Server.Counters.Failed);
    }

    [Fact]
    public async Task Forward_AnswersThatDoNotMatch_AreNotBelieved()
    {
        // Wrong id, another question, a query instead of a response, rubbish; then the true one.
        int call = 0;
        using Socket elsewhere =
            new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        elsewhere.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        TestNameServer? server = null;
        server = new TestNameServer((query, _) =>
        {
            call++;
            EndPoint source = server!.Sources[^1];
            byte[] wrongId = TestNameServer.Addresses(query, "6.6.6.1");
            wrongId[0] ^= 0x55;
            byte[] otherName = TestNameServer.Addresses(query, "6.6.6.2");
            otherName[13] ^= 1;
            byte[] otherType = TestNameServer.Addresses(query, "6.6.6.3");
            otherType[12 + 11 + 1] = 28;
            elsewhere.SendTo(TestNameServer.Addresses(query, "6.6.6.4"), source);
            server.Send(wrongId, source);
            server.Send(otherName, source);
            server.Send(otherType, source);
            server.Send(query, source);
            server.Send(query[..5], source);
            return TestNameServer.Addresses(query, "192.0.2.1");
        });
        using (server)
        {
            using DnsExchange exchange = new([server.EndPoint]);
            Response response = await exchange.AskAsync(new Query("a.example"));
            Assert.Equal(["A 300 192.0.2.1"], response.Answers);
            Assert.Equal(1, call);
        }
    }

    [Fact]
    public async Task Forward_Truncated_IsPassedOnAndTcpGetsAllOfIt()
    {
        string[] many = [.. Enumerable.Range(1, 200).Select(i => $"10.0.0.{i}")];
        using TestNameServer server = new((query, tcp) =>
        {
            byte[] response = TestNameServer.Addresses(query, tcp ? many : []);
            response[2] |= tcp ? (byte)0 : (byte)2;
            return response;
        });
        using DnsExchange exchange = new([server.EndPoint]);
        Assert.True((await exchange.AskAsync(new Query("many.example"))).IsTruncated);
        Response whole = await exchange.AskAsync(new Query("many.example"), overTcp: true);
        Assert.Equal(200, whole.Answers.Count);
        Assert.False(whole.IsTruncated);
    }

    [Fact]
    public async Task Forward_ResponseLongerThanTheGuestTakes_IsTruncatedHere()
    {
        string[] many = [.. Enumerable.Range(1, 100).Select(i => $"10.0.0.{i}")];
        using TestNameServer server = new((query, _) => TestNameServer.Addresses(query, many));
        using DnsExchange exchange = new([server.EndPoint]);
        Response cut = await exchange.AskAsync(new Query("many.example"));
        Assert.True(cut.IsTruncated);
        Assert.InRange(cut.Bytes.Length, 12, 512);
        Response large = await exchange.AskAsync(new Query("many.example") { EdnsSize = 4096 });
        Assert.Equal(100, large.Answers.Count);
    }

    [Fact]
    public async Task Forward_SameQueryWhileItWaits_IsAskedOnce()
    {
        using TestNameServer slow = new((query, _) => TestNameServer.Addresses(query, "192.0.2.1"))
        {
            Delay = TimeSpan.FromMilliseconds(300),
        };
        using DnsExchange exchange = new([slow.EndPoint]);
        Response[] responses = await Task.WhenAll(Enumerable.Range(1, 20).Select(
            id => exchange.AskAsync(new Query("a.example") { Id = (ushort)id })));
        Assert.Equal(Enumerable.Range(1, 20)
            .Select(id => (ushort)id), responses.Select(response => response.Id));
        Assert.Single(slow.Queries);
        Assert.Equal(19, exchange.Server.Counters.Merged);
    }

    [Fact]
    public async Task Forward_OverTheBound_IsDroppedForThatGuestOnly()
    {
        using TestNameServer dead = Silent();
        using DnsExchange exchange = new([dead.EndPoint], with: settings => settings with
        {
            MaxOutstanding = 12,
            MaxOutstandingPerGuest = 8,
            QueryDeadline = TimeSpan.FromMilliseconds(500),
        });
        const int other = 3;
        List<Task<byte[]?>> asked = [];
        for (int i = 0; i < 20; i++)
        {
            asked.Add(exchange.Server.AnswerAsync(
                new Query($"n{i}.example").ToArray(), DnsExchange.Guest, overTcp: false).AsTask());
        }

        for (int i = 0; i < 6; i++)
        {
            asked.Add(exchange.Server.AnswerAsync(
                new Query($"m{i}.example").ToArray(), other, overTcp: false).AsTask());
        }

        byte[]?[] answers = await Task.WhenAll(asked);
        Assert.Equal(8, answers[..20].Count(answer => answer is not null));
        Assert.Equal(4, answers[20..].Count(answer => answer is not null));
        Assert.Equal(14, exchange.Server.Counters.Dropped);

        // All of it is free again.
        Assert.Equal(
            DnsResponseCode.ServerFailure, (await exchange.AskAsync(new Query("z.example"))).Code);
    }

    [Fact]
    public async Task BuiltInNames_WhileEverythingWaits_AreAnsweredAtOnce()
    {
        using TestNameServer dead = Silent();
        using DnsExchange exchange = new([dead.EndPoint]);
        for (int i = 0; i < 256; i++)
        {
            _ = exchange.Server.AnswerAsync(
                new Query($"n{i}.example").ToArray(), DnsExchange.Guest, overTcp: false).AsTask();
        }

        Stopwatch time = Stopwatch.StartNew();
        Assert.Single((await exchange.AskAsync(new Query("host.internal"))).Answers);
        Assert.InRange(time.ElapsedMilliseconds, 0, 200);
    }

    [Fact]
    public async Task Flood_OfQueries_IsAnsweredWithinBoundedMemory()
    {
        using TestNameServer server = Good();
        using DnsExchange exchange = new([server.EndPoint]);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async worker =>
        {
            for (int i = 0; i < 500; i++)
            {
                Assert.Single(
                    (await exchange.AskAsync(new Query($"n{i}.w{worker}.example"))).Answers);
            }
        }));
        Assert.Equal(10_000, exchange.Server.Counters.Forwarded);
        Assert.Equal(0, exchange.Server.Counters.Failed);
    }
}
