using System.Net;
using Slipway.Wire;

namespace Slipway.Services.Tests.Dns;

/// <summary>Names that the engine itself looks up.</summary>
public sealed class LookupTests
{
    [Fact]
    public async Task Lookup_OfLocalhost_IsBothFamiliesWithIPv4First()
    {
        using DnsExchange exchange = new();
        Assert.Equal(
            [IpAddress.IPv4Loopback, IpAddress.IPv6Loopback], await Look(exchange, "localhost"));
    }

    [Fact]
    public async Task Lookup_OfANameOfOthers_IsTheirAnswer()
    {
        using TestNameServer server =
            new((query, _) => TestNameServer.Addresses(query, "192.0.2.1"));
        using DnsExchange exchange = new([server.EndPoint]);
        Assert.Equal([IpAddress.Parse("192.0.2.1")], await Look(exchange, "web.example"));
    }

    [Fact]
    public async Task Lookup_OfAServerThatHasNoTcp_IsItsAnswer()
    {
        using TestNameServer server = new((query, isTcp) =>
            isTcp ? null : TestNameServer.Addresses(query, "192.0.2.1"));
        using DnsExchange exchange = new([server.EndPoint]);
        Assert.Equal([IpAddress.Parse("192.0.2.1")], await Look(exchange, "web.example"));
    }

    [Fact]
    public async Task Lookup_OfMoreThanADatagramHolds_IsTheWholeAnswer()
    {
        string[] many = [.. Enumerable.Range(1, 60).Select(i => $"192.0.2.{i}")];
        using TestNameServer server = new((query, _) => TestNameServer.Addresses(query, many));
        using DnsExchange exchange = new([server.EndPoint]);
        Assert.Equal(8, (await Look(exchange, "web.example"))!.Count);
    }

    [Fact]
    public async Task Lookup_OfANameThatNobodyKnows_IsEmpty()
    {
        using DnsExchange exchange = new([new IPEndPoint(IPAddress.Loopback, 9)]);
        Assert.Empty(await Look(exchange, "web.example") ?? [default]);
    }

    [Fact]
    public async Task Lookup_OverTheBoundOfItsGuest_IsNull()
    {
        using TestNameServer silent = new((_, _) => null);
        using DnsExchange exchange = new(
            [silent.EndPoint], with: settings => settings with { MaxOutstandingPerGuest = 0 });
        Assert.Null(await Look(exchange, "web.example"));
    }

    [Fact]
    public async Task Lookup_OfWhatIsNoName_IsEmpty()
    {
        using DnsExchange exchange = new();
        Assert.Empty(await Look(exchange, "-..example") ?? [default]);
    }

    /// <summary>What others answer about a name says nothing about whose it is.</summary>
    [Fact]
    public async Task OwnAddresses_OfANameThatIsKept_AreNone()
    {
        using TestNameServer server =
            new((query, _) => TestNameServer.Addresses(query, "192.0.2.1"));
        using DnsExchange exchange = new([server.EndPoint]);
        await Look(exchange, "web.example");
        Assert.Empty(exchange.Server.FindOwn("web.example"));
        Assert.Empty(exchange.Server.FindOwn("-..example"));
        Assert.Equal(
            IpAddress.IPv4Loopback, exchange.Server.FindOwn("localhost")[0]);
        Assert.True(exchange.Server.SetRecords(
            "alias.test", [DnsRecordContent.Alias("localhost")]));
        Assert.Equal(
            exchange.Server.FindOwn("localhost"), exchange.Server.FindOwn("alias.test"));
    }

    private static Task<IReadOnlyList<IpAddress>?> Look(DnsExchange exchange, string name) =>
        exchange.Server.LookupAsync(name, DnsExchange.Guest, CancellationToken.None)
            .WaitAsync(TimeSpan.FromSeconds(30));
}
