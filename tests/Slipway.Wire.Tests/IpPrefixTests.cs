using CsCheck;

namespace Slipway.Wire.Tests;

public class IpPrefixTests
{
    [Theory]
    [InlineData("192.168.127.0/24", "192.168.127.0", "192.168.127.255")]
    [InlineData("0.0.0.0/0", "0.0.0.0", "255.255.255.255")]
    [InlineData("192.0.2.1/32", "192.0.2.1", "192.0.2.1")]
    [InlineData("fd5a:94ef:e40c::/64", "fd5a:94ef:e40c::", "fd5a:94ef:e40c:0:ffff:ffff:ffff:ffff")]
    [InlineData("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    [InlineData("2001:db8::/32", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff")]
    public void TryParse_GoodText_HasFirstAndLastAddress(string text, string first, string last)
    {
        Assert.True(IpPrefix.TryParse(text, out IpPrefix prefix));
        Assert.Equal(IpAddress.Parse(first), prefix.Network);
        Assert.Equal(IpAddress.Parse(last), prefix.Last);
        Assert.True(prefix.Contains(prefix.Network));
        Assert.True(prefix.Contains(prefix.Last));
        Assert.Equal(text, prefix.ToString());
    }

    [Theory]
    [InlineData("192.168.127.0")]
    [InlineData("192.168.127.1/24")]
    [InlineData("192.168.127.0/33")]
    [InlineData("192.168.127.0/-1")]
    [InlineData("192.168.127.0/")]
    [InlineData("/24")]
    [InlineData("::1/64")]
    [InlineData("::/129")]
    [InlineData("192.168.127.0/24/24")]
    public void TryParse_BadText_IsRefused(string text) =>
        Assert.False(IpPrefix.TryParse(text, out _));

    [Fact]
    public void Contains_AddressesAround_KnowsInsideFromOutside()
    {
        IpPrefix prefix = IpPrefix.Parse("192.168.127.0/24");
        Assert.True(prefix.Contains(IpAddress.Parse("192.168.127.254")));
        Assert.False(prefix.Contains(IpAddress.Parse("192.168.126.255")));
        Assert.False(prefix.Contains(IpAddress.Parse("192.168.128.0")));
        Assert.False(prefix.Contains(IpAddress.Parse("::1")));
        Assert.False(IpPrefix.Parse("0.0.0.0/0").Contains(IpAddress.Parse("2001:db8::1")));
    }

    [Theory]
    [InlineData("10.0.0.0/8", "10.1.0.0/16", true)]
    [InlineData("10.1.0.0/16", "10.0.0.0/8", true)]
    [InlineData("10.0.0.0/16", "10.1.0.0/16", false)]
    [InlineData("0.0.0.0/0", "192.0.2.1/32", true)]
    [InlineData("0.0.0.0/0", "fd00::/8", false)]
    public void Overlaps_EitherOrder_IsSymmetric(string one, string other, bool expected)
    {
        Assert.Equal(expected, IpPrefix.Parse(one).Overlaps(IpPrefix.Parse(other)));
        Assert.Equal(expected, IpPrefix.Parse(other).Overlaps(IpPrefix.Parse(one)));
    }

    [Theory]
    [InlineData("0.0.0.0/0", 0u)]
    [InlineData("10.0.0.0/8", 0xff000000u)]
    [InlineData("192.168.127.0/24", 0xffffff00u)]
    [InlineData("192.0.2.1/32", 0xffffffffu)]
    public void IPv4Mask_AnyLength_HasThatManyOnes(string text, uint expected) =>
        Assert.Equal(expected, IpPrefix.Parse(text).IPv4Mask);

    [Fact]
    public void At_Offset_CountsFromTheNetwork() =>
        Assert.Equal(
            IpAddress.Parse("192.168.127.254"), IpPrefix.Parse("192.168.127.0/24").At(254));

    [Fact]
    public void Contains_AnyAddressAndLength_AgreesWithItsBits() =>
        Gen.Select(WireGen.IPv4, WireGen.IPv4, Gen.Int[0, 32]).Sample((one, other, length) =>
        {
            uint mask = length == 0 ? 0 : uint.MaxValue << (32 - length);
            IpPrefix prefix = new(IpAddress.FromIPv4(one.IPv4 & mask), length);
            Assert.Equal((other.IPv4 & mask) == (one.IPv4 & mask), prefix.Contains(other));
            Assert.True(prefix.Contains(one));
            Assert.Equal(IpAddress.FromIPv4(one.IPv4 | ~mask), prefix.Last);
        });
}
