using System.Reflection;
using Slipway.Stack;

namespace Slipway.Engine.Tests;

public sealed class ConfigurationReaderTests
{
    [Fact]
    public void Configuration_Empty_TakesDefaults()
    {
        EngineConfiguration configuration = ConfigurationReader.Parse("{}");

        Assert.Equal("192.168.127.0/24", configuration.Subnet.ToString());
        Assert.Equal("192.168.127.1", configuration.Gateway.ToString());
        Assert.Equal("192.168.127.2", configuration.FirstGuest.ToString());
        Assert.Equal("192.168.127.254", configuration.HostAlias.ToString());
        Assert.Equal("5a:94:ef:e4:0c:dd", configuration.GatewayMac.ToString());
        Assert.Equal(1500, configuration.MtuBytes);
        Assert.Equal(new StackLimits(), configuration.Limits);
        Assert.Empty(configuration.Links);
    }

    [Theory]
    [InlineData("""{ "dns": { "servers": ["10.0.0.1", null] } }""", "dns.servers[1]")]
    [InlineData("""{ "dns": { "records": { "a.test": null } } }""", "dns.records.a.test")]
    [InlineData("""{ "dhcp": { "leases": [null] } }""", "dhcp.leases[0]")]
    [InlineData("""{ "dhcp": { "leaseFile": "a\u0000b" } }""", "dhcp.leaseFile")]
    [InlineData("""{ "links": ["stream:/a\u0000b"] }""", "links[0]")]
    public void Configuration_NullOfManyOrNul_IsRefusedByName(string json, string key) =>
        Assert.Equal(key, Assert.Throws<ConfigurationException>(
            () => ConfigurationReader.Parse(json)).Key);

    [Fact]
    public void Configuration_CommentsAndTrailingCommas_AreRead()
    {
        EngineConfiguration configuration = ConfigurationReader.Parse(
            """
            {
              // Where guests come from.
              "links": ["stream:/tmp/vm.sock", /* and */ "tap:tap0,netns=42",],
              "$schema": "slipway.schema.json",
            }
            """);

        Assert.Equal(
            ["stream:/tmp/vm.sock", "tap:tap0,netns=/proc/42/ns/net"],
            configuration.Links.Select(link => link.ToString()));
    }

    [Fact]
    public void Configuration_EveryKey_IsRead()
    {
        EngineConfiguration configuration = ConfigurationReader.Parse(
            """
            {
              "links": ["fd:3,framing=dgram"],
              "subnet": "10.9.0.0/16", "gateway": "10.9.0.2", "gatewayMac": "02:00:00:00:00:01",
              "hostAlias": true, "hostAliasAddress": "10.9.0.1", "mtu": 9000,
              "publish": ["8080:80"],
              "dns": { "records": { "Registry.Test.": "10.9.0.1" }, "cache": 100,
                "servers": ["10.1.1.2:5353"], "resolved": false, "bytesPerSecond": 1000000,
                "tlsCertificates": "ca.pem",
                "domains": { "corp.test": ["10.1.1.1", "[2001:db8::1]:5353",
                  "tls://10.1.1.3#dns.corp.test"], "lab.test": ["tls://[2001:db8::2]:8853"] } },
              "dhcp": {
                "enabled": false, "domain": "lab.test", "search": ["corp.test"],
                "ntp": ["10.9.0.1"],
                "leaseSeconds": 600, "leaseFile": "leases.json",
                "leases": [{ "mac": "52:54:00:12:34:56", "address": "10.9.1.1", "name": "web" }]
              },
              "udp": { "fullCone": true },
              "limits": { "tcpFlows": 100, "tcpWindowBytes": 65536 },
              "logLevel": "debug", "readyFd": 7
            }
            """);

        Assert.Equal("10.9.0.3", configuration.FirstGuest.ToString());
        Assert.True(configuration.Publish[0].Guest.Address.IsUnspecified); // whoever it will be
        Assert.Equal(
            ("registry.test", "A 10.9.0.1"),
            (configuration.DnsRecords[0].Name, configuration.DnsRecords[0].Data.ToString()));
        Assert.Equal("10.9.1.1", configuration.Dhcp.StaticLeases[0].Address.ToString());
        Assert.Equal("lab.test", configuration.Dhcp.Domain);
        Assert.Equal(600, configuration.Dhcp.LeaseSeconds);
        Assert.False(configuration.Dhcp.Enabled);
        Assert.Equal(100, configuration.DnsCache);
        Assert.Equal("10.1.1.2:5353", Assert.Single(configuration.DnsServers).ToString());
        Assert.Equal("corp.test", configuration.DnsDomains[0].Name);
        Assert.Equal(
            ["10.1.1.1:53", "[2001:db8::1]:5353", "tls://10.1.1.3:853#dns.corp.test"],
            configuration.DnsDomains[0].NameServers.Select(server => server.ToString()));
        Assert.Equal(
            "tls://[2001:db8::2]:8853",
            Assert.Single(configuration.DnsDomains[1].NameServers).ToString());
        Assert.False(configuration.DnsResolved);
        Assert.Equal(1_000_000, configuration.DnsBytesPerSecond);
        Assert.Equal("ca.pem", configuration.DnsTlsCertificates);
        Assert.True(configuration.UdpFullCone);
        Assert.Equal(100, configuration.Limits.TcpFlows);
        Assert.Equal(LogLevel.Debug, configuration.LogLevel);
        Assert.Equal(7, configuration.ReadyDescriptor);
    }

    [Fact]
    public void Parse_FirstLease_IsTheFirstGuestToo()
    {
        EngineConfiguration configuration = ConfigurationReader.Parse(
            """{ "dhcp": { "first": "192.168.127.15" } }""");
        Assert.Equal("192.168.127.15", configuration.FirstGuest.ToString());
        using NetworkEngine engine = NetworkEngine.Create(
            ConfigurationReader.Parse(
                """{ "dhcp": { "first": "192.168.127.15" }, "publish": ["0:80"] }"""),
            new QuietLog());
        Assert.Equal("192.168.127.15:80", Assert.Single(engine.PublishedPorts).GuestText);
    }

    [Fact]
    public void CommandLine_SameValue_GoesBeforeConfiguration()
    {
        EngineConfiguration configuration = ConfigurationReader.Parse(
            """
            { "mtu": 1400, "subnet": "10.0.0.0/24", "logLevel": "debug", "publish": ["81:81"],
              "dns": { "records": { "a.test": "10.0.0.9", "b.test": "10.0.0.9" } } }
            """,
            new CommandLineSettings
            {
                Mtu = "9000", Subnet = "10.1.0.0/24", LogLevel = "error", NoHostAlias = true,
                Publish = ["82:82"], Dns = ["A.test=10.1.0.5"], Links = ["tap:tap0"],
            });

        Assert.Equal(9000, configuration.MtuBytes);
        Assert.Equal("10.1.0.1", configuration.Gateway.ToString());
        Assert.Null(configuration.HostAlias);
        Assert.Equal(LogLevel.Error, configuration.LogLevel);
        Assert.Equal([81, 82], configuration.Publish.Select(one => (int)one.Host.Port));
        Assert.Equal(
            ["b.test 10.0.0.9", "a.test 10.1.0.5"],
            configuration.DnsRecords.Select(one => $"{one.Name} {one.Data.IpAddress}"));
    }

    [Theory]
    [InlineData("""{ "mtv": 1500 }""", "mtv", "1500", "the keys here are")]
    [InlineData(
        """{ "dhcp": { "leases": [{ "mac": "52:54:00:00:00:01", "ip": 1 }] } }""",
        "dhcp.leases[0].ip", "1", "mac, address, name")]
    [InlineData(
        """{ "dhcp": { "leases": [{ "mac": "52:54:00:00:00:01" }] } }""", "dhcp.leases[0]", null,
        "'address'")]
    [InlineData("""{ "dhcp": { "leases": [null] } }""", "dhcp.leases[0]", "null", "mac")]
    [InlineData("""{ "mtu": "1500" }""", "mtu", "1500", "whole number")]
    [InlineData("""{ "mtu": 1e9 }""", "mtu", "1e9", "whole number")]
    [InlineData("""{ "mtu": 70000 }""", "mtu", "70000", "576 to 65520")]
    [InlineData("""{ "mtu": 575 }""", "mtu", "575", "576 to 65520")]
    [InlineData("""{ "hostAlias": "no" }""", "hostAlias", "no", "true or false")]
    [InlineData("""{ "publish": "80:80" }""", "publish", "80:80", "[ ... ]")]
    [InlineData("""{ "publish": ["80:80", 7] }""", "publish[1]", "7", "double quotes")]
    [InlineData("""{ "publish": [null] }""", "publish[0]", "null", "double quotes")]
    [InlineData("""{ "dns": [] }""", "dns", "[]", "{ ... }")]
    [InlineData("""{ "mtu": 1500, "mtu": 1400 }""", "mtu", null, "more than once")]
    [InlineData("""[]""", "configuration", "[]", "{ ... }")]
    [InlineData("""null""", "configuration", "null", "{}")]
    [InlineData("""{ "mtu": 1500 """, "configuration", null, "line 1")]
    [InlineData("", "configuration", null, "line 1")]
    public void Document_WrongKeyOrType_NamesKeyValueAndRemedy(
        string json, string key, string? value, string remedy) =>
        AssertNamed(json, key, value, remedy);

    [Theory]
    [InlineData("""{ "subnet": "192.168.127.1/24" }""", "subnet", "192.168.127.1/24", "host bits")]
    [InlineData("""{ "subnet": "fd00::/64" }""", "subnet", "fd00::/64", "IPv6")]
    [InlineData("""{ "subnet": "10.0.0.0/31" }""", "subnet", "10.0.0.0/31", "/8 to /30")]
    [InlineData("""{ "subnet": "10.0.0.0/30" }""", "subnet", "10.0.0.0/30", "/29")]
    [InlineData("""{ "subnet": "127.0.0.0/8" }""", "subnet", "127.0.0.0/8", "private")]
    [InlineData("""{ "subnet": "224.0.0.0/8" }""", "subnet", "224.0.0.0/8", "private")]
    [InlineData("""{ "gateway": "10.0.0.1" }""", "gateway", "10.0.0.1", "subnet 192.168.127.0/24")]
    [InlineData(
        """{ "gateway": "192.168.127.255" }""", "gateway", "192.168.127.255", "192.168.127.254")]
    [InlineData("""{ "gateway": "192.168.127.254" }""", "gateway", "192.168.127.254", "host alias")]
    [InlineData("""{ "gateway": "1" }""", "gateway", "1", "IPv4")]
    [InlineData(
        """{ "gatewayMac": "01:00:00:00:00:00" }""", "gatewayMac", "01:00:00:00:00:00", "unicast")]
    [InlineData(
        """{ "dns": { "records": { "a b": "10.0.0.1" } } }""", "dns.records.a b", "10.0.0.1",
        "domain name")]
    [InlineData(
        """{ "dns": { "records": { "a.*.b": "10.0.0.1" } } }""", "dns.records.a.*.b", "10.0.0.1",
        "domain name")]
    [InlineData(
        """{ "dns": { "records": { "a": "10.0.0" } } }""", "dns.records.a", "10.0.0", "IP address")]
    [InlineData("""{ "dhcp": { "leaseSeconds": 5 } }""", "dhcp.leaseSeconds", "5", "60")]
    [InlineData(
        """{ "dns": { "servers": ["10.1:53"] } }""", "dns.servers[0]", "10.1:53", "10.0.0.53")]
    [InlineData(
        """{ "dns": { "domains": { "corp.test": ["x"] } } }""", "dns.domains.corp.test[0]", "x",
        "10.0.0.53")]
    [InlineData(
        """{ "dns": { "domains": { "corp.test": [] } } }""", "dns.domains.corp.test", null,
        "1 to 3")]
    [InlineData("""{ "dns": { "cache": 100000 } }""", "dns.cache", "100000", "65536")]
    [InlineData(
        """{ "dhcp": { "first": "192.168.127.1" } }""", "dhcp.first", "192.168.127.1", "gateway")]
    [InlineData("""{ "dhcp": { "first": "10.0.0.1" } }""", "dhcp.first", "10.0.0.1", "subnet")]
    [InlineData(
        """{ "dhcp": { "ntp": ["pool.ntp.org"] } }""", "dhcp.ntp[0]", "pool.ntp.org", "IPv4")]
    [InlineData(
        """{ "dhcp": { "leases": [{ "mac": "x", "address": "192.168.127.9" }] } }""",
        "dhcp.leases[0].mac", "x", "52:54")]
    [InlineData(
        """{ "dhcp": { "leases": [{ "mac": "52:54:00:00:00:01","""
            + """ "address": "192.168.127.1" }] } }""",
        "dhcp.leases[0].address", "192.168.127.1", "gateway")]
    [InlineData(
        """{ "dhcp": { "leases": [{ "mac": "52:54:00:00:00:01", "address": "192.168.127.9" }, """
            + """{ "mac": "52:54:00:00:00:02", "address": "192.168.127.9" }] } }""",
        "dhcp.leases[1].address", "192.168.127.9", "52:54:00:00:00:01")]
    [InlineData("""{ "limits": { "tcpFlows": 0 } }""", "limits.tcpFlows", "0", "from 1")]
    [InlineData("""{ "logLevel": "loud" }""", "logLevel", "loud", "warning")]
    [InlineData("""{ "links": ["stream:/a", "dgram:/a"] }""", "links[1]", "dgram:/a", "links[0]")]
    [InlineData(
        """{ "publish": ["80:80", "0.0.0.0:80:81"] }""", "publish[1]", "0.0.0.0:80:81",
        "publish[0]")]
    [InlineData("""{ "publish": ["80:10.0.0.5:80"] }""", "publish[0]", "80:10.0.0.5:80", "subnet")]
    [InlineData(
        """{ "publish": ["80:192.168.127.1:80"] }""", "publish[0]", "80:192.168.127.1:80",
        "gateway")]
    public void Configuration_Wrong_NamesKeyValueAndRemedy(
        string json, string key, string? value, string remedy) =>
        AssertNamed(json, key, value, remedy);

    [Fact]
    public void CommandLine_Wrong_NamesOption()
    {
        Check("--mtu", new CommandLineSettings { Mtu = "70000" });
        Check("--mtu", new CommandLineSettings { Mtu = "big" });
        Check("--subnet", new CommandLineSettings { Subnet = "192.168.127.0" });
        Check("--publish", new CommandLineSettings { Publish = ["80"] });
        Check("--dns", new CommandLineSettings { Dns = ["name"] });
        Check("--link", new CommandLineSettings { Links = ["tap"] });
        Check("--log-level", new CommandLineSettings { LogLevel = "all" });
        Check("--ready-fd", new CommandLineSettings { ReadyFd = "-1" });

        static void Check(string key, CommandLineSettings commandLine) => Assert.Equal(
            key, Assert.Throws<ConfigurationException>(
                () => ConfigurationReader.Parse("{}", commandLine)).Key);
    }

    [Fact]
    public void Subnet_SmallestWithoutAlias_HasOneGuest()
    {
        EngineConfiguration configuration = ConfigurationReader.Parse(
            """{ "subnet": "10.0.0.0/30", "hostAlias": false }""");

        Assert.Equal("10.0.0.2", configuration.FirstGuest.ToString());
        Assert.Null(configuration.HostAlias);
    }

    [Fact]
    public void Key_ThatHidesWhereItEnds_IsRefusedAllTheSame() =>
        Assert.Throws<ConfigurationException>(
            () => ConfigurationReader.Parse("""{ "a'].b": 1 }"""));

    [Theory]
    [InlineData("]x")]
    [InlineData("['a")]
    [InlineData("a']b")]
    public void Key_LikeAPieceOfAPath_IsNamed(string name) => AssertNamed(
        $$"""{ "{{name}}": 1 }""", name, "1", "there is no such key");

    [Fact]
    public void File_Missing_NamesOptionAndPath()
    {
        string path = Path.Combine(Path.GetTempPath(), "slipway-absent", "slipway.json");

        ConfigurationException error = Assert.Throws<ConfigurationException>(
            () => ConfigurationReader.Load(path));

        Assert.Equal("--config", error.Key);
        Assert.Equal(path, error.Value);
    }

    [Fact]
    public void Limits_EveryBoundOfTheStack_HasItsKey()
    {
        string[] bounds =
            [.. typeof(StackLimits).GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(bound => bound.PropertyType == typeof(int)).Select(bound => bound.Name).Order()];
        LimitsDocument document = new();
        foreach (string bound in bounds)
        {
            typeof(LimitsDocument).GetProperty(bound)!.SetValue(document, Value(bound));
        }

        StackLimits limits = document.Resolve();

        Assert.All(bounds, bound => Assert.Equal(
            Value(bound), typeof(StackLimits).GetProperty(bound)!.GetValue(limits)));

        static int Value(string bound) =>
            bound.EndsWith("Bytes", StringComparison.Ordinal) ? 123_456
                : bound.EndsWith("Share", StringComparison.Ordinal) ? 12 : 1_234;
    }

    private static void AssertNamed(string json, string key, string? value, string remedy)
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(
            () => ConfigurationReader.Parse(json));

        Assert.Equal(key, error.Key);
        Assert.Contains(remedy, error.Remedy, StringComparison.Ordinal);
        if (value is not null)
        {
            Assert.Equal(value, error.Value);
            Assert.Contains(value, error.Message, StringComparison.Ordinal);
        }
    }
}
