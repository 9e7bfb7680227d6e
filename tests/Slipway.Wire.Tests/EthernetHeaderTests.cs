using CsCheck;

namespace Slipway.Wire.Tests;

public class EthernetHeaderTests
{
    [Fact]
    public void TryParse_CapturedFrame_ReadsAllFields()
    {
        Assert.Equal(ParseError.None,
            EthernetHeader.TryParse(CapturedFrames.ArpRequest, out EthernetHeader header));
        Assert.Equal(MacAddress.Broadcast, header.Destination);
        Assert.Equal(new MacAddress(0x6a34256aa176), header.Source);
        Assert.Equal(EtherType.Arp, header.EtherType);
        Assert.Equal(28, header.Payload.Length);
    }

    [Fact]
    public void TryParse_HeaderAlone_HasEmptyPayload()
    {
        Assert.Equal(ParseError.None,
            EthernetHeader.TryParse(new byte[14], out EthernetHeader header));
        Assert.True(header.Payload.IsEmpty);
    }

    [Fact]
    public void TryParse_ShorterThanHeader_IsTruncated()
    {
        for (int length = 0; length < EthernetHeader.LengthBytes; length++)
        {
            Assert.Equal(ParseError.Truncated, EthernetHeader.TryParse(new byte[length], out _));
        }
    }

    [Fact]
    public void Write_AnyFields_ParsesBack() =>
        Gen.Select(WireGen.Mac, WireGen.Mac, Gen.UShort).Sample((destination, source, type) =>
        {
            byte[] frame = new byte[20];
            EthernetHeader.Write(frame, destination, source, (EtherType)type);
            Assert.Equal(ParseError.None,
                EthernetHeader.TryParse(frame, out EthernetHeader header));
            Assert.Equal(destination, header.Destination);
            Assert.Equal(source, header.Source);
            Assert.Equal((EtherType)type, header.EtherType);
        });
}
