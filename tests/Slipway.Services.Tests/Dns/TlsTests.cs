using Slipway.Wire;

namespace Slipway.Services.Tests.Dns;

/// <summary>DNS over TLS to name servers: kept open, strict, and opened anew.</summary>
public sealed class TlsTests
{
    private static byte[] Answer(byte[] query) => TestNameServer.Addresses(query, "192.0.2.1");

    [Fact]
    public async Task Queries_GoOverOneConnectionUnderTheirOwnIds()
    {
        using TlsNameServer server = new(Answer);
        using DnsExchange exchange = Over(server);
        Response[] responses = await Task.WhenAll(Enumerable.Range(0, 50).Select(
            i => exchange.AskAsync(new Query($"N{i}.example") { Id = (ushort)i })));
        for (int i = 0; i < responses.Length; i++)
        {
            Assert.Equal((ushort)i, responses[i].Id);
            Assert.Equal($"N{i}.example", responses[i].Question);
            Assert.Equal(["A 300 192.0.2.1"], responses[i].Answers);
        }

        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task Connection_ThatTheServerEnds_IsOpenedAnewAndTheQueryAskedAgain()
    {
        using TlsNameServer server = new(Answer);
        using DnsExchange exchange = Over(server);
        for (int i = 0; i < 5; i++)
        {
            Assert.Single((await exchange.AskAsync(new Query($"n{i}.example"))).Answers);
            server.Drop();
        }

        Assert.Equal(5, server.Connections);
    }

    [Fact]
    public async Task Connection_EndedInTheMiddleOfAQuery_CostsNoAnswer()
    {
        int asked = 0;
        using TlsNameServer server =
            new(query => Interlocked.Increment(ref asked) == 1 ? null : Answer(query));
        using DnsExchange exchange = Over(server);
        Assert.Single((await exchange.AskAsync(new Query("a.example"))).Answers);
        Assert.Equal(2, server.Queries);
    }

    [Theory]
    [InlineData(null, null, true)]
    [InlineData("dns.test", "dns.test", true)]
    [InlineData("dns.test", "other.test", false)]
    [InlineData("dns.test", null, false)]
    [InlineData(null, "dns.test", false)]
    public async Task Certificate_MustBeForTheNameOrTheAddress(
        string? certified, string? configured, bool isTrusted)
    {
        using TlsNameServer server = new(Answer, certified);
        using DnsExchange exchange = Over(server, configured);
        Response response = await exchange.AskAsync(new Query("a.example"));
        Assert.Equal(
            isTrusted ? DnsResponseCode.NoError : DnsResponseCode.ServerFailure, response.Code);
        Assert.Equal(isTrusted ? 1 : 0, server.Queries);
    }

    [Fact]
    public async Task Certificate_OfAnAuthorityThatIsNotTrusted_IsRefused()
    {
        using TlsNameServer server = new(Answer);
        using DnsExchange exchange = new(
            [new NameServerEndpoint(server.EndPoint, IsTls: true)],
            with: settings => settings with { QueryDeadline = TimeSpan.FromSeconds(5) });
        Assert.Equal(
            DnsResponseCode.ServerFailure, (await exchange.AskAsync(new Query("a.example"))).Code);
        Assert.Equal(0, server.Queries);
    }

    [Fact]
    public async Task LongAnswer_IsCutForTheGuestAndKeptWhole()
    {
        string[] many = [.. Enumerable.Range(1, 200).Select(i => $"10.0.0.{i}")];
        using TlsNameServer server = new(query => TestNameServer.Addresses(query, many));
        using DnsExchange exchange = Over(server);
        Assert.True((await exchange.AskAsync(new Query("a.example"))).IsTruncated);
        Assert.Equal(
            200, (await exchange.AskAsync(new Query("a.example"), overTcp: true)).Answers.Count);
        Assert.Equal(1, server.Queries);
    }

    private static DnsExchange Over(TlsNameServer server, string? name = null) => new(
        [new NameServerEndpoint(server.EndPoint, IsTls: true, name)],
        with: settings => settings with
        {
            TlsAuthorities = server.Authorities,
            QueryDeadline = TimeSpan.FromSeconds(5),
        });
}
