using CsCheck;

namespace Slipway.Wire.Tests;

public class Ipv4HeaderTests
{
    private static readonly IpAddress Guest = IpAddress.Parse("192.168.127.2");
    private static readonly IpAddress Gateway = IpAddress.Parse("192.168.127.1");

    [Fact]
    public void TryParse_CapturedPacket_ReadsAllFields()
    {
        Assert.Equal(ParseError.None,
            Ipv4Header.TryParse(CapturedFrames.EchoRequest.AsSpan(14), out Ipv4Header header));
        Assert.Equal(20, header.HeaderLengthBytes);
        Assert.Equal(84, header.TotalLengthBytes);
        Assert.Equal(0, header.TypeOfService);
        Assert.Equal(41029, header.Identification);
        Assert.True(header.DontFragment);
        Assert.False(header.MoreFragments);
        Assert.False(header.IsFragment);
        Assert.Equal(0, header.FragmentOffsetBytes);
        Assert.Equal(64, header.Ttl);
        Assert.Equal(IpProtocol.Icmp, header.Protocol);
        Assert.Equal(Guest, header.Source);
        Assert.Equal(Gateway, header.Destination);
        Assert.True(header.Options.IsEmpty);
        Assert.Equal(64, header.Payload.Length);
    }

    [Fact]
    public void TryParse_CapturedPacketWithOptions_FindsPayloadBehindThem()
    {
        ReadOnlySpan<byte> packet = CapturedFrames.EchoReplyWithRoute.AsSpan(14);
        Assert.Equal(ParseError.None, Ipv4Header.TryParse(packet, out Ipv4Header header));
        Assert.Equal(60, header.HeaderLengthBytes);
        Assert.Equal(40, header.Options.Length);
        Assert.Equal(7, header.Options[0]);
        Assert.Equal(ParseError.None, IcmpMessage.TryParse(header.Payload, out _));
    }

    [Fact]
    public void TryParse_CapturedLastFragment_ReadsOffset()
    {
        byte[] packet = [.. CapturedFrames.LastFragmentHeader[14..], .. new byte[528]];
        Assert.Equal(ParseError.None, Ipv4Header.TryParse(packet, out Ipv4Header header));
        Assert.Equal(1480, header.FragmentOffsetBytes);
        Assert.False(header.MoreFragments);
        Assert.True(header.IsFragment);
    }

    [Fact]
    public void TryParse_PaddedFrame_CutsPadding()
    {
        byte[] padded = [.. CapturedFrames.UdpDatagram[14..], 1, 2, 3, 4];
        Assert.Equal(ParseError.None, Ipv4Header.TryParse(padded, out Ipv4Header header));
        Assert.Equal(30, header.TotalLengthBytes);
        Assert.Equal(30, header.Packet.Length);
        Assert.Equal(10, header.Payload.Length);
    }

    [Theory]
    [InlineData(0, 0x65, ParseError.Version)]
    [InlineData(0, 0x05, ParseError.Version)]
    [InlineData(0, 0x44, ParseError.HeaderLength)]
    [InlineData(0, 0x40, ParseError.HeaderLength)]
    [InlineData(0, 0x4f, ParseError.HeaderLength)]
    [InlineData(3, 0x13, ParseError.TotalLength)]
    [InlineData(3, 0x1f, ParseError.TotalLength)]
    [InlineData(2, 0xff, ParseError.TotalLength)]
    [InlineData(8, 0x3f, ParseError.Checksum)]
    public void TryParse_LyingField_NamesIt(int offset, byte value, ParseError expected)
    {
        byte[] packet = CapturedFrames.UdpDatagram[14..];
        packet[offset] = value;
        Assert.Equal(expected, Ipv4Header.TryParse(packet, out _));
    }

    [Fact]
    public void TryParse_AnyTruncation_IsAnError()
    {
        byte[] packet = CapturedFrames.EchoReplyWithRoute[14..];
        for (int length = 0; length < packet.Length; length++)
        {
            ParseError expected = length < 20 ? ParseError.Truncated
                : length < 60 ? ParseError.HeaderLength : ParseError.TotalLength;
            Assert.Equal(expected, Ipv4Header.TryParse(packet.AsSpan(0, length), out _));
        }
    }

    [Fact]
    public void Write_FieldsOfCapturedPacket_GivesTheSameBytes()
    {
        byte[] packet = new byte[20];
        Ipv4Header.Write(
            packet, 84, 0, 41029, true, false, 0, 64, IpProtocol.Icmp, Guest, Gateway);
        Assert.Equal(CapturedFrames.EchoRequest[14..34], packet);
    }

    [Fact]
    public void Write_AnyFields_ParsesBack() =>
        Gen.Select(
            Gen.Int[20, 3000], Gen.Select(Gen.Byte, Gen.UShort, Gen.Byte, Gen.Byte),
            Gen.Bool, Gen.Bool, Gen.Int[0, 8191],
            Gen.Select(WireGen.IPv4, WireGen.IPv4)).Sample(
            (totalLength, numbers, dontFragment, moreFragments, offset, addresses) =>
            {
                (byte typeOfService, ushort identification, byte ttl, byte protocol) = numbers;
                byte[] packet = new byte[totalLength];
                Ipv4Header.Write(
                    packet, totalLength, typeOfService, identification, dontFragment,
                    moreFragments, offset * 8, ttl, (IpProtocol)protocol,
                    addresses.Item1, addresses.Item2);
                Assert.Equal(ParseError.None, Ipv4Header.TryParse(packet, out Ipv4Header header));
                Assert.Equal(totalLength, header.TotalLengthBytes);
                Assert.Equal(typeOfService, header.TypeOfService);
                Assert.Equal(identification, header.Identification);
                Assert.Equal(dontFragment, header.DontFragment);
                Assert.Equal(moreFragments, header.MoreFragments);
                Assert.Equal(offset * 8, header.FragmentOffsetBytes);
                Assert.Equal(ttl, header.Ttl);
                Assert.Equal((IpProtocol)protocol, header.Protocol);
                Assert.Equal(addresses.Item1, header.Source);
                Assert.Equal(addresses.Item2, header.Destination);
            });
}
