using Slipway.Wire;

namespace Slipway.Services.Tests.Dns;

public sealed class DomainNameTests
{
    [Theory]
    [InlineData("www.example.com", "03777777076578616d706c6503636f6d00")]
    [InlineData("www.example.com.", "03777777076578616d706c6503636f6d00")]
    [InlineData(".", "00")]
    [InlineData("a", "016100")]
    [InlineData("a\\.b.c", "03612e62016300")]
    [InlineData("a\\032b", "0361206200")]
    public void TryParse_Text_IsWireForm(string text, string hex)
    {
        byte[] name = new byte[255];
        Assert.True(DomainName.TryParse(text, name, out int length));
        Assert.Equal(hex, Convert.ToHexStringLower(name, 0, length));
        Assert.Equal(
            text is "." ? "." : text.TrimEnd('.'), DomainName.Format(name.AsSpan(0, length)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData(".a")]
    [InlineData("a..b")]
    [InlineData("b\u00fccher.example")]
    [InlineData("a\\")]
    [InlineData("a\\999")]
    public void TryParse_NoName_IsRefused(string text) =>
        Assert.False(DomainName.TryParse(text, new byte[255], out _));

    [Fact]
    public void TryParse_Limits_Are63And255()
    {
        byte[] name = new byte[255];
        string label = new('a', 63);
        Assert.True(DomainName.TryParse(label, name, out _));
        Assert.False(DomainName.TryParse(label + "a", name, out _));
        string longest = $"{label}.{label}.{label}.{label[..61]}";
        Assert.True(DomainName.TryParse(longest, name, out int length));
        Assert.Equal(255, length);
        Assert.False(DomainName.TryParse(longest + "a", name, out _));
    }

    /// <summary>RFC 1035 section 4.1.4: F.ISI.ARPA, FOO.F.ISI.ARPA, ARPA and the root.</summary>
    [Theory]
    [InlineData(20, "F.ISI.ARPA", 32)]
    [InlineData(40, "FOO.F.ISI.ARPA", 46)]
    [InlineData(64, "ARPA", 66)]
    [InlineData(92, ".", 93)]
    public void TryRead_ExampleOfRfc1035_FollowsPointers(int offset, string expected, int next)
    {
        byte[] message = new byte[93];
        Convert.FromHexString("0146034953490441525041" + "00").CopyTo(message, 20);
        Convert.FromHexString("03464f4fc014").CopyTo(message, 40);
        Convert.FromHexString("c01a").CopyTo(message, 64);
        byte[] name = new byte[255];
        Assert.Equal(
            ParseError.None,
            DomainName.TryRead(message, offset, name, out int length, out int after));
        Assert.Equal(expected, DomainName.Format(name.AsSpan(0, length)));
        Assert.Equal(next, after);
    }

    [Theory]
    [InlineData("c000", 0)]
    [InlineData("0161c000", 0)]
    [InlineData("c002c000", 0)]
    [InlineData("c002c000", 2)]
    [InlineData("c0ff", 0)]
    [InlineData("4061", 0)]
    [InlineData("8061", 0)]
    public void TryRead_LoopsForwardPointersAndReservedLabels_AreRefused(string hex, int offset)
    {
        ParseError error = DomainName.TryRead(
            Convert.FromHexString(hex), offset, new byte[255], out _, out _);
        Assert.Equal(ParseError.Name, error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("03")]
    [InlineData("036161")]
    [InlineData("0161")]
    [InlineData("c0")]
    public void TryRead_CutName_IsTruncated(string hex) => Assert.Equal(
        ParseError.Truncated,
        DomainName.TryRead(Convert.FromHexString(hex), 0, new byte[255], out _, out _));

    [Fact]
    public void TryRead_PointersThatAddUpToMoreThan255Bytes_AreRefused()
    {
        // Each label of 63 points to the one before it: five of them are too long.
        byte[] message = new byte[400];
        int at = 0;
        int previous = -1;
        for (int i = 0; i < 5; i++)
        {
            int start = at;
            message[at] = 63;
            at += 64;
            if (previous < 0)
            {
                message[at++] = 0;
            }
            else
            {
                message[at++] = (byte)(0xc0 | (previous >> 8));
                message[at++] = (byte)previous;
            }

            previous = start;
        }

        Assert.Equal(
            ParseError.Name, DomainName.TryRead(message, previous, new byte[255], out _, out _));
    }

    [Fact]
    public void TryRead_RandomBytes_NeverThrowsAndNeverExceedsTheLimit()
    {
        Random random = new(5);
        byte[] name = new byte[255];
        for (int i = 0; i < 50_000; i++)
        {
            byte[] message = new byte[random.Next(1, 80)];
            random.NextBytes(message);
            for (int j = 0; j < message.Length; j += random.Next(1, 6))
            {
                message[j] = random.Next(3) == 0 ? (byte)0xc0 : (byte)random.Next(5);
            }

            ParseError error = DomainName.TryRead(
                message, random.Next(message.Length), name, out int length, out int next);
            if (error == ParseError.None)
            {
                Assert.InRange(length, 1, 255);
                Assert.InRange(next, 1, message.Length);
                Assert.Equal(0, name[length - 1]);
            }
        }
    }

    [Fact]
    public void Same_Case_DoesNotMatter()
    {
        byte[] upper = LocalNames.Encode("WWW.Example.COM");
        byte[] lower = LocalNames.Encode("www.example.com");
        Assert.True(DomainName.Same(upper, lower));
        Assert.Equal(
            DomainNameComparer.Instance.GetHashCode(upper),
            DomainNameComparer.Instance.GetHashCode(lower));
        Assert.False(DomainName.Same(upper, LocalNames.Encode("wwx.example.com")));
        Assert.True(DomainName.IsWithin(upper, LocalNames.Encode("example.com")));
        Assert.True(DomainName.IsWithin(upper, DomainName.Root));
        Assert.False(DomainName.IsWithin(
            LocalNames.Encode("badexample.com"), LocalNames.Encode("example.com")));
        Assert.False(
            DomainName.IsWithin(LocalNames.Encode("com"), LocalNames.Encode("example.com")));
    }

    [Fact]
    public void Writer_RepeatedLabels_NeverPointIntoTheNameItself()
    {
        byte[] message = new byte[32];
        DomainNameWriter writer = new(message);
        byte[] name = LocalNames.Encode("a.a.a");
        int length = writer.Write(name, 0);
        Assert.Equal(7, length);
        int second = writer.Write(LocalNames.Encode("b.A.a"), length);
        Assert.Equal(4, second);
        byte[] read = new byte[255];
        Assert.Equal(
            ParseError.None, DomainName.TryRead(message, length, read, out int full, out _));
        Assert.Equal("b.a.a", DomainName.Format(read.AsSpan(0, full)));
    }

    [Fact]
    public void Writer_NoRoom_WritesNothingThatCounts()
    {
        byte[] message = new byte[8];
        DomainNameWriter writer = new(message);
        Assert.Equal(-1, writer.Write(LocalNames.Encode("abc.defgh"), 0));
        Assert.Equal(5, writer.Write(LocalNames.Encode("abc"), 0));
        Assert.Equal(2, writer.Write(LocalNames.Encode("ABC"), 5));
        Assert.Equal(-1, writer.Write(LocalNames.Encode("abc"), 7));
    }
}
