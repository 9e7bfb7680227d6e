namespace Slipway.Services.Tests.Proxy;

public sealed class PacScriptTests
{
    private const string Whole = """
        // A usual file of a company.
        var direct = ["intranet.test", "10.0.0.0"];
        function FindProxyForURL(url, host) {
            if (isPlainHostName(host) || dnsDomainIs(host, "." + direct[0])) return "DIRECT";
            if (isInNet(dnsResolve(host), direct[1], "255.0.0.0")) return "PROXY inner.test:3128";
            if (url.substring(0, 6) == "https:") return "HTTPS secure.test:3129; DIRECT";
            return "PROXY outer.test:3128; SOCKS5 socks.test:1080";
        }
        """;

    [Theory]
    [InlineData("http://test/", "DIRECT")]
    [InlineData("http://a.intranet.test/", "DIRECT")]
    [InlineData("http://www.corp.test/", "PROXY inner.test:3128")]
    [InlineData("https://shop.test/", "HTTPS secure.test:3129; DIRECT")]
    [InlineData("http://shop.test/", "PROXY outer.test:3128; SOCKS5 socks.test:1080")]
    public void Script_UsualFile_DecidesByHostAndUrl(string url, string expected) =>
        Assert.Equal(expected, PacHarness.Run(Whole, url));

    [Theory]
    [InlineData("while (true) { }")]
    [InlineData("try { while (true) { } } catch (e) { while (true) { } }")]
    [InlineData("[2, 1].sort(function () { while (true) { } })")]
    [InlineData("/^(a+)+$/.test('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab')")]
    [InlineData("var a = []; while (true) a.push('text' + a.length)")]
    [InlineData("var s = 'a'; while (true) s += s + s.length")]
    [InlineData("'a'.repeat(200000000)")]
    [InlineData("'abcdefghij'.repeat(20000000)")]
    [InlineData("'a'.padStart(200000000)")]
    [InlineData("'a'.padEnd(200000000)")]
    [InlineData("new Array(100000000).fill(1)")]
    [InlineData("new ArrayBuffer(1000000000)")]
    [InlineData("new Uint8Array(1000000000)")]
    [InlineData("Array(90000).join('b'.repeat(100000))")]
    [InlineData("var a = Array(50000).fill('b'.repeat(100000)); a.join('')")]
    [InlineData("var a = Array(50000).fill('b'.repeat(100000)); a + ''")]
    [InlineData("var a = Array(50000).fill('b'.repeat(100000)); ''.concat.apply('', a)")]
    [InlineData("var a = Array(50000).fill('b'.repeat(100000)); String.raw({ raw: a })")]
    [InlineData("JSON.stringify(Array(50000).fill('b'.repeat(100000)))")]
    [InlineData("'b'.repeat(1000000).replace(/b/g, 'c'.repeat(1000))")]
    [InlineData("'b'.repeat(100000).replace(/b/g, '$`$`')")]
    [InlineData("'b'.repeat(1000000).replaceAll('b', 'c'.repeat(1000))")]
    [InlineData("RegExp.prototype[Symbol.replace].call(/b/g, 'b', 'c')")]
    [InlineData("var o = { toString: function () { return '' + this; } }; '' + o")]
    [InlineData("var a = []; for (var i = 0; i < 50000; i++) a = [a]; String(a)")]
    [InlineData("var a = []; for (var i = 0; i < 50000; i++) a = [a]; a.flat(Infinity)")]
    [InlineData("function* g() { yield* g(); } for (var x of g()) { }")]
    [InlineData("var o = { valueOf: function () { return o - 1; } }; o - 1")]
    [InlineData("(function f() { f(); })()")]
    [InlineData("eval('1')")]
    [InlineData("new Function('return 1')()")]
    [InlineData("System.IO.File.ReadAllText('/etc/passwd')")]
    [InlineData("importNamespace('System')")]
    [InlineData("nothing.like.this")]
    public void Script_OverALimitOrOutOfTheSandbox_Fails(string statement) =>
        Assert.Throws<PacException>(() => PacHarness.Run(
            $"function FindProxyForURL(url, host) {{ {statement}; return 'DIRECT'; }}"));

    [Theory]
    [InlineData("[1, [2, 3], null, 'x'].join('-')", "1-2,3--x")]
    [InlineData("[1, 2] + ''", "1,2")]
    [InlineData("'a'.concat('b', 1)", "ab1")]
    [InlineData("'a.b.c'.replace(/\\./g, '-')", "a-b-c")]
    [InlineData("'ab'.replace(/(a)(b)/, '$2$1')", "ba")]
    [InlineData("'ab'.replace('a', function (x) { return x + x; })", "aab")]
    [InlineData("'ab'.repeat(2).padEnd(6, '.')", "abab..")]
    [InlineData("'a,b;c'.split(/[,;]/).length", "3")]
    [InlineData("JSON.parse('{\"a\":7}').a", "7")]
    public void Script_OrdinaryTexts_AreMadeAsEver(string expression, string expected) =>
        Assert.Equal(expected, PacHarness.Value(expression));

    [Theory]
    [InlineData("function (", "is not JavaScript")]
    [InlineData("{ \"http\": 1 }", "is not JavaScript")]
    public void Script_NotAProgram_IsRefusedAtOnce(string text, string expected) =>
        Assert.Contains(
            expected,
            Assert.Throws<PacException>(() => new PacScript(text, TimeProvider.System)).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("var x = 1;")]
    [InlineData("function FindProxyForURL() { return 7; }")]
    [InlineData("while (true) { }")]
    public void Script_WithoutItsFunctionOrText_Fails(string text) =>
        Assert.Throws<PacException>(() => PacHarness.Run(text));

    [Fact]
    public void Script_GlobalsOfOneRun_AreGoneInTheNext()
    {
        PacScript script = new(
            "var n = 0; function FindProxyForURL() { return 'PROXY a.test:' + (++n); }",
            TimeProvider.System);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("PROXY a.test:1", script.Evaluate("http://x.test/", "x.test", _ => []));
        }
    }

    [Fact]
    public void Script_NullReturned_IsDirect() =>
        Assert.Equal("", PacHarness.Run("function FindProxyForURL() { return null; }"));
}
