namespace Slipway.Engine.Tests;

public sealed class LinkSpecificationTests
{
    [Theory]
    [InlineData("tap:tap0", "tap:tap0")]
    [InlineData("tap:tap0,netns=/run/netns/web", "tap:tap0,netns=/run/netns/web")]
    [InlineData("tap:tap0,netns=42,configure=no", "tap:tap0,netns=/proc/42/ns/net,configure=no")]
    [InlineData("tap:tap0,configure=yes", "tap:tap0")]
    [InlineData("stream:/tmp/a:b.sock", "stream:/tmp/a:b.sock")]
    [InlineData("dgram:vm.sock", "dgram:vm.sock")]
    [InlineData("vhost-user:/run/vm.sock", "vhost-user:/run/vm.sock")]
    [InlineData("fd:3,framing=tap", "fd:3,framing=tap")]
    [InlineData("fd:0,framing=stream", "fd:0,framing=stream")]
    [InlineData("fd:4,framing=seqpacket", "fd:4,framing=seqpacket")]
    [InlineData("fd:4,framing=vpnkit", "fd:4,framing=vpnkit")]
    [InlineData("fd:4,framing=connect", "fd:4,framing=connect")]
    [InlineData("seqpacket:/tmp/uml.sock", "seqpacket:/tmp/uml.sock")]
    [InlineData("vpnkit:/tmp/vm.sock", "vpnkit:/tmp/vm.sock")]
    [InlineData("vsock:1024", "vsock:1024")]
    public void Link_Valid_IsRead(string text, string expected) =>
        Assert.Equal(expected, LinkSpecification.Parse("--link", text).ToString());

    [Theory]
    [InlineData("", "is not a link")]
    [InlineData("tap0", "is not a link")]
    [InlineData("tun:tun0", "'tun'")]
    [InlineData("tap:", "interface's name")]
    [InlineData("tap:a-name-that-is-16", "interface's name")]
    [InlineData("tap:a/b", "interface's name")]
    [InlineData("tap:tap0,netns=", "netns=PATH")]
    [InlineData("tap:tap0,configure=maybe", "configure=no")]
    [InlineData("tap:tap0,mtu=9", "'mtu=9'")]
    [InlineData("stream:", "no path")]
    [InlineData("fd:x,framing=tap", "descriptor")]
    [InlineData("fd:-1,framing=tap", "descriptor")]
    [InlineData("fd:3", "framing=stream")]
    [InlineData("fd:3,framing=tun", "framing=stream|dgram|seqpacket")]
    [InlineData("vhost-user:", "no path")]
    [InlineData("seqpacket:", "has no path")]
    [InlineData("vpnkit:", "has no path")]
    [InlineData("vsock:gvproxy", "not a port of AF_VSOCK")]
    [InlineData("vsock:4294967295", "not a port of AF_VSOCK")]
    [InlineData("vsock:0", "not a port of AF_VSOCK")]
    public void Link_Wrong_IsRefusedWithRemedy(string text, string remedy)
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(
            () => LinkSpecification.Parse("--link", text));

        Assert.Equal("--link", error.Key);
        Assert.Contains(remedy, error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Link_PathTooLongForASocket_IsRefused() => Assert.Throws<ConfigurationException>(
        () => LinkSpecification.Parse("--link", "stream:/" + new string('a', 107)));
}
