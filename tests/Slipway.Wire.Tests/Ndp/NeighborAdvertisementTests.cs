using CsCheck;

namespace Slipway.Wire.Tests.Ndp;

public class NeighborAdvertisementTests
{
    private const NeighborFlags AllFlags =
        NeighborFlags.Router | NeighborFlags.Solicited | NeighborFlags.Override;

    [Fact]
    public void TryParse_WithTargetLinkLayer_ReadsAllFields()
    {
        Assert.Equal(ParseError.None, NeighborAdvertisement.TryParse(
            NdpBytes.Advertisement, out NeighborAdvertisement message));
        Assert.Equal(AllFlags, message.Flags);
        Assert.Equal(NdpBytes.Gateway, message.Target);
        Assert.Equal(NdpBytes.Mac, message.TargetLinkLayer);
        Assert.True(message.Options.TryRead(out NdpOption type, out _));
        Assert.Equal(NdpOption.TargetLinkLayerAddress, type);
    }

    [Theory]
    [InlineData(0x80, NeighborFlags.Router)]
    [InlineData(0x40, NeighborFlags.Solicited)]
    [InlineData(0x20, NeighborFlags.Override)]
    [InlineData(0x1f, NeighborFlags.None)]
    public void TryParse_Flags_AreTheHighestBits(byte bits, NeighborFlags expected)
    {
        byte[] bytes = NdpBytes.With(NdpBytes.Advertisement, 4, bits);
        Assert.Equal(ParseError.None,
            NeighborAdvertisement.TryParse(bytes, out NeighborAdvertisement message));
        Assert.Equal(expected, message.Flags);
    }

    [Theory]
    [InlineData(0, 135, ParseError.Field)]
    [InlineData(1, 1, ParseError.Field)]
    [InlineData(8, 0xff, ParseError.Field)]
    [InlineData(25, 0, ParseError.Option)]
    [InlineData(25, 2, ParseError.Option)]
    public void TryParse_ForbiddenField_NamesIt(int offset, byte value, ParseError expected) =>
        Assert.Equal(expected, NeighborAdvertisement.TryParse(
            NdpBytes.With(NdpBytes.Advertisement, offset, value), out _));

    [Fact]
    public void TryParse_AnyTruncation_IsAnErrorButBetweenOptions()
    {
        for (int length = 0; length < NdpBytes.Advertisement.Length; length++)
        {
            ParseError expected = length < 24 ? ParseError.Truncated
                : length == 24 ? ParseError.None : ParseError.Option;
            Assert.Equal(expected, NeighborAdvertisement.TryParse(
                NdpBytes.Advertisement.AsSpan(0, length), out _));
        }
    }

    [Fact]
    public void Write_FieldsOfTheMessage_GivesTheSameBytes()
    {
        byte[] bytes = [.. Enumerable.Repeat((byte)0xaa, NeighborAdvertisement.MaximumLengthBytes)];
        int length =
            NeighborAdvertisement.Write(bytes, AllFlags, NdpBytes.Gateway, NdpBytes.Mac);
        Assert.Equal(NdpBytes.Advertisement, bytes[..length]);
    }

    [Fact]
    public void Write_AnyFields_ParsesBack() =>
        Gen.Select(WireGen.Neighbor, WireGen.Mac, Gen.Bool, Gen.Int[0, 7]).Sample(
            (target, mac, hasMac, bits) =>
            {
                byte[] bytes = new byte[NeighborAdvertisement.MaximumLengthBytes];
                NeighborFlags flags = (NeighborFlags)(bits << 5);
                MacAddress? linkLayer = hasMac ? mac : null;
                int length = NeighborAdvertisement.Write(bytes, flags, target, linkLayer);
                Assert.Equal(ParseError.None, NeighborAdvertisement.TryParse(
                    bytes.AsSpan(0, length), out NeighborAdvertisement message));
                Assert.Equal(flags, message.Flags);
                Assert.Equal(target, message.Target);
                Assert.Equal(linkLayer, message.TargetLinkLayer);
            });
}
