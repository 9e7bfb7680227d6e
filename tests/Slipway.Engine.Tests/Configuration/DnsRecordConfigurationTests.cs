using Slipway.Services;

namespace Slipway.Engine.Tests;

/// <summary>The forms of "dns.records" and "dns.zones", and what is wrong with others.</summary>
public sealed class DnsRecordConfigurationTests
{
    [Theory]
    [InlineData("\"192.0.2.1\"", "A 192.0.2.1")]
    [InlineData("[\"192.0.2.1\", \"2001:db8::1\"]", "A 192.0.2.1, AAAA 2001:db8::1")]
    [InlineData("{ \"address\": [\"192.0.2.1\"] }", "A 192.0.2.1")]
    [InlineData("{ \"cname\": \"www.test\" }", "CNAME www.test")]
    [InlineData("{ \"ptr\": \"www.test.\", \"ttl\": 5 }", "PTR www.test")]
    [InlineData("{ \"txt\": [\"a\", \"b c\"] }", "TXT \"a\", TXT \"b c\"")]
    [InlineData(
        """{ "mx": [{ "exchange": "mx.test" }, { "preference": 1, "exchange": "m.test" }] }""",
        "MX 10 mx.test, MX 1 m.test")]
    [InlineData(
        "{ \"srv\": [{ \"priority\": 1, \"weight\": 2, \"port\": 3, \"target\": \"s.test\" }] }",
        "SRV 1 2 3 s.test")]
    public void Record_OfEachForm_IsRead(string json, string expected)
    {
        IReadOnlyList<DnsNamedRecord> records = ConfigurationReader.Parse(
            $$"""{ "dns": { "records": { "_a.Test": {{json}} } } }""").DnsRecords;
        Assert.Equal(expected, string.Join(", ", records.Select(record => record.Data)));
        Assert.All(records, record => Assert.Equal("_a.test", record.Name));
    }

    [Fact]
    public void Zone_WithNamesPatternsAndADefault_IsRead()
    {
        DnsZone zone = Assert.Single(ConfigurationReader.Parse(
            """
            { "dns": { "zones": { "Apps.test": {
              "records": { "@": "192.0.2.1", "*.dev": { "cname": "www.example" } },
              "patterns": { "^db[0-9]$": ["192.0.2.2"] },
              "default": ["192.0.2.3"] } } } }
            """).DnsZones);
        Assert.Equal("apps.test", zone.Name);
        Assert.Equal(
            ["@  A 192.0.2.1", "*.dev  CNAME www.example", " ^db[0-9]$ A 192.0.2.2"],
            zone.Records.Select(record => $"{record.Name} {record.Pattern} {record.Data}"));
        Assert.Equal("192.0.2.3", Assert.Single(zone.DefaultAddresses).ToString());
    }

    [Theory]
    [InlineData("{ \"a\": 1 }", "dns.records.a", "address in double quotes")]
    [InlineData("{ \"a\": null }", "dns.records.a", "address in double quotes")]
    [InlineData("{ \"a\": [\"x\"] }", "dns.records.a[0]", "IP address")]
    [InlineData("{ \"a\": [1] }", "dns.records.a[0]", "text in double quotes")]
    [InlineData("{ \"a\": {} }", "dns.records.a", "has no record")]
    [InlineData("{ \"a\": { \"cnam\": \"x\" } }", "dns.records.a.cnam", "the keys here are")]
    [InlineData("{ \"a\": { \"mx\": [{}] } }", "dns.records.a.mx[0]", "exchange")]
    [InlineData(
        """{ "a": { "srv": [{ "port": 70000, "target": "b" }] } }""",
        "dns.records.a.srv[0].port", "65535")]
    [InlineData(
        "{ \"a\": { \"cname\": \"b\", \"txt\": [\"t\"] } }", "dns.records.a.cname", "nothing else")]
    [InlineData("{ \"a\": { \"ptr\": \"b\", \"ttl\": -1 } }", "dns.records.a.ttl", "604800")]
    [InlineData("""{ "a": "192.0.2.1", "A": "192.0.2.2" }""", "dns.records.A", "more than once")]
    public void Record_ThatIsWrong_IsNamed(string records, string key, string remedy) =>
        Refuses($$"""{ "dns": { "records": {{records}} } }""", key, remedy);

    [Theory]
    [InlineData("{ \"a b\": {} }", "dns.zones.a b", "domain name")]
    [InlineData(
        "{ \"z\": { \"patterns\": { \"([\": \"192.0.2.1\" } } }", "dns.zones.z.patterns.([",
        "regular expression")]
    [InlineData(
        "{ \"z\": { \"patterns\": { \"(?=a)\": \"192.0.2.1\" } } }", "dns.zones.z.patterns.(?=a)",
        "look-around")]
    [InlineData("{ \"z\": { \"default\": [\"x\"] } }", "dns.zones.z.default[0]", "IP address")]
    [InlineData(
        """{ "z": { "records": { "-": "192.0.2.1" } } }""", "dns.zones.z.records.-",
        "domain name")]
    public void Zone_ThatIsWrong_IsNamed(string zones, string key, string remedy) =>
        Refuses($$"""{ "dns": { "zones": {{zones}} } }""", key, remedy);

    [Theory]
    [InlineData("tls://10.0.0.53#a#b")]
    [InlineData("tls://dns.example")]
    [InlineData("tls://10.0.0.53:0")]
    [InlineData("https://10.0.0.53")]
    public void Server_ThatIsWrong_IsNamed(string server) =>
        Refuses($$"""{ "dns": { "servers": ["{{server}}"] } }""", "dns.servers[0]", "tls://");

    private static void Refuses(string json, string key, string remedy)
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(
            () => ConfigurationReader.Parse(json));
        Assert.StartsWith(key, error.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, error.Message, StringComparison.Ordinal);
    }
}
