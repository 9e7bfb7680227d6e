using CsCheck;

namespace Slipway.Wire.Tests;

public class Ipv6AddressTests
{
    [Fact]
    public void Ipv6Multicast_KnownGroups_AreThoseOfTheRfcs()
    {
        Assert.Equal(IpAddress.Parse("ff02::1"), Ipv6Multicast.AllNodes);
        Assert.Equal(IpAddress.Parse("ff02::2"), Ipv6Multicast.AllRouters);
        Assert.Equal(IpAddress.Parse("ff02::16"), Ipv6Multicast.AllMldv2Routers);
        Assert.Equal(IpAddress.Parse("ff02::1:2"), Ipv6Multicast.AllDhcpAgents);
    }

    // The example of RFC 4291 section 2.7.1.
    [Fact]
    public void SolicitedNode_ExampleOfTheRfc_IsItsGroup() =>
        Assert.Equal(
            IpAddress.Parse("ff02::1:ff0e:8c6c"),
            Ipv6Multicast.SolicitedNode(IpAddress.Parse("4037::01:800:200e:8c6c")));

    [Theory]
    [InlineData("ff02::1", "33:33:00:00:00:01")]
    [InlineData("ff02::1:ff0e:8c6c", "33:33:ff:0e:8c:6c")]
    [InlineData("ff0e::dead:beef", "33:33:de:ad:be:ef")]
    public void ToMac_Group_HasItsLastFourBytes(string group, string expected) =>
        Assert.Equal(expected, Ipv6Multicast.ToMac(IpAddress.Parse(group)).ToString());

    // The example of RFC 4291 appendix A, with numbers for c, m and the zeros.
    [Theory]
    [InlineData("34:56:78:9a:bc:de", "fe80::3656:78ff:fe9a:bcde")]
    [InlineData("5a:94:ef:e4:0c:dd", "fe80::5894:efff:fee4:cdd")]
    [InlineData("00:00:00:00:00:00", "fe80::200:ff:fe00:0")]
    public void LinkLocal_Mac_IsItsModifiedEui64(string mac, string expected)
    {
        Assert.True(MacAddress.TryParse(mac, out MacAddress address));
        Assert.Equal(expected, IpAddress.LinkLocal(address).ToString());
        Assert.Equal(IpAddress.LinkLocal(address).Low, address.InterfaceIdentifier);
    }

    [Theory]
    [InlineData("fe80::1", true)]
    [InlineData("febf:ffff::1", true)]
    [InlineData("fe7f::1", false)]
    [InlineData("fec0::1", false)]
    [InlineData("ff02::1", false)]
    [InlineData("169.254.0.0", true)]
    [InlineData("169.254.255.255", true)]
    [InlineData("169.253.255.255", false)]
    [InlineData("169.255.0.0", false)]
    public void IsLinkLocal_EitherFamily_IsKnown(string text, bool expected) =>
        Assert.Equal(expected, IpAddress.Parse(text).IsLinkLocal);

    [Fact]
    public void IpAddress_IPv6Constants_AreThoseOfTheText()
    {
        Assert.Equal(IpAddress.Parse("::"), IpAddress.IPv6Any);
        Assert.Equal(IpAddress.Parse("::1"), IpAddress.IPv6Loopback);
    }

    [Theory]
    [InlineData("fd5a:94ef:e40c:0:1:2:3:4", 64, "fd5a:94ef:e40c::/64")]
    [InlineData("2001:db8::ff", 121, "2001:db8::80/121")]
    [InlineData("2001:db8::ff", 128, "2001:db8::ff/128")]
    [InlineData("2001:db8::ff", 0, "::/0")]
    [InlineData("::ffff:192.0.2.1", 64, "::/64")]
    public void TryMakeIPv6_Address_IsMasked(string address, int length, string expected)
    {
        Assert.True(IpPrefix.TryMakeIPv6(IpAddress.Parse(address), length, out IpPrefix prefix));
        Assert.Equal(IpPrefix.Parse(expected), prefix);
    }

    [Theory]
    [InlineData("2001:db8::", 129)]
    [InlineData("::ffff:192.0.2.1", 96)]
    public void TryMakeIPv6_NoPrefixOfIPv6_IsRefused(string address, int length) =>
        Assert.False(IpPrefix.TryMakeIPv6(IpAddress.Parse(address), length, out _));

    [Fact]
    public void TryMakeIPv6_AnyAddress_IsContained() =>
        Gen.Select(WireGen.Neighbor, Gen.Int[0, 128]).Sample((address, length) =>
        {
            Assert.True(IpPrefix.TryMakeIPv6(address, length, out IpPrefix prefix));
            Assert.True(prefix.Contains(address));
        });
}
