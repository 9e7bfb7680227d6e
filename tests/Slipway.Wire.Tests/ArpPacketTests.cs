using CsCheck;

namespace Slipway.Wire.Tests;

public class ArpPacketTests
{
    private static readonly MacAddress Guest = new(0x6a34256aa176);
    private static readonly MacAddress Gateway = new(0xc667a726fb6b);
    private static readonly IpAddress GuestAddress = IpAddress.Parse("192.168.127.2");
    private static readonly IpAddress GatewayAddress = IpAddress.Parse("192.168.127.1");

    [Fact]
    public void TryParse_CapturedRequest_ReadsAllFields()
    {
        Assert.Equal(ParseError.None,
            ArpPacket.TryParse(CapturedFrames.ArpRequest.AsSpan(14), out ArpPacket packet));
        Assert.Equal(ArpOperation.Request, packet.Operation);
        Assert.Equal(Guest, packet.SenderHardwareAddress);
        Assert.Equal(GuestAddress, packet.SenderProtocolAddress);
        Assert.True(packet.TargetHardwareAddress.IsZero);
        Assert.Equal(GatewayAddress, packet.TargetProtocolAddress);
        Assert.False(packet.IsGratuitous);
    }

    [Fact]
    public void Write_FieldsOfCapturedReply_GivesTheSameBytes()
    {
        byte[] packet = new byte[ArpPacket.LengthBytes];
        ArpPacket.Write(packet, ArpOperation.Reply, Gateway, GatewayAddress, Guest, GuestAddress);
        Assert.Equal(CapturedFrames.ArpReply[14..], packet);
    }

    [Fact]
    public void TryParse_PaddedFrame_IgnoresPadding()
    {
        byte[] padded = [.. CapturedFrames.ArpReply[14..], .. new byte[18]];
        Assert.Equal(ParseError.None, ArpPacket.TryParse(padded, out ArpPacket packet));
        Assert.Equal(ArpOperation.Reply, packet.Operation);
    }

    [Fact]
    public void TryParse_SenderAnnouncesItself_IsGratuitous()
    {
        byte[] bytes = new byte[ArpPacket.LengthBytes];
        ArpPacket.Write(bytes, ArpOperation.Request, Guest, GuestAddress, default, GuestAddress);
        Assert.Equal(ParseError.None, ArpPacket.TryParse(bytes, out ArpPacket packet));
        Assert.True(packet.IsGratuitous);
    }

    [Theory]
    [InlineData(1, 6)]
    [InlineData(2, 0x86)]
    [InlineData(4, 8)]
    [InlineData(5, 16)]
    public void TryParse_OtherThanIPv4OverEthernet_IsAddressType(int offset, byte value)
    {
        byte[] packet = CapturedFrames.ArpRequest[14..];
        packet[offset] = value;
        Assert.Equal(ParseError.AddressType, ArpPacket.TryParse(packet, out _));
    }

    [Fact]
    public void TryParse_AnyTruncation_IsTruncated()
    {
        for (int length = 0; length < ArpPacket.LengthBytes; length++)
        {
            Assert.Equal(ParseError.Truncated,
                ArpPacket.TryParse(CapturedFrames.ArpRequest.AsSpan(14, length), out _));
        }
    }

    [Fact]
    public void Write_AnyFields_ParsesBack() =>
        Gen.Select(Gen.UShort, WireGen.Mac, WireGen.IPv4, WireGen.Mac, WireGen.IPv4).Sample(
            (operation, senderMac, sender, targetMac, target) =>
            {
                byte[] bytes = new byte[ArpPacket.LengthBytes];
                ArpPacket.Write(
                    bytes, (ArpOperation)operation, senderMac, sender, targetMac, target);
                Assert.Equal(ParseError.None, ArpPacket.TryParse(bytes, out ArpPacket packet));
                Assert.Equal((ArpOperation)operation, packet.Operation);
                Assert.Equal(senderMac, packet.SenderHardwareAddress);
                Assert.Equal(sender, packet.SenderProtocolAddress);
                Assert.Equal(targetMac, packet.TargetHardwareAddress);
                Assert.Equal(target, packet.TargetProtocolAddress);
            });
}
