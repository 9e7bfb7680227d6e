namespace Slipway.Wire.Tests.Ndp;

public class RouterSolicitationTests
{
    [Fact]
    public void TryParse_WithSourceLinkLayer_ReadsIt()
    {
        Assert.Equal(ParseError.None, RouterSolicitation.TryParse(
            NdpBytes.RouterSolicitation, out RouterSolicitation message));
        Assert.Equal(NdpBytes.Mac, message.SourceLinkLayer);
        Assert.True(message.Options.TryRead(out NdpOption type, out _));
        Assert.Equal(NdpOption.SourceLinkLayerAddress, type);
    }

    [Theory]
    [InlineData(0, 134, ParseError.Field)]
    [InlineData(1, 1, ParseError.Field)]
    [InlineData(9, 0, ParseError.Option)]
    [InlineData(9, 2, ParseError.Option)]
    public void TryParse_ForbiddenField_NamesIt(int offset, byte value, ParseError expected) =>
        Assert.Equal(expected, RouterSolicitation.TryParse(
            NdpBytes.With(NdpBytes.RouterSolicitation, offset, value), out _));

    [Fact]
    public void TryParse_AnyTruncation_IsAnErrorButBetweenOptions()
    {
        for (int length = 0; length < NdpBytes.RouterSolicitation.Length; length++)
        {
            ParseError expected = length < 8 ? ParseError.Truncated
                : length == 8 ? ParseError.None : ParseError.Option;
            Assert.Equal(expected, RouterSolicitation.TryParse(
                NdpBytes.RouterSolicitation.AsSpan(0, length), out RouterSolicitation message));
            Assert.Null(message.SourceLinkLayer);
        }
    }

    [Fact]
    public void Write_WithAndWithoutLinkLayer_GivesTheSameBytes()
    {
        byte[] bytes = [.. Enumerable.Repeat((byte)0xaa, RouterSolicitation.MaximumLengthBytes)];
        Assert.Equal(8, RouterSolicitation.Write(bytes, null));
        Assert.Equal(NdpBytes.RouterSolicitation[..8], bytes[..8]);
        Assert.Equal(16, RouterSolicitation.Write(bytes, NdpBytes.Mac));
        Assert.Equal(NdpBytes.RouterSolicitation, bytes);
    }
}
