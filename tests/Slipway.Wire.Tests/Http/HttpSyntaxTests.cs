using System.Text;

namespace Slipway.Wire.Tests.Http;

public class HttpSyntaxTests
{
    private static readonly byte[] s_head =
        "GET / HTTP/1.1\r\nHost: a\r\n\r\nbody\r\n\r\n"u8.ToArray();

    [Fact]
    public void HeadEnd_OfBytesThatDrip_IsWhereTheFirstEmptyLineIs()
    {
        int expected = Encoding.ASCII.GetString(s_head).IndexOf("body", StringComparison.Ordinal);
        for (int known = 0; known < s_head.Length; known++)
        {
            Assert.Equal(
                known < expected - 1 ? 0 : expected,
                HttpSyntax.FindHeadEnd(s_head.AsSpan(0, known + 1), Math.Min(known, expected - 1)));
        }
    }

    [Theory]
    [InlineData("\n", true)]
    [InlineData("a\nb", true)]
    [InlineData("a\rb", true)]
    [InlineData("a\0", true)]
    [InlineData("a\r\nb\r\n", false)]
    [InlineData("a\r", false)] // its LF may come
    public void BareLineEnd_IsFound_AlsoWhenTheRestWasLookedAt(string text, bool isBare)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        Assert.Equal(isBare, HttpSyntax.HasBareLineEnd(bytes));
        Assert.Equal(isBare, HttpSyntax.HasBareLineEnd(bytes, bytes.Length - 1)
            || HttpSyntax.HasBareLineEnd(bytes.AsSpan(0, bytes.Length - 1)));
    }

    [Theory]
    [InlineData("Content-Length", true)]
    [InlineData("x!#$%&'*+-.^_`|~9", true)]
    [InlineData("", false)]
    [InlineData("a b", false)]
    [InlineData("a:", false)]
    [InlineData("\u00e4", false)]
    public void Token_IsOfRfc9110(string text, bool isToken) =>
        Assert.Equal(isToken, HttpSyntax.IsToken(text));
}
