using CsCheck;

namespace Slipway.Wire.Tests.Ndp;

public class NeighborSolicitationTests
{
    [Fact]
    public void TryParse_WithSourceLinkLayer_ReadsAllFields()
    {
        Assert.Equal(ParseError.None,
            NeighborSolicitation.TryParse(NdpBytes.Solicitation, out NeighborSolicitation message));
        Assert.Equal(NdpBytes.Gateway, message.Target);
        Assert.Equal(NdpBytes.Mac, message.SourceLinkLayer);
        NdpOptionReader options = message.Options;
        Assert.True(options.TryRead(out NdpOption type, out ReadOnlySpan<byte> option));
        Assert.Equal(NdpOption.SourceLinkLayerAddress, type);
        Assert.Equal(NdpBytes.SourceLinkLayer, option.ToArray());
        Assert.False(options.TryRead(out _, out _));
    }

    [Fact]
    public void TryParse_ProbeForDuplicates_HasNoLinkLayer()
    {
        ReadOnlySpan<byte> probe = NdpBytes.Solicitation.AsSpan(0, 24);
        Assert.Equal(ParseError.None,
            NeighborSolicitation.TryParse(probe, out NeighborSolicitation message));
        Assert.Null(message.SourceLinkLayer);
    }

    [Fact]
    public void TryParse_UnknownOptionAndTargetLinkLayer_ArePassedOver()
    {
        byte[] bytes =
        [
            .. NdpBytes.Solicitation[..24], .. NdpBytes.Unknown, .. NdpBytes.TargetLinkLayer,
            .. NdpBytes.SourceLinkLayer, 1, 1, 0, 0, 0, 0, 0, 1,
        ];
        Assert.Equal(ParseError.None,
            NeighborSolicitation.TryParse(bytes, out NeighborSolicitation message));
        Assert.Equal(NdpBytes.Mac, message.SourceLinkLayer);
    }

    [Theory]
    [InlineData(0, 136, ParseError.Field)]
    [InlineData(1, 1, ParseError.Field)]
    [InlineData(8, 0xff, ParseError.Field)]
    [InlineData(25, 0, ParseError.Option)]
    [InlineData(25, 2, ParseError.Option)]
    [InlineData(25, 255, ParseError.Option)]
    public void TryParse_ForbiddenField_NamesIt(int offset, byte value, ParseError expected) =>
        Assert.Equal(expected, NeighborSolicitation.TryParse(
            NdpBytes.With(NdpBytes.Solicitation, offset, value), out _));

    [Theory]
    [InlineData("::")]
    [InlineData("ff02::1")]
    [InlineData("::ffff:192.168.127.1")]
    public void TryParse_TargetThatNoNeighborHas_IsField(string target)
    {
        byte[] bytes = [.. NdpBytes.Solicitation];
        IpAddress.Parse(target).WriteIPv6(bytes.AsSpan(8));
        Assert.Equal(ParseError.Field, NeighborSolicitation.TryParse(bytes, out _));
    }

    [Fact]
    public void TryParse_LinkLayerOfAnotherLink_IsOption()
    {
        byte[] bytes = [.. NdpBytes.Solicitation[..24], 1, 2, .. new byte[14]];
        Assert.Equal(ParseError.Option, NeighborSolicitation.TryParse(bytes, out _));
    }

    [Fact]
    public void TryParse_AnyTruncation_IsAnErrorButBetweenOptions()
    {
        for (int length = 0; length < NdpBytes.Solicitation.Length; length++)
        {
            ParseError expected = length < 24 ? ParseError.Truncated
                : length == 24 ? ParseError.None : ParseError.Option;
            Assert.Equal(expected, NeighborSolicitation.TryParse(
                NdpBytes.Solicitation.AsSpan(0, length), out _));
        }
    }

    [Fact]
    public void Write_FieldsOfTheMessage_GivesTheSameBytes()
    {
        byte[] bytes = [.. Enumerable.Repeat((byte)0xaa, NeighborSolicitation.MaximumLengthBytes)];
        int length = NeighborSolicitation.Write(bytes, NdpBytes.Gateway, NdpBytes.Mac);
        Assert.Equal(NdpBytes.Solicitation, bytes[..length]);
    }

    [Fact]
    public void Write_NoLinkLayer_HasNoOption()
    {
        byte[] bytes = new byte[NeighborSolicitation.MinimumLengthBytes];
        Assert.Equal(24, NeighborSolicitation.Write(bytes, NdpBytes.Gateway, null));
        Assert.Equal(NdpBytes.Solicitation[..24], bytes);
    }

    [Fact]
    public void Write_AnyFields_ParsesBack() =>
        Gen.Select(WireGen.Neighbor, WireGen.Mac, Gen.Bool).Sample((target, mac, hasMac) =>
        {
            byte[] bytes = new byte[NeighborSolicitation.MaximumLengthBytes];
            MacAddress? linkLayer = hasMac ? mac : null;
            int length = NeighborSolicitation.Write(bytes, target, linkLayer);
            Assert.Equal(ParseError.None, NeighborSolicitation.TryParse(
                bytes.AsSpan(0, length), out NeighborSolicitation message));
            Assert.Equal(target, message.Target);
            Assert.Equal(linkLayer, message.SourceLinkLayer);
        });
}
