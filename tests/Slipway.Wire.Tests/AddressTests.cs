using System.Net;
using CsCheck;

namespace Slipway.Wire.Tests;

public class AddressTests
{
    [Theory]
    [InlineData("5a:94:ef:e4:0c:dd", 0x5a94efe40cdd)]
    [InlineData("5A-94-EF-E4-0C-DD", 0x5a94efe40cdd)]
    [InlineData("ff:ff:ff:ff:ff:ff", 0xffffffffffff)]
    public void MacTryParse_SixPairs_AreRead(string text, ulong expected)
    {
        Assert.True(MacAddress.TryParse(text, out MacAddress address));
        Assert.Equal(expected, address.Value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5a:94:ef:e4:0c")]
    [InlineData("5a:94:ef:e4:0c:dd:00")]
    [InlineData("5a:94:ef:e4:0c:dg")]
    [InlineData("5a:94:ef:e4:0c: d")]
    [InlineData("5a.94.ef.e4.0c.dd")]
    public void MacTryParse_AnythingElse_IsRefused(string text) =>
        Assert.False(MacAddress.TryParse(text, out _));

    [Fact]
    public void MacToString_AnyAddress_ParsesBack() =>
        WireGen.Mac.Sample(address =>
        {
            Assert.True(MacAddress.TryParse(address.ToString(), out MacAddress parsed));
            Assert.Equal(address, parsed);
        });

    [Theory]
    [InlineData("01:00:5e:00:00:fb", true)]
    [InlineData("ff:ff:ff:ff:ff:ff", true)]
    [InlineData("02:00:00:00:00:01", false)]
    public void MacIsMulticast_GroupBit_Decides(string text, bool expected)
    {
        Assert.True(MacAddress.TryParse(text, out MacAddress address));
        Assert.Equal(expected, address.IsMulticast);
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1")]
    [InlineData("2001:DB8::1", "2001:db8::1")]
    [InlineData("::", "::")]
    public void IpTryParse_UsualForms_AreRead(string text, string expected)
    {
        Assert.True(IpAddress.TryParse(text, out IpAddress address));
        Assert.Equal(expected, address.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.4.5")]
    [InlineData("1.2.3.256")]
    [InlineData("1.2.3.")]
    [InlineData("01.2.3.4")]
    [InlineData("0x7f.0.0.1")]
    [InlineData(" 1.2.3.4")]
    [InlineData("1.2.3.4 ")]
    [InlineData("fe80::1%eth0")]
    [InlineData("[::1]")]
    [InlineData("[::1]:80")]
    [InlineData("1::2::3")]
    [InlineData("host.internal")]
    public void IpTryParse_AnythingElse_IsRefused(string text) =>
        Assert.False(IpAddress.TryParse(text, out _));

    [Fact]
    public void IpAddress_AnyOfEitherFamily_SurvivesTextWireAndConversion() =>
        Gen.OneOf(WireGen.IPv4, WireGen.IPv6).Sample(address =>
        {
            byte[] wire = new byte[16];
            address.WriteIPv6(wire);
            Assert.Equal(address, IpAddress.ReadIPv6(wire));
            Assert.Equal(address, IpAddress.Parse(address.ToString()));
            Assert.Equal(address, IpAddress.From(address.ToIPAddress()));
        });

    [Theory]
    [InlineData("127.0.0.1", true, false, false)]
    [InlineData("127.255.255.254", true, false, false)]
    [InlineData("::1", true, false, false)]
    [InlineData("0.0.0.0", false, true, false)]
    [InlineData("::", false, true, false)]
    [InlineData("224.0.0.251", false, false, true)]
    [InlineData("239.255.255.255", false, false, true)]
    [InlineData("ff02::1", false, false, true)]
    [InlineData("240.0.0.1", false, false, false)]
    [InlineData("8.8.8.8", false, false, false)]
    public void IpAddress_Kind_IsKnown(string text, bool loopback, bool unspecified, bool multicast)
    {
        IpAddress address = IpAddress.Parse(text);
        Assert.Equal(loopback, address.IsLoopback);
        Assert.Equal(unspecified, address.IsUnspecified);
        Assert.Equal(multicast, address.IsMulticast);
    }

    [Fact]
    public void IpFrom_MappedAddressOfTheRuntime_IsIPv4() =>
        Assert.True(IpAddress.From(IPAddress.Parse("192.0.2.1").MapToIPv6()).IsIPv4);

    [Theory]
    [InlineData("192.0.2.1:80", "192.0.2.1", 80)]
    [InlineData("0.0.0.0:0", "0.0.0.0", 0)]
    [InlineData("[2001:db8::1]:65535", "2001:db8::1", 65535)]
    public void EndpointTryParse_AddressAndPort_AreRead(string text, string address, ushort port)
    {
        Assert.True(IpEndpoint.TryParse(text, out IpEndpoint endpoint));
        Assert.Equal(new IpEndpoint(IpAddress.Parse(address), port), endpoint);
        Assert.Equal(text, endpoint.ToString());
    }

    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("192.0.2.1:")]
    [InlineData("192.0.2.1:65536")]
    [InlineData("192.0.2.1:-1")]
    [InlineData("192.0.2.1:+1")]
    [InlineData(":80")]
    [InlineData("2001:db8::1:80")]
    [InlineData("[192.0.2.1]:80")]
    [InlineData("[[::1]]:80")]
    public void EndpointTryParse_AnythingElse_IsRefused(string text) =>
        Assert.False(IpEndpoint.TryParse(text, out _));
}
