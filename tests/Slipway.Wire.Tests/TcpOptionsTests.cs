using CsCheck;

namespace Slipway.Wire.Tests;

public class TcpOptionsTests
{
    private static readonly byte[] CapturedSynOptions = CapturedFrames.TcpSyn[54..];
    private static readonly byte[] CapturedSackOptions =
        CapturedFrames.TcpSelectiveAcknowledgment[54..];

    [Fact]
    public void Default_Always_HoldsNoOption()
    {
        TcpOptions options = default;
        Assert.Equal(0, options.MaximumSegmentSize);
        Assert.Equal(-1, options.WindowScale);
        Assert.False(options.SackPermitted);
        Assert.False(options.HasTimestamps);
        Assert.Equal(0, options.SackBlockCount);
        Assert.Equal(0, options.LengthBytes);
        Assert.Equal(0, TcpOptions.Write([], options));
    }

    [Fact]
    public void TryParse_CapturedSyn_ReadsAllOptions()
    {
        Assert.Equal(ParseError.None,
            TcpOptions.TryParse(CapturedSynOptions, out TcpOptions options));
        Assert.Equal(1460, options.MaximumSegmentSize);
        Assert.Equal(10, options.WindowScale);
        Assert.True(options.SackPermitted);
        Assert.True(options.HasTimestamps);
        Assert.Equal(3604758292u, options.TimestampValue);
        Assert.Equal(0u, options.TimestampEchoReply);
        Assert.Equal(0, options.SackBlockCount);
    }

    [Fact]
    public void TryParse_CapturedSack_ReadsBlocksInOrder()
    {
        Assert.Equal(ParseError.None,
            TcpOptions.TryParse(CapturedSackOptions, out TcpOptions options));
        Assert.Equal(2, options.SackBlockCount);
        Assert.Equal(new SackBlock(131, 141), options.GetSackBlock(0));
        Assert.Equal(new SackBlock(111, 121), options.GetSackBlock(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => options.GetSackBlock(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => options.GetSackBlock(-1));
    }

    [Fact]
    public void Write_CapturedOptions_GivesTheSameBytes()
    {
        foreach (byte[] captured in new[] { CapturedSynOptions, CapturedSackOptions })
        {
            TcpOptions.TryParse(captured, out TcpOptions options);
            byte[] written = new byte[40];
            int length = TcpOptions.Write(written, options);
            Assert.Equal(captured, written[..length]);
        }
    }

    [Theory]
    [InlineData(-1, "01010402")]
    [InlineData(14, "01010402 0103030e")]
    public void Write_SackPermittedWithoutTimestamps_TakesAWordOfItsOwn(
        sbyte windowScale, string expected)
    {
        TcpOptions options = new() { SackPermitted = true, WindowScale = windowScale };
        byte[] written = new byte[options.LengthBytes];
        TcpOptions.Write(written, options);
        Assert.Equal(CapturedFrames.Hex(expected), written);
    }

    [Theory]
    [InlineData("0204")]
    [InlineData("020405")]
    [InlineData("02")]
    [InlineData("0200")]
    [InlineData("0201")]
    [InlineData("01fe00")]
    [InlineData("fd29")]
    [InlineData("080a000000010000")]
    public void TryParse_LengthThatLies_IsOption(string hex) =>
        Assert.Equal(ParseError.Option, TcpOptions.TryParse(CapturedFrames.Hex(hex), out _));

    [Fact]
    public void TryParse_GoodOptionBeforeBadLength_IsKept()
    {
        Assert.Equal(ParseError.Option,
            TcpOptions.TryParse([2, 4, 5, 0xb4, 3, 0], out TcpOptions options));
        Assert.Equal(1460, options.MaximumSegmentSize);
    }

    [Fact]
    public void TryParse_BehindTheEnd_NothingIsRead()
    {
        Assert.Equal(ParseError.None,
            TcpOptions.TryParse([1, 0, 2, 4, 5, 0xb4, 3, 0], out TcpOptions options));
        Assert.Equal(0, options.MaximumSegmentSize);
    }

    [Theory]
    [InlineData("0206 05b40000 0304 0700 0403 00 0809 00000000000000")]
    [InlineData("050a 00000001 00000002 0502 0506 00000009 fd04 abcd")]
    public void TryParse_KnownKindOfOtherLengthOrUnknownKind_IsSkipped(string hex)
    {
        Assert.Equal(ParseError.None,
            TcpOptions.TryParse(CapturedFrames.Hex(hex), out TcpOptions options));
        Assert.Equal(0, options.MaximumSegmentSize);
        Assert.Equal(-1, options.WindowScale);
        Assert.False(options.SackPermitted);
        Assert.False(options.HasTimestamps);
    }

    [Theory]
    [InlineData(14, 14)]
    [InlineData(15, 14)]
    [InlineData(255, 14)]
    public void TryParse_WindowScale_IsAtMostFourteen(byte shift, sbyte expected)
    {
        Assert.Equal(ParseError.None, TcpOptions.TryParse([3, 3, shift], out TcpOptions options));
        Assert.Equal(expected, options.WindowScale);
    }

    [Fact]
    public void AddSackBlock_FifthBlock_IsRefused()
    {
        TcpOptions options = default;
        for (uint i = 0; i < TcpOptions.MaximumSackBlocks; i++)
        {
            Assert.True(options.AddSackBlock(new SackBlock(i, i + 1)));
        }

        Assert.False(options.AddSackBlock(new SackBlock(9, 10)));
        Assert.Equal(36, options.LengthBytes);
    }

    [Fact]
    public void Write_FourBlocksBesideTimestamps_KeepsThree()
    {
        TcpOptions options = new() { HasTimestamps = true };
        for (uint i = 0; i < TcpOptions.MaximumSackBlocks; i++)
        {
            options.AddSackBlock(new SackBlock(i, i + 1));
        }

        byte[] written = new byte[40];
        Assert.Equal(40, TcpOptions.Write(written, options));
        Assert.Equal(ParseError.None, TcpOptions.TryParse(written, out TcpOptions parsed));
        Assert.Equal(3, parsed.SackBlockCount);
    }

    [Fact]
    public void Write_AnyOptions_ParsesBack() =>
        WireGen.TcpOptions.Sample(options =>
        {
            byte[] written = new byte[TcpOptions.MaximumLengthBytes];
            int length = TcpOptions.Write(written, options);
            Assert.Equal(options.LengthBytes, length);
            Assert.Equal(0, length % 4);
            Assert.Equal(ParseError.None,
                TcpOptions.TryParse(written.AsSpan(0, length), out TcpOptions parsed));
            Assert.Equal(options.MaximumSegmentSize, parsed.MaximumSegmentSize);
            Assert.Equal(options.WindowScale, parsed.WindowScale);
            Assert.Equal(options.SackPermitted, parsed.SackPermitted);
            Assert.Equal(options.HasTimestamps, parsed.HasTimestamps);
            Assert.Equal(options.TimestampValue, parsed.TimestampValue);
            Assert.Equal(options.TimestampEchoReply, parsed.TimestampEchoReply);
            for (int i = 0; i < parsed.SackBlockCount; i++)
            {
                Assert.Equal(options.GetSackBlock(i), parsed.GetSackBlock(i));
            }
        });

    [Fact]
    public void TryParse_AnyBytes_EndsAndNeverThrows() =>
        Gen.Byte.Array[0, 44].Sample(bytes =>
        {
            ParseError error = TcpOptions.TryParse(bytes, out TcpOptions options);
            Assert.True(error is ParseError.None or ParseError.Option);
            Assert.InRange(options.SackBlockCount, 0, TcpOptions.MaximumSackBlocks);
            Assert.InRange(options.WindowScale, -1, TcpOptions.MaximumWindowScale);
        });
}
