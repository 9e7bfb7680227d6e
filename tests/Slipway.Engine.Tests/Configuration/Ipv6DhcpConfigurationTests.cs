namespace Slipway.Engine.Tests;

public sealed class Ipv6DhcpConfigurationTests
{
    [Fact]
    public void Dhcp_Absent_GivesAddressesOfTheUsualPool()
    {
        Ipv6DhcpConfiguration dhcp = ConfigurationReader.Parse("{}").Ipv6Dhcp;

        Assert.True(dhcp.Enabled);
        Assert.True(dhcp.Addresses);
        Assert.Null(dhcp.First);
        Assert.Equal(3600, dhcp.LeaseSeconds);
    }

    [Fact]
    public void Dhcp_EveryKey_IsReadAndServed()
    {
        EngineConfiguration configuration = ConfigurationReader.Parse(
            """
            {
              "ipv6": {
                "dhcp": {
                  "enabled": false, "addresses": false,
                  "first": "fd5a:94ef:e40c::10", "last": "fd5a:94ef:e40c::20",
                  "leaseSeconds": 600, "leaseFile": "leases6.json",
                  "leases": [
                    { "mac": "52:54:00:12:34:56", "address": "fd5a:94ef:e40c::aa", "name": "web" },
                    { "duid": "00:04:01", "address": "fd5a:94ef:e40c::bb" }
                  ]
                }
              }
            }
            """);
        Ipv6DhcpConfiguration dhcp = configuration.Ipv6Dhcp;

        Assert.False(dhcp.Enabled);
        Assert.False(dhcp.Addresses);
        Assert.Equal("fd5a:94ef:e40c::10", dhcp.First.ToString());
        Assert.Equal("fd5a:94ef:e40c::20", dhcp.Last.ToString());
        Assert.Equal(600, dhcp.LeaseSeconds);
        Assert.Equal("leases6.json", dhcp.LeaseFile);
        Assert.Equal(new byte[] { 0, 4, 1 }, dhcp.StaticLeases[1].Duid!.Value.ToArray());
        using Services.Dhcp6Server server = NetworkEngine.MakeDhcp6Server(
            configuration with { Ipv6Dhcp = dhcp with { LeaseFile = null } }, new SilentLog());
        Assert.True(server.TryGetAddress("web", out Wire.IpAddress address));
        Assert.Equal("fd5a:94ef:e40c::aa", address.ToString());
    }

    [Theory]
    [InlineData("\"first\": \"10.0.0.1\"", "first", "10.0.0.1", "fd5a:94ef:e40c::1:5")]
    [InlineData("\"last\": \"2001:db8::1\"", "last", "2001:db8::1", "fd5a:94ef:e40c::/64")]
    [InlineData("\"last\": \"fd5a:94ef:e40c::\"", "last", "fd5a:94ef:e40c::", "write")]
    [InlineData("\"first\": \"fd5a:94ef:e40c::2:0\"", "first", "fd5a:94ef:e40c::2:0", "order")]
    [InlineData("\"last\": \"fd5a:94ef:e40c::2\"", "last", "fd5a:94ef:e40c::2", "order")]
    [InlineData("\"leaseSeconds\": 5", "leaseSeconds", "5", "60")]
    [InlineData("\"leaseFile\": \"\"", "leaseFile", "\"\"", "name a file")]
    [InlineData("\"leaseFile\": \"a/../leases.json\"", "leaseFile", "a/../leases.json", "another")]
    [InlineData("\"leases\": [null]", "leases[0]", "null", "mac")]
    [InlineData(
        """ "leases": [{ "address": "fd5a:94ef:e40c::9" }] """, "leases[0]",
        "fd5a:94ef:e40c::9", "one of mac and duid")]
    [InlineData(
        """ "leases": [{ "duid": "0001", "address": "fd5a:94ef:e40c::9" }] """, "leases[0].duid",
        "0001", "hexadecimal")]
    [InlineData(
        """ "leases": [{ "duid": "00:01:x1", "address": "fd5a:94ef:e40c::9" }] """,
        "leases[0].duid", "00:01:x1", "hexadecimal")]
    [InlineData(
        """ "leases": [{ "mac": "x", "address": "fd5a:94ef:e40c::9" }] """, "leases[0].mac", "x",
        "52:54")]
    [InlineData(
        """ "leases": [{ "duid": "000102", "address": "fd5a:94ef:e40c::1" }] """,
        "leases[0].address", "fd5a:94ef:e40c::1", "the gateway")]
    [InlineData(
        """ "leases": [{ "duid": "000102", "address": "fd5a:94ef:e40c::fe" }] """,
        "leases[0].address", "fd5a:94ef:e40c::fe", "the host alias")]
    [InlineData(
        """
        "leases": [{ "duid": "000102", "address": "fd5a:94ef:e40c::9" },
                   { "duid": "000103", "address": "fd5a:94ef:e40c::9" }]
        """,
        "leases[1].address", "fd5a:94ef:e40c::9", "choose another")]
    [InlineData(
        """
        "leases": [{ "duid": "00:01:02", "address": "fd5a:94ef:e40c::9" },
                   { "duid": "000102", "address": "fd5a:94ef:e40c::a" }]
        """,
        "leases[1].duid", "000102", "keep one")]
    public void Dhcp_Wrong_NamesKeyValueAndRemedy(
        string dhcp, string key, string value, string remedy)
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(
            () => ConfigurationReader.Parse(
                $$"""
                { "dhcp": { "leaseFile": "leases.json" }, "ipv6": { "dhcp": { {{dhcp}} } } }
                """));

        Assert.Equal("ipv6.dhcp." + key, error.Key);
        Assert.Equal(value, error.Value);
        Assert.Contains(remedy, error.Message, StringComparison.Ordinal);
    }
}
