using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine.Tests;

/// <summary>"services" and "intercept" of the configuration.</summary>
public sealed class ServiceConfigurationTests
{
    private const string Target = "\"target\": \"tcp:127.0.0.1:80\"";

    [Fact]
    public void Services_EveryForm_AreRead()
    {
        IReadOnlyList<ServiceSpecification> services = ConfigurationReader.Parse(
            """
            {
              "services": [
                { "name": "Registry.Internal.", "address": "192.168.127.250", "port": 5000,
                  "target": "unix:/run/registry.sock" },
                { "address": "fd5a:94ef:e40c::fa", "port": 53, "target": "udp:[::1]:5353" },
                { "address": "203.0.113.9", "port": 80, "target": "tcp:web.example:8080" },
                { "address": "gateway", "port": 123, "target": "udp:127.0.0.1:123" },
              ],
              "intercept": [
                { "destination": "10.1.0.0/16", "ports": "80-90",
                  "target": "tcp:127.0.0.1:8080" },
                { "destination": "192.168.127.254", "ports": "25", "target": "unix:/run/smtp" },
                { "destination": "::/0", "target": "udp:127.0.0.1:9" },
              ],
            }
            """).Services;

        Assert.Equal(
            [
                "registry.internal 192.168.127.250:5000 to unix:/run/registry.sock",
                "[fd5a:94ef:e40c::fa]:53 to udp:[::1]:5353",
                "203.0.113.9:80 to tcp:web.example:8080",
                "192.168.127.1:123 to udp:127.0.0.1:123",
                "10.1.0.0/16:80-90 to tcp:127.0.0.1:8080",
                "192.168.127.254:25 to unix:/run/smtp",
                "::/0:1-65535 to udp:127.0.0.1:9",
            ],
            services.Select(service => service.ToString()));
        Assert.Equal(
            [true, true, true, false, false, false, false],
            services.Select(service => service.IsVirtual));
        Assert.Equal("web.example", services[2].Target.Host);
        Assert.Equal("/run/registry.sock", services[0].Target.Path);
        Assert.Equal(new IpEndpoint(IpAddress.IPv6Loopback, 5353), services[1].Target.Endpoint);
        Assert.Equal(
            ["192.168.127.1/32", "fd5a:94ef:e40c::1/128", "fe80::5894:efff:fee4:cdd/128"],
            services[3].Destinations.Select(destination => destination.ToString()));
    }

    [Fact]
    public void Services_WithoutAddresses_HaveThoseFromTheTopInTheOrderOfTheFile()
    {
        IReadOnlyList<ServiceSpecification> services = ConfigurationReader.Parse($$"""
            {
              "dhcp": { "leases": [{ "mac": "52:54:00:12:34:56", "address": "192.168.127.252" }] },
              "services": [
                { "name": "a.test", "port": 80, {{Target}} },
                { "name": "b.test", "port": 80, {{Target}} },
                { "name": "a.test", "port": 81, {{Target}} },
                { "name": "c.test", "port": 80, {{Target}} },
                { "address": "192.168.127.251", "port": 80, {{Target}} },
              ],
            }
            """).Services;

        Assert.Equal(
            [
                "192.168.127.253/32", "192.168.127.250/32", "192.168.127.253/32",
                "192.168.127.249/32", "192.168.127.251/32",
            ],
            services.Select(service => service.Destinations[0].ToString()));
    }

    [Theory]
    [InlineData("'port': 8080", 8080, 3128)]
    [InlineData("'socksPort': 8080", 8080, 1080)]
    [InlineData("'enabled': false", null, 3128)]
    public void GatewayPort_OfTheProxyAsItIsConfigured_IsTheEnginesOwn(
        string proxy, int? taken, int free)
    {
        string Json(int port) => ("{ 'proxy': { " + proxy + " }, 'services': [{ 'address': "
            + "'gateway', 'port': " + port + ", 'target': 'tcp:127.0.0.1:1' }] }")
            .Replace('\'', '"');
        Assert.Single(ConfigurationReader.Parse(Json(free)).Services);
        if (taken is int port)
        {
            Assert.Equal("services[0].port", Assert.Throws<ConfigurationException>(
                () => ConfigurationReader.Parse(Json(port))).Key);
        }
    }

    [Theory]
    [InlineData("'port': 80, 'target': 'tcp:127.0.0.1:80'", "services[0]", "neither name nor")]
    [InlineData("'name': 'a.test', 'target': 'tcp:127.0.0.1:80'", "services[0]", "'port'")]
    [InlineData("'name': 'a.test', 'port': 80", "services[0]", "'target'")]
    [InlineData("'name': 'a b', 'port': 80, 'target': 'unix:/x'", "services[0].name", "domain")]
    [InlineData("'name': 'a', 'port': 0, 'target': 'unix:/x'", "services[0].port", "1 to 65535")]
    [InlineData("'name': 'a', 'port': 1, 'target': 'x'", "services[0].target", "unix:PATH")]
    [InlineData("'name': 'a', 'port': 1, 'target': 'unix:'", "services[0].target", "0 bytes")]
    [InlineData("'name': 'a', 'port': 1, 'target': 'tcp:::1:80'", "services[0].target", "bracket")]
    [InlineData("'name': 'a', 'port': 1, 'target': 'tcp:h'", "services[0].target", "lacks a")]
    [InlineData("'name': 'a', 'port': 1, 'target': 'tcp:h:0'", "services[0].target", "'0'")]
    [InlineData("'name': 'a', 'port': 1, 'target': 'tcp:a:1'", "services[0].target", "itself")]
    [InlineData(
        "'name': 'a', 'port': 1, 'target': 'tcp:0.0.0.0:1'", "services[0].target", "0.0.0.0")]
    [InlineData(
        "'name': 'a', 'port': 1, 'target': 'tcp:192.168.127.2:1'", "services[0].target", "reach")]
    [InlineData(
        "'name': 'r.test', 'port': 1, 'target': 'unix:/x'", "services[0].name", "DNS record")]
    [InlineData("'address': 'x', 'port': 1, 'target': 'unix:/x'", "services[0].address", "'x'")]
    [InlineData(
        "'address': '192.168.127.254', 'port': 1, 'target': 'unix:/x'", "services[0].address",
        "host alias")]
    [InlineData(
        "'address': '192.168.127.255', 'port': 1, 'target': 'unix:/x'", "services[0].address",
        "broadcast")]
    [InlineData(
        "'address': '192.168.127.2', 'port': 1, 'target': 'unix:/x'", "services[0].address",
        "guest")]
    [InlineData(
        "'address': '192.168.127.9', 'port': 1, 'target': 'unix:/x'", "services[0].address",
        "lease")]
    [InlineData(
        "'address': '127.0.0.1', 'port': 1, 'target': 'unix:/x'", "services[0].address",
        "loopback")]
    [InlineData(
        "'address': 'fe80::1', 'port': 1, 'target': 'unix:/x'", "services[0].address",
        "link-local")]
    [InlineData(
        "'address': 'gateway', 'port': 53, 'target': 'unix:/x'", "services[0].port", "DNS")]
    [InlineData(
        "'address': '192.168.127.1', 'port': 3128, 'target': 'unix:/x'", "services[0].port",
        "HTTP proxy")]
    [InlineData("'name': 'a', 'port': 1, 'target': 'unix:/x', 'x': 1", "services[0].x", "target")]
    public void Service_Wrong_IsRefusedByKeyWithTheRemedy(string item, string key, string remedy) =>
        Refused($"'services': [{{ {item} }}]", key, remedy);

    [Theory]
    [InlineData("'target': 'unix:/x'", "intercept[0]", "'destination'")]
    [InlineData("'destination': 'x', 'target': 'unix:/x'", "intercept[0].destination", "10.1.0.0")]
    [InlineData(
        "'destination': '10.1.0.1/16', 'target': 'unix:/x'", "intercept[0].destination", "bits")]
    [InlineData(
        "'destination': '192.168.127.128/25', 'target': 'unix:/x'", "intercept[0].destination",
        "own network")]
    [InlineData(
        "'destination': '192.168.127.1', 'target': 'unix:/x'", "intercept[0].destination",
        "services")]
    [InlineData(
        "'destination': '127.0.0.0/8', 'target': 'unix:/x'", "intercept[0].destination",
        "loopback")]
    [InlineData(
        "'destination': '10.0.0.0/8', 'ports': '90-80', 'target': 'unix:/x'",
        "intercept[0].ports", "80-90")]
    [InlineData(
        "'destination': '10.0.0.0/8', 'ports': '0', 'target': 'unix:/x'", "intercept[0].ports",
        "65535")]
    [InlineData(
        "'destination': '10.0.0.0/8', 'ports': 80, 'target': 'unix:/x'", "intercept[0].ports",
        "quotes")]
    public void Intercept_Wrong_IsRefusedByKeyWithTheRemedy(
        string item, string key, string remedy) =>
        Refused($"'intercept': [{{ {item} }}]", key, remedy);

    [Fact]
    public void Services_AtOnePlaceTwice_AreRefusedAndNamed()
    {
        Refused(
            """
            'services': [{ 'address': '10.0.0.1', 'port': 80, 'target': 'unix:/x' },
              { 'address': '10.0.0.1', 'port': 80, 'target': 'tcp:127.0.0.1:1' }]
            """, "services[1].port", "services[0]");
        Refused(
            """
            'intercept': [{ 'destination': '10.0.0.0/8', 'target': 'unix:/x' },
              { 'destination': '10.0.0.0/8', 'target': 'unix:/x' }]
            """, "intercept[1].destination", "intercept[0]");
        ConfigurationReader.Parse(
            """
            { "services": [{ "address": "10.0.0.1", "port": 80, "target": "unix:/x" },
              { "address": "10.0.0.1", "port": 80, "target": "udp:127.0.0.1:1" }] }
            """);
    }

    [Fact]
    public void Service_OfIPv6WithIPv6Off_IsRefused() => Refused(
        """
        'ipv6': { 'mode': 'off' },
        'services': [{ 'address': 'fd5a:94ef:e40c::9', 'port': 1, 'target': 'unix:/x' }]
        """, "services[0].address", "--ipv6 auto");

    [Fact]
    public void Service_AtTheAddressOfATap_IsRefused() => Refused(
        """
        'links': ['tap:a', 'tap:b'],
        'services': [{ 'address': '192.168.127.3', 'port': 1, 'target': 'unix:/x' }]
        """, "services[0].address", "TAP");

    [Fact]
    public void Services_MoreThanTheSubnetHas_AreRefusedByName()
    {
        // Of 14 the gateway, the alias, the first guest and a lease have one each.
        string all = string.Join(',', Enumerable.Range(1, 11).Select(
            number => $"{{ 'name': 's{number}', 'port': 1, 'target': 'unix:/x' }}"));
        Refused(
            $"'subnet': '192.168.127.0/28', 'services': [{all}]", "services[10].name",
            "no free address");
    }

    [Fact]
    public void Services_MoreThanTheTableHolds_AreRefused()
    {
        string one = "{ 'destination': '10.0.0.0/8', 'ports': '#', 'target': 'unix:/x' }";
        string all = string.Join(',', Enumerable.Range(1, ServiceTable.MostRules + 1)
            .Select(port => one.Replace("#", $"{port}", StringComparison.Ordinal)));
        Refused($"'intercept': [{all}]", $"intercept[{ServiceTable.MostRules}]", "at most");
    }

    [Fact]
    public void Publish_ToTheAddressOfAService_IsRefused() => Refused(
        """
        'publish': ['8080:192.168.127.250:80'],
        'services': [{ 'address': '192.168.127.250', 'port': 1, 'target': 'unix:/x' }]
        """, "publish[0]", "services[0]");

    private static void Refused(string keys, string key, string remedy)
    {
        string json = $$"""
            {
              "dhcp": { "leases": [{ "mac": "52:54:00:12:34:56", "address": "192.168.127.9" }] },
              "dns": { "records": { "r.test": "10.0.0.1" } },
              {{keys.Replace('\'', '"')}}
            }
            """;
        ConfigurationException error =
            Assert.Throws<ConfigurationException>(() => ConfigurationReader.Parse(json));
        Assert.Equal(key, error.Key);
        Assert.Contains(remedy, error.Message, StringComparison.Ordinal);
    }
}
