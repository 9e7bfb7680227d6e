namespace Slipway.Wire.Tests.Ndp;

public class RouterAdvertisementTests
{
    private const int FixedLength = RouterAdvertisement.MinimumLengthBytes;

    [Fact]
    public void TryParse_WholeMessage_ReadsAllFields()
    {
        Assert.Equal(ParseError.None, RouterAdvertisement.TryParse(
            NdpBytes.RouterAdvertisement, out RouterAdvertisement message));
        Assert.Equal(64, message.HopLimit);
        Assert.Equal(RouterFlags.OtherConfiguration, message.Flags);
        Assert.Equal(1800, message.LifetimeSeconds);
        Assert.Equal(30_000u, message.ReachableTimeMs);
        Assert.Equal(1000u, message.RetransmitTimerMs);
        Assert.Equal(NdpBytes.Mac, message.SourceLinkLayer);
    }

    [Fact]
    public void Options_WholeMessage_ComeInOrder()
    {
        Assert.Equal(ParseError.None, RouterAdvertisement.TryParse(
            NdpBytes.RouterAdvertisement, out RouterAdvertisement message));
        List<NdpOption> types = [];
        NdpOptionReader options = message.Options;
        while (options.TryRead(out NdpOption type, out _))
        {
            types.Add(type);
        }

        Assert.Equal(
            [
                NdpOption.SourceLinkLayerAddress, NdpOption.Mtu, NdpOption.PrefixInformation,
                NdpOption.RouteInformation, NdpOption.RecursiveDnsServer, NdpOption.DnsSearchList,
                NdpOption.Nat64Prefix,
            ],
            types);
    }

    [Theory]
    [InlineData(0, 133, ParseError.Field)]
    [InlineData(1, 1, ParseError.Field)]
    [InlineData(17, 0, ParseError.Option)]
    [InlineData(17, 255, ParseError.Option)]
    [InlineData(25, 0, ParseError.Option)]
    public void TryParse_ForbiddenField_NamesIt(int offset, byte value, ParseError expected) =>
        Assert.Equal(expected, RouterAdvertisement.TryParse(
            NdpBytes.With(NdpBytes.RouterAdvertisement, offset, value), out _));

    [Fact]
    public void TryParse_AnyTruncation_IsAnErrorButBetweenOptions()
    {
        byte[] message = NdpBytes.RouterAdvertisement;
        for (int length = 0; length < message.Length; length++)
        {
            ParseError expected = length < FixedLength ? ParseError.Truncated
                : NdpBytes.IsBetweenOptions(message, FixedLength, length)
                    ? ParseError.None : ParseError.Option;
            Assert.Equal(
                expected, RouterAdvertisement.TryParse(message.AsSpan(0, length), out _));
        }
    }

    [Fact]
    public void Write_FieldsOfTheMessage_GivesTheSameBytes()
    {
        byte[] bytes = [.. Enumerable.Repeat((byte)0xaa, NdpBytes.RouterAdvertisement.Length)];
        NdpOptionWriter options = RouterAdvertisement.Write(
            bytes, 64, RouterFlags.OtherConfiguration, 1800, 30_000, 1000);
        Assert.Equal(FixedLength, options.LengthBytes);
        options.AddLinkLayer(NdpOption.SourceLinkLayerAddress, NdpBytes.Mac);
        options.AddMtu(1500);
        options.AddPrefix(new PrefixInformation(
            IpPrefix.Parse("fd5a:94ef:e40c::/64"), true, true, 3600, 1800));
        options.AddRoute(new RouteInformation(
            IpPrefix.Parse("2001:db8:1::/48"), PrefixInformation.Infinite));
        options.AddDnsServers(1800, [IpAddress.Parse("fd5a:94ef:e40c::1")]);
        options.AddSearchList(1800, "\u0007example\u0003com\0"u8);
        options.AddNat64Prefix(new Nat64Prefix(IpPrefix.Parse("64:ff9b::/96"), 1800));
        Assert.Equal(0, options.OmittedCount);
        Assert.Equal(NdpBytes.RouterAdvertisement, bytes[..options.LengthBytes]);
    }
}
