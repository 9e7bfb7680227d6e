namespace Slipway.Services.Tests.Proxy;

public sealed class HostRulesTests
{
    [Theory]
    [InlineData("example.com", "example.com", 443, true)]
    [InlineData("example.com", "a.example.com", 443, true)]
    [InlineData("example.com", "a.b.example.com", 443, true)]
    [InlineData("example.com", "badexample.com", 443, false)]
    [InlineData("example.com", "example.com.test", 443, false)]
    [InlineData("example.com", "com", 443, false)]
    [InlineData(".example.com", "a.example.com", 443, true)]
    [InlineData(".example.com", "example.com", 443, true)]
    [InlineData(".example.com", "badexample.com", 443, false)]
    [InlineData("*.example.com", "a.example.com", 443, true)]
    [InlineData("*.example.com", "badexample.com", 443, false)]
    [InlineData("build.*.example.com", "build.west.example.com", 443, true)]
    [InlineData("build.*.example.com", "test.west.example.com", 443, false)]
    [InlineData("EXAMPLE.com", "A.Example.COM", 443, true)]
    [InlineData("example.com.", "a.example.com", 443, true)]
    [InlineData("example.com", "a.example.com.", 443, true)]
    [InlineData("example.com:8080", "a.example.com", 8080, true)]
    [InlineData("example.com:8080", "a.example.com", 443, false)]
    [InlineData("*", "anything.test", 1, true)]
    [InlineData("*", "10.0.0.1", 1, true)]
    [InlineData("*", "2001:db8::1", 1, true)]
    [InlineData("*:22", "anything.test", 22, true)]
    [InlineData("*:22", "anything.test", 23, false)]
    [InlineData("10.0.0.1", "10.0.0.1", 80, true)]
    [InlineData("10.0.0.1", "10.0.0.2", 80, false)]
    [InlineData("10.0.0.1", "x.10.0.0.1.test", 80, false)]
    [InlineData("10.0.0.1:8080", "10.0.0.1", 8080, true)]
    [InlineData("10.0.0.1:8080", "10.0.0.1", 80, false)]
    [InlineData("10.0.0.0/8", "10.255.1.2", 80, true)]
    [InlineData("10.0.0.0/8", "11.0.0.0", 80, false)]
    [InlineData("10.1.2.3/8", "10.9.9.9", 80, true)]
    [InlineData("192.168.4.0/22", "192.168.7.255", 80, true)]
    [InlineData("192.168.4.0/22", "192.168.8.0", 80, false)]
    [InlineData("0.0.0.0/0", "1.2.3.4", 80, true)]
    [InlineData("0.0.0.0/0", "2001:db8::1", 80, false)]
    [InlineData("0.0.0.0/0", "name.test", 80, false)]
    [InlineData("2001:db8::1", "2001:0db8:0::1", 80, true)]
    [InlineData("2001:db8::1", "[2001:db8::1]", 80, true)]
    [InlineData("[2001:db8::1]", "2001:db8::1", 80, true)]
    [InlineData("[2001:db8::1]:8080", "2001:db8::1", 8080, true)]
    [InlineData("[2001:db8::1]:8080", "2001:db8::1", 80, false)]
    [InlineData("2001:db8::/33", "2001:db8:7fff::1", 80, true)]
    [InlineData("2001:db8::/33", "2001:db8:8000::1", 80, false)]
    [InlineData("10.0.0.0/8", "::ffff:10.0.0.1", 80, true)]
    [InlineData("a.test, b.test;c.test\td.test", "x.c.test", 80, true)]
    [InlineData("", "a.test", 80, false)]
    [InlineData("localhost", "localhost", 80, true)]
    public void Matches_HostAndPort_AsTheListSays(
        string list, string host, int port, bool expected)
    {
        HostRules rules = HostRules.Parse(list, out IReadOnlyList<string> faults);
        Assert.Empty(faults);
        Assert.Equal(expected, rules.Matches(host, port));
    }

    [Theory]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("2001:db8::/129")]
    [InlineData("name.test/8")]
    [InlineData("a.test:0")]
    [InlineData("a.test:99999")]
    [InlineData("a..test")]
    [InlineData("http://a.test")]
    [InlineData("a.*x.test")]
    public void Parse_WrongItem_IsNamedAndTheRestCounts(string item)
    {
        HostRules rules = HostRules.Parse($"one.test,{item},two.test", out var faults);
        Assert.Equal([item], faults);
        Assert.True(rules.Matches("one.test", 1) && rules.Matches("two.test", 1));
    }

    [Fact]
    public void Parse_MoreRulesThanTheBound_LeavesTheRestOut()
    {
        string list = string.Join(',', Enumerable.Range(0, HostRules.MaxRules + 5)
            .Select(i => $"n{i}.test"));
        HostRules rules = HostRules.Parse(list, out IReadOnlyList<string> faults);
        Assert.Equal(HostRules.MaxRules, rules.Count);
        Assert.Equal(5, faults.Count);
    }
}
