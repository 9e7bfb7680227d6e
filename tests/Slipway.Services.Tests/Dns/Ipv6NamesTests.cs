using Slipway.Wire;

namespace Slipway.Services.Tests.Dns;

/// <summary>The virtual network's IPv6 side in names, and DNS64 (RFC 6147).</summary>
public sealed class Ipv6NamesTests
{
    private static readonly DnsIpv6Settings Ipv6 = new(
        IpPrefix.Parse("fd5a:94ef:e40c::/64"), IpAddress.Parse("fd5a:94ef:e40c::1"),
        IpAddress.Parse("fd5a:94ef:e40c::fe"), Nat64Prefix: null);

    private static readonly DnsIpv6Settings WithNat64 =
        Ipv6 with { Nat64Prefix = IpPrefix.Parse("64:ff9b::/96") };

    [Theory]
    [InlineData("host.internal", "Aaaa 60 fd5a:94ef:e40c::fe")]
    [InlineData("host.docker.internal", "Aaaa 60 fd5a:94ef:e40c::fe")]
    [InlineData("gateway.internal", "Aaaa 60 fd5a:94ef:e40c::1")]
    public void BuiltInName_HasItsIpv6Address(string name, string answer)
    {
        using DnsExchange exchange = new(with: settings => settings with { Ipv6 = Ipv6 });
        Assert.Equal([answer], exchange.Local(new Query(name, DnsType.Aaaa)).Answers);
        Assert.Single(exchange.Local(new Query(name)).Answers);
    }

    [Theory]
    [InlineData("fd5a:94ef:e40c::fe", "host.internal")]
    [InlineData("fd5a:94ef:e40c::1", "gateway.internal")]
    [InlineData("::1", "localhost")]
    public void Address_HasItsName(string address, string name)
    {
        using DnsExchange exchange = new(with: settings => settings with { Ipv6 = Ipv6 });
        Response response = exchange.Local(new Query(Reverse(address), DnsType.Ptr));
        Assert.Equal([$"Ptr 60 {name}"], response.Answers);
    }

    [Fact]
    public void AddressOfNobody_IsNotAskedOfOthers()
    {
        using DnsExchange exchange = new(with: settings => settings with { Ipv6 = Ipv6 });
        Assert.Equal(
            DnsResponseCode.NameError,
            exchange.Local(new Query(Reverse("fd5a:94ef:e40c::77"), DnsType.Ptr)).Code);
    }

    [Fact]
    public async Task Dns64_NameWithoutIpv6_HasItsIpv4AddressUnderThePrefix()
    {
        using TestNameServer server = new((query, _) => TestNameServer.Addresses(
            query, IsForIpv6(query) ? [] : ["192.0.2.1"]));
        using DnsExchange exchange = new(
            [server.EndPoint], with: settings => settings with { Ipv6 = WithNat64 });
        Response response = await exchange.AskAsync(new Query("four.example", DnsType.Aaaa));
        Assert.Equal(["Aaaa 300 64:ff9b::c000:201"], response.Answers);
        Assert.Equal("four.example", response.Question);
    }

    [Fact]
    public async Task Dns64_NameWithIpv6_KeepsItsOwn()
    {
        using TestNameServer server = new((query, _) => TestNameServer.Addresses(
            query, IsForIpv6(query) ? ["2001:db8::1"] : ["192.0.2.1"]));
        using DnsExchange exchange = new(
            [server.EndPoint], with: settings => settings with { Ipv6 = WithNat64 });
        Response response = await exchange.AskAsync(new Query("six.example", DnsType.Aaaa));
        Assert.Equal(["Aaaa 300 2001:db8::1"], response.Answers);
        Assert.Single(server.Queries);
    }

    [Fact]
    public async Task Dns64_NoSuchName_IsPassedOn()
    {
        using TestNameServer server = new(
            (query, _) => TestNameServer.Failure(query, DnsResponseCode.NameError));
        using DnsExchange exchange = new(
            [server.EndPoint], with: settings => settings with { Ipv6 = WithNat64 });
        Response response = await exchange.AskAsync(new Query("none.example", DnsType.Aaaa));
        Assert.Equal(DnsResponseCode.NameError, response.Code);
        Assert.Single(server.Queries);
    }

    // The type stands before the class, behind the name; both queries have no EDNS.
    private static bool IsForIpv6(byte[] query) => query[^3] == (byte)DnsType.Aaaa;

    private static string Reverse(string address)
    {
        byte[] bytes = IpAddress.Parse(address).ToIPAddress().GetAddressBytes();
        string nibbles = Convert.ToHexStringLower(bytes);
        return string.Join('.', nibbles.Reverse()) + ".ip6.arpa";
    }
}
