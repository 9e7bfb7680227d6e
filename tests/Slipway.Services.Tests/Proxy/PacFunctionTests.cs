namespace Slipway.Services.Tests.Proxy;

public sealed class PacFunctionTests
{
    [Theory]
    [InlineData("isPlainHostName('www')", "true")]
    [InlineData("isPlainHostName('www.corp.test')", "false")]
    [InlineData("isPlainHostName('::1')", "false")]
    [InlineData("dnsDomainIs('www.corp.test', '.corp.test')", "true")]
    [InlineData("dnsDomainIs('WWW.Corp.test', '.corp.test')", "true")]
    [InlineData("dnsDomainIs('www', '.corp.test')", "false")]
    [InlineData("dnsDomainIs('www.other.test', '.corp.test')", "false")]
    [InlineData("localHostOrDomainIs('www.corp.test', 'www.corp.test')", "true")]
    [InlineData("localHostOrDomainIs('www', 'www.corp.test')", "true")]
    [InlineData("localHostOrDomainIs('ww', 'www.corp.test')", "false")]
    [InlineData("localHostOrDomainIs('www.other.test', 'www.corp.test')", "false")]
    [InlineData("dnsDomainLevels('www')", "0")]
    [InlineData("dnsDomainLevels('www.corp.test')", "2")]
    [InlineData("isResolvable('www.corp.test')", "true")]
    [InlineData("isResolvable('gone.test')", "false")]
    [InlineData("isResolvable('six.test')", "false")]
    [InlineData("isResolvableEx('six.test')", "true")]
    [InlineData("isResolvable('a b')", "false")]
    [InlineData("dnsResolve('www.corp.test')", "10.1.2.3")]
    [InlineData("dnsResolve('dual.test')", "192.0.2.5")]
    [InlineData("dnsResolve('gone.test')", "null")]
    [InlineData("dnsResolve('10.9.9.9')", "10.9.9.9")]
    [InlineData("dnsResolveEx('dual.test')", "2001:db8::5;192.0.2.5")]
    [InlineData("dnsResolveEx('gone.test')", "")]
    [InlineData("isInNet('www.corp.test', '10.1.2.3', '255.255.255.255')", "true")]
    [InlineData("isInNet('10.1.9.9', '10.1.0.0', '255.255.0.0')", "true")]
    [InlineData("isInNet('10.2.9.9', '10.1.0.0', '255.255.0.0')", "false")]
    [InlineData("isInNet('gone.test', '0.0.0.0', '0.0.0.0')", "false")]
    [InlineData("isInNet('www.corp.test', 'nonsense', '255.0.0.0')", "false")]
    [InlineData("isInNetEx('dual.test', '2001:db8::/32')", "true")]
    [InlineData("isInNetEx('www.corp.test', '10.0.0.0/8')", "true")]
    [InlineData("isInNetEx('www.corp.test', '2001:db8::/32')", "false")]
    [InlineData("sortIpAddressList('10.2.3.9;2001:db8::2;10.2.3.1;2001:db8::1')",
        "2001:db8::1;2001:db8::2;10.2.3.1;10.2.3.9")]
    [InlineData("sortIpAddressList('10.2.3.9;nonsense')", "")]
    [InlineData("shExpMatch('http://a.test/x/y', '*/x/*')", "true")]
    [InlineData("shExpMatch('a.test', '*.test')", "true")]
    [InlineData("shExpMatch('atest', '*.test')", "false")]
    [InlineData("shExpMatch('abc', 'a?c')", "true")]
    [InlineData("shExpMatch('ac', 'a?c')", "false")]
    [InlineData("shExpMatch('a+b(c', 'a+b(c')", "true")]
    [InlineData("shExpMatch('aaab', '*a*b')", "true")]
    [InlineData("shExpMatch('', '*')", "true")]
    [InlineData("shExpMatch('x', '')", "false")]
    [InlineData("/^\\d+\\.\\d+\\.\\d+\\.\\d+$/.test(myIpAddress())", "true")]
    [InlineData("myIpAddressEx().split(';').length >= 1", "true")]
    [InlineData("getClientVersion()", "1.0")]
    [InlineData("alert('hello')", "undefined")]
    public void Function_Arguments_GiveWhatBrowsersGive(string expression, string expected) =>
        Assert.Equal(expected, PacHarness.Value(expression));

    // The time is Thursday, 1 January 2026, 13:30:15 UTC.
    [Theory]
    [InlineData("weekdayRange('THU')", true)]
    [InlineData("weekdayRange('FRI')", false)]
    [InlineData("weekdayRange('MON', 'FRI')", true)]
    [InlineData("weekdayRange('mon', 'wed')", false)]
    [InlineData("weekdayRange('WED', 'MON')", true)]
    [InlineData("weekdayRange('FRI', 'MON', 'GMT')", false)]
    [InlineData("weekdayRange('THURSDAY')", false)]
    [InlineData("dateRange(1)", true)]
    [InlineData("dateRange(2)", false)]
    [InlineData("dateRange(1, 15)", true)]
    [InlineData("dateRange(2, 31)", false)]
    [InlineData("dateRange('JAN')", true)]
    [InlineData("dateRange('jan', 'mar')", true)]
    [InlineData("dateRange('NOV', 'FEB')", true)]
    [InlineData("dateRange('FEB', 'MAR')", false)]
    [InlineData("dateRange(2026)", true)]
    [InlineData("dateRange(2024, 2025)", false)]
    [InlineData("dateRange(24, 'DEC', 6, 'JAN')", true)]
    [InlineData("dateRange(2, 'JAN', 6, 'JAN')", false)]
    [InlineData("dateRange('DEC', 2025, 'JAN', 2026)", true)]
    [InlineData("dateRange('FEB', 2026, 'MAR', 2026)", false)]
    [InlineData("dateRange(1, 'JUN', 2025, 1, 'JAN', 2026, 'GMT')", true)]
    [InlineData("dateRange(1, 'JUN', 2025, 31, 'DEC', 2025)", false)]
    [InlineData("dateRange('SMARCH')", false)]
    [InlineData("dateRange()", false)]
    [InlineData("timeRange(13)", true)]
    [InlineData("timeRange(12)", false)]
    [InlineData("timeRange(9, 17)", true)]
    [InlineData("timeRange(14, 17)", false)]
    [InlineData("timeRange(22, 14)", true)]
    [InlineData("timeRange(13, 0, 13, 30)", true)]
    [InlineData("timeRange(13, 31, 14, 0)", false)]
    [InlineData("timeRange(13, 30, 15, 13, 30, 15, 'GMT')", true)]
    [InlineData("timeRange(13, 30, 16, 14, 0, 0)", false)]
    [InlineData("timeRange(13, 30, 16)", false)]
    [InlineData("timeRange('soon')", false)]
    public void Range_MomentInIt_IsTrue(string expression, bool expected)
    {
        ManualTime time = new();
        time.Advance(new TimeSpan(13, 30, 15));
        Assert.Equal(expected ? "true" : "false", PacHarness.Value(expression, time));
    }

    [Theory]
    [InlineData("timeRange(2)", "true")]
    [InlineData("timeRange(14, 'GMT')", "true")]
    [InlineData("weekdayRange('FRI')", "true")]
    [InlineData("weekdayRange('THU', 'GMT')", "true")]
    [InlineData("dateRange(2, 'JAN', 2, 'JAN')", "true")]
    [InlineData("dateRange(1, 1, 'GMT')", "true")]
    public void Range_OtherZone_CountsLocallyUnlessGmtIsNamed(string expression, string expected)
    {
        ManualTime time = new()
        {
            Zone = TimeZoneInfo.CreateCustomTimeZone("east", TimeSpan.FromHours(12), "", ""),
        };
        time.Advance(TimeSpan.FromHours(14));
        Assert.Equal(expected, PacHarness.Value(expression, time));
    }

    [Theory]
    [InlineData("PROXY a.test:1; HTTPS b.test:2; SOCKS5 c.test:3; SOCKS d.test; DIRECT",
        "http://a.test:1 https://b.test:2 socks5://c.test:3 socks5://d.test:1080 direct")]
    [InlineData("  proxy   A.test:8080 ;; direct;", "http://a.test:8080 direct")]
    [InlineData("PROXY [2001:db8::1]:3128", "http://[2001:db8::1]:3128")]
    [InlineData("QUIC q.test:1; PROXY a.test:1", "http://a.test:1")]
    [InlineData("", "direct")]
    public void Result_Text_IsRead(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', PacResult.Parse(text)));

    [Theory]
    [InlineData("nonsense")]
    [InlineData("PROXY")]
    [InlineData("PROXY a.test:0")]
    [InlineData("SOCKS4 a.test:1")]
    public void Result_NothingThatIsKnown_IsAFailure(string text) =>
        Assert.Throws<PacException>(() => PacResult.Parse(text));
}
