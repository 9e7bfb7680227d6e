using CsCheck;

namespace Slipway.Wire.Tests.Ndp;

public class NdpOptionTests
{
    private static readonly Gen<IpPrefix> Prefix = Gen.Select(WireGen.Neighbor, Gen.Int[0, 128])
        .Select(MakePrefix);

    [Fact]
    public void Add_NoRoom_LeavesTheOptionOutWhole()
    {
        byte[] bytes = new byte[31];
        NdpOptionWriter options = RouterAdvertisement.Write(bytes, 0, RouterFlags.None, 0, 0, 0);
        options.AddPrefix(default);
        options.AddMtu(1280);
        options.AddMtu(1281);
        Assert.Equal(24, options.LengthBytes);
        Assert.Equal(2, options.OmittedCount);
        Assert.Equal(0, bytes[24]);
    }

    [Fact]
    public void Add_EmptyLists_AddNothing()
    {
        NdpOptionWriter options =
            RouterAdvertisement.Write(new byte[100], 0, RouterFlags.None, 0, 0, 0);
        options.AddDnsServers(1, []);
        options.AddSearchList(1, []);
        options.AddLinkLayer(NdpOption.SourceLinkLayerAddress, null);
        Assert.Equal(16, options.LengthBytes);
        Assert.Equal(0, options.OmittedCount);
    }

    [Theory]
    [InlineData(127, 0)]
    [InlineData(128, 1)]
    public void AddDnsServers_MoreThanALengthCanSay_AreLeftOut(int count, int omitted)
    {
        NdpOptionWriter options =
            RouterAdvertisement.Write(new byte[4096], 0, RouterFlags.None, 0, 0, 0);
        options.AddDnsServers(1, new IpAddress[count]);
        Assert.Equal(omitted, options.OmittedCount);
    }

    [Fact]
    public void PrefixInformation_AnyFields_ReadsBack() =>
        Gen.Select(Prefix, Gen.Bool, Gen.Bool, Gen.UInt, Gen.UInt).Sample(
            (prefix, onLink, autonomous, valid, preferred) =>
            {
                PrefixInformation written = new(prefix, onLink, autonomous, valid, preferred);
                byte[] option = Written((ref options) => options.AddPrefix(written));
                Assert.Equal(
                    ParseError.None, PrefixInformation.TryRead(option, out var read));
                Assert.Equal(written, read);
            });

    [Fact]
    public void RouteInformation_AnyFields_ReadsBack() =>
        Gen.Select(Prefix, Gen.UInt).Sample((prefix, lifetime) =>
        {
            RouteInformation written = new(prefix, lifetime);
            byte[] option = Written((ref options) => options.AddRoute(written));
            Assert.Equal(written.LengthBytes, option.Length);
            Assert.Equal(ParseError.None, RouteInformation.TryRead(option, out var read));
            Assert.Equal(written, read);
        });

    [Theory]
    [InlineData(0, 8)]
    [InlineData(1, 16)]
    [InlineData(64, 16)]
    [InlineData(65, 24)]
    [InlineData(128, 24)]
    public void RouteInformation_Length_IsThatOfThePrefix(int length, int expected)
    {
        RouteInformation route = new(MakePrefix(NdpBytes.Gateway, length), 1);
        Assert.Equal(expected, route.LengthBytes);
    }

    [Theory]
    [InlineData(32, 5)]
    [InlineData(40, 4)]
    [InlineData(48, 3)]
    [InlineData(56, 2)]
    [InlineData(64, 1)]
    [InlineData(96, 0)]
    public void Nat64Prefix_AnyLength_HasItsCode(int length, int code)
    {
        Nat64Prefix written = new(MakePrefix(NdpBytes.Gateway, length), 65528);
        byte[] option = Written((ref options) => options.AddNat64Prefix(written));
        Assert.Equal(0xfff8 | code, (option[2] << 8) | option[3]);
        Assert.Equal(ParseError.None, Nat64Prefix.TryRead(option, out Nat64Prefix read));
        Assert.Equal(written, read);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 8)]
    [InlineData(8, 8)]
    [InlineData(9, 16)]
    [InlineData(65535, 65528)]
    public void Nat64Prefix_Lifetime_IsRoundedUpToEights(int seconds, int expected)
    {
        Nat64Prefix written = new(IpPrefix.Parse("64:ff9b::/96"), (ushort)seconds);
        byte[] option = Written((ref options) => options.AddNat64Prefix(written));
        Assert.Equal(ParseError.None, Nat64Prefix.TryRead(option, out Nat64Prefix read));
        Assert.Equal(expected, read.LifetimeSeconds);
    }

    [Theory]
    [InlineData(6)]
    [InlineData(7)]
    public void Nat64Prefix_CodeWithoutLength_IsField(byte code) =>
        Assert.Equal(ParseError.Field,
            Nat64Prefix.TryRead(
                NdpBytes.With(NdpBytes.RouterAdvertisement[^16..], 3, code), out _));

    [Fact]
    public void TryRead_PrefixLengthOver128_IsAnError()
    {
        byte[] prefix = [3, 4, 129, .. new byte[29]];
        Assert.Equal(ParseError.Field, PrefixInformation.TryRead(prefix, out _));
        byte[] route = [24, 4, 129, .. new byte[29]];
        Assert.Equal(ParseError.Field, RouteInformation.TryRead(route, out _));
    }

    [Fact]
    public void TryRead_MappedPrefix_IsField()
    {
        byte[] option = [3, 4, 96, .. new byte[23], 0xff, 0xff, 192, 0, 2, 1];
        Assert.Equal(ParseError.Field, PrefixInformation.TryRead(option, out _));
    }

    [Fact]
    public void TryRead_BitsBehindThePrefix_DoNotCount()
    {
        byte[] option = [.. NdpBytes.RouterAdvertisement[32..63], 1];
        Assert.Equal(ParseError.None, PrefixInformation.TryRead(option, out var read));
        Assert.Equal(IpPrefix.Parse("fd5a:94ef:e40c::/64"), read.Prefix);
    }

    [Fact]
    public void TryRead_AnyBytes_NeverThrows() =>
        Gen.Byte.Array[0, 40].Sample(option =>
        {
            PrefixInformation.TryRead(option, out _);
            RouteInformation.TryRead(option, out _);
            Nat64Prefix.TryRead(option, out _);
        });

    [Fact]
    public void TryParse_AnyBytesBehindAGoodHead_NeverThrowsAndReadsWhatItAccepted() =>
        Gen.Select(
            Gen.Int[133, 136], WireGen.Neighbor,
            Gen.OneOf(Gen.Byte, Gen.Byte[0, 3]).Array[0, 80]).Sample((type, target, rest) =>
            {
                byte[] message = [(byte)type, 0, 0, 0, 0, 0, 0, 0, .. new byte[16], .. rest];
                target.WriteIPv6(message.AsSpan(8));
                ReadAll(message);
                ReadAll(rest);
            });

    private static void ReadAll(ReadOnlySpan<byte> message)
    {
        if (NeighborSolicitation.TryParse(message, out var solicitation) == ParseError.None)
        {
            Assert.Equal(message.Length - 24, Drain(solicitation.Options));
        }

        if (NeighborAdvertisement.TryParse(message, out var advertisement) == ParseError.None)
        {
            Assert.Equal(message.Length - 24, Drain(advertisement.Options));
        }

        if (RouterSolicitation.TryParse(message, out var routerSolicitation) == ParseError.None)
        {
            Assert.Equal(message.Length - 8, Drain(routerSolicitation.Options));
        }

        if (RouterAdvertisement.TryParse(message, out var routerAdvertisement) == ParseError.None)
        {
            Assert.Equal(message.Length - 16, Drain(routerAdvertisement.Options));
        }
    }

    private static int Drain(NdpOptionReader options)
    {
        int lengthBytes = 0;
        while (options.TryRead(out _, out ReadOnlySpan<byte> option))
        {
            lengthBytes += option.Length;
        }

        return lengthBytes;
    }

    private delegate void Adding(ref NdpOptionWriter options);

    private static byte[] Written(Adding add)
    {
        byte[] bytes = new byte[100];
        NdpOptionWriter options = RouterAdvertisement.Write(bytes, 0, RouterFlags.None, 0, 0, 0);
        add(ref options);
        return bytes[16..options.LengthBytes];
    }

    private static IpPrefix MakePrefix(IpAddress address, int length)
    {
        Assert.True(IpPrefix.TryMakeIPv6(address, length, out IpPrefix prefix));
        return prefix;
    }
}
