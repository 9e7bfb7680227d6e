using Slipway.Services.Tests.Dhcp;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Services.Tests.Dns;

public sealed class LocalNamesTests
{
    [Theory]
    [InlineData("host.internal", "192.168.127.254")]
    [InlineData("host.docker.internal", "192.168.127.254")]
    [InlineData("host.containers.internal", "192.168.127.254")]
    [InlineData("host.lima.internal", "192.168.127.254")]
    [InlineData("gateway.internal", "192.168.127.1")]
    [InlineData("gateway.docker.internal", "192.168.127.1")]
    [InlineData("gateway.containers.internal", "192.168.127.1")]
    [InlineData("HOST.Docker.INTERNAL", "192.168.127.254")]
    [InlineData("localhost", "127.0.0.1")]
    [InlineData("foo.localhost", "127.0.0.1")]
    public void BuiltIn_AddressQuery_IsAnswered(string name, string address)
    {
        using DnsExchange exchange = new();
        Response response = exchange.Local(new Query(name));
        Assert.Equal(DnsResponseCode.NoError, response.Code);
        Assert.Equal([$"A 60 {address}"], response.Answers);
        Assert.Equal(name, response.Question);
        Assert.Equal(0x4242, response.Id);
        Assert.True(response.IsAuthoritative);
    }

    [Theory]
    [InlineData(DnsType.Aaaa)]
    [InlineData(DnsType.Mx)]
    [InlineData(DnsType.Https)]
    [InlineData(DnsType.Srv)]
    [InlineData(DnsType.Txt)]
    public void BuiltIn_OtherType_IsNoErrorWithoutData(DnsType type)
    {
        // musl takes NXDOMAIN for AAAA as "no such name at all".
        using DnsExchange exchange = new();
        Response response = exchange.Local(new Query("host.internal", type));
        Assert.Equal(DnsResponseCode.NoError, response.Code);
        Assert.Empty(response.Answers);
        Assert.Equal(1, response.AuthorityCount);
    }

    [Fact]
    public void BuiltIn_HostAliasOff_DoesNotExist()
    {
        using DnsExchange exchange = new(with: settings => settings with { HostAlias = null });
        Response response = exchange.Local(new Query("host.docker.internal"));
        Assert.Equal(DnsResponseCode.NameError, response.Code);
        Assert.Equal(1, response.AuthorityCount);
        Assert.Equal(
            DnsResponseCode.NoError, exchange.Local(new Query("gateway.internal")).Code);
    }

    [Theory]
    [InlineData("a.apps.test", "192.0.2.1")]
    [InlineData("b.a.APPS.test", "192.0.2.1")]
    [InlineData("apps.test", null)]
    [InlineData("known.apps.test", "192.0.2.2")]
    [InlineData("below.known.apps.test", null)]
    [InlineData("a.apps.tes", null)]
    public void Wildcard_StandsForNamesBelowItThatAreNotKnown(string name, string? address)
    {
        using DnsExchange exchange = new(with: settings => settings with
        {
            Records = [new DnsNamedRecord("known.apps.test", IpAddress.Parse("192.0.2.2"))],
        });
        Assert.False(exchange.IsLocal(new Query("a.apps.test")));
        Assert.True(exchange.Server.SetRecord("*.apps.test", [IpAddress.Parse("192.0.2.1")]));
        Assert.Equal(address is not null, exchange.IsLocal(new Query(name)));
        if (address is not null)
        {
            Response response = exchange.Local(new Query(name));
            Assert.Equal(name, response.Question);
            Assert.EndsWith(address, Assert.Single(response.Answers), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Records_SetAndRemovedWhileItRuns_AreAnsweredMeanwhile()
    {
        using DnsExchange exchange = new();
        IpAddress first = IpAddress.Parse("192.0.2.1");
        IpAddress second = IpAddress.Parse("192.0.2.2");
        Assert.False(exchange.IsLocal(new Query("late.test")));
        Assert.True(exchange.Server.SetRecord("Late.test.", [first]));
        Assert.Equal(["A 10 192.0.2.1"], exchange.Local(new Query("late.test")).Answers);
        Assert.True(exchange.Server.SetRecord("late.test", [second]));
        Assert.Equal(["A 10 192.0.2.2"], exchange.Local(new Query("LATE.test")).Answers);
        Assert.True(exchange.Server.RemoveRecord("late.test"));
        Assert.False(exchange.Server.RemoveRecord("late.test"));
        Assert.False(exchange.IsLocal(new Query("late.test")));
        Assert.False(exchange.Server.SetRecord("host.internal", [first]));
        Assert.Throws<ArgumentException>(() => exchange.Server.SetRecord("a..b", [first]));
    }

    [Fact]
    public void Configured_Records_AreAnsweredInBothFamilies()
    {
        using DnsExchange exchange = new(with: settings => settings with
        {
            Records =
            [
                new DnsNamedRecord("a.test", IpAddress.Parse("192.0.2.1")),
                new DnsNamedRecord("A.TEST.", IpAddress.Parse("192.0.2.2")),
                new DnsNamedRecord("a.test", IpAddress.Parse("2001:db8::1")),
                new DnsNamedRecord("host.internal", IpAddress.Parse("192.0.2.9")),
            ],
        });
        Assert.Equal(
            ["A 60 192.0.2.1", "A 60 192.0.2.2"], exchange.Local(new Query("a.Test")).Answers);
        Assert.Equal(
            ["Aaaa 60 2001:db8::1"], exchange.Local(new Query("a.test", DnsType.Aaaa)).Answers);
        Assert.Equal(3, exchange.Local(new Query("a.test", DnsType.Any)).Answers.Count);
        Assert.Equal(
            ["A 60 192.168.127.254"], exchange.Local(new Query("host.internal")).Answers);
    }

    [Fact]
    public void Leases_NameAndAddress_AreAnsweredWhileTheyLast()
    {
        using DhcpExchange dhcp = new();
        string address = dhcp.Lease(1, "Web");
        using DnsExchange exchange = new(leases: dhcp.Server);
        Assert.Equal([$"A 10 {address}"], exchange.Local(new Query("web")).Answers);
        Assert.Equal([$"A 10 {address}"], exchange.Local(new Query("WEB.internal")).Answers);
        Response reverse = exchange.Local(new Query("2.127.168.192.in-addr.arpa", DnsType.Ptr));
        Assert.Equal(["Ptr 10 web.internal"], reverse.Answers);
        dhcp.Time.Advance(TimeSpan.FromHours(2));
        byte[] room = new byte[512];
        Assert.Equal(
            DnsDisposition.Unknown,
            exchange.Server.TryAnswer(new Query("web.internal"), overTcp: false, room, out _));
        Assert.Equal(
            DnsResponseCode.NameError,
            exchange.Local(new Query("2.127.168.192.in-addr.arpa", DnsType.Ptr)).Code);
    }

    [Theory]
    [InlineData("1.127.168.192.in-addr.arpa", "gateway.internal")]
    [InlineData("254.127.168.192.IN-ADDR.ARPA", "host.internal")]
    [InlineData("1.0.0.127.in-addr.arpa", "localhost")]
    public void Reverse_OfVirtualAddresses_IsTheirName(string name, string expected)
    {
        using DnsExchange exchange = new();
        Assert.Equal([$"Ptr 60 {expected}"], exchange.Local(new Query(name, DnsType.Ptr)).Answers);
    }

    [Theory]
    [InlineData("example.com")]
    [InlineData("internal")]
    [InlineData("foo.host.internal")]
    [InlineData("4.3.2.1.in-addr.arpa")]
    [InlineData("x.127.168.192.in-addr.arpa")]
    [InlineData("nohost")]
    public void TryAnswer_OtherNames_AreNotKnownHere(string name)
    {
        using DhcpExchange dhcp = new();
        using DnsExchange exchange = new(leases: dhcp.Server);
        byte[] room = new byte[512];
        Assert.Equal(
            DnsDisposition.Unknown,
            exchange.Server.TryAnswer(new Query(name, DnsType.Ptr), overTcp: false, room, out _));
    }

    [Fact]
    public void TryAnswer_BuiltInName_AllocatesNothing()
    {
        using DnsExchange exchange = new();
        byte[] query = new Query("host.docker.internal") { EdnsSize = 1232 };
        byte[] response = new byte[512];
        SteadyState.AllocatesNothing(
            100, () => exchange.Server.TryAnswer(query, overTcp: false, response, out _));
    }
}
