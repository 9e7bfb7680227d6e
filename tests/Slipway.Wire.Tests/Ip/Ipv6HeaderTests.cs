using CsCheck;

namespace Slipway.Wire.Tests.Ip;

public class Ipv6HeaderTests
{
    private static readonly IpAddress Guest = IpAddress.Parse("fd5a:94ef:e40c::2");
    private static readonly IpAddress Peer = IpAddress.Parse("2001:db8::1");
    private static readonly byte[] Plain = Ipv6Bytes.Packet(Ipv6Bytes.Tcp, Ipv6Bytes.Upper);

    [Fact]
    public void TryParse_PlainPacket_ReadsAllFields()
    {
        Assert.Equal(ParseError.None, Ipv6Header.TryParse(Plain, out Ipv6Header header));
        Assert.Equal(0xb9, header.TrafficClass);
        Assert.Equal(0xabcdeu, header.FlowLabel);
        Assert.Equal(63, header.HopLimit);
        Assert.Equal(IpProtocol.Tcp, header.Protocol);
        Assert.Equal(Guest, header.Source);
        Assert.Equal(Peer, header.Destination);
        Assert.Equal(Ipv6Bytes.Upper, header.Payload.ToArray());
        Assert.Equal(48, header.Packet.Length);
        Assert.Equal(Ipv6Problem.None, header.Extensions.Problem);
        Assert.False(header.Extensions.IsFragment);
        Assert.Equal(40, header.Extensions.PayloadOffsetBytes);
        Assert.Equal(Ipv6Header.NextHeaderOffset, header.Extensions.ProtocolFieldBytes);
    }

    [Fact]
    public void TryParse_PaddedFrame_CutsPadding()
    {
        Assert.Equal(
            ParseError.None, Ipv6Header.TryParse([.. Plain, 1, 2, 3], out Ipv6Header header));
        Assert.Equal(Plain, header.Packet.ToArray());
        Assert.Equal(Ipv6Bytes.Upper, header.Payload.ToArray());
    }

    [Fact]
    public void TryParse_NoPayload_IsEmpty()
    {
        byte[] packet = Ipv6Bytes.Packet((byte)IpProtocol.NoNextHeader);
        Assert.Equal(ParseError.None, Ipv6Header.TryParse(packet, out Ipv6Header header));
        Assert.True(header.Payload.IsEmpty);
        Assert.Equal(IpProtocol.NoNextHeader, header.Protocol);
    }

    [Theory]
    [InlineData(0, 0x4b, ParseError.Version)]
    [InlineData(0, 0x7b, ParseError.Version)]
    [InlineData(5, 9, ParseError.TotalLength)]
    [InlineData(4, 0xff, ParseError.TotalLength)]
    public void TryParse_LyingField_NamesIt(int offset, byte value, ParseError expected)
    {
        byte[] packet = [.. Plain];
        packet[offset] = value;
        Assert.Equal(expected, Ipv6Header.TryParse(packet, out _));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(24)]
    public void TryParse_MappedAddress_IsAddressType(int offset)
    {
        byte[] packet = [.. Plain];
        IpAddress.Parse("192.0.2.1").WriteIPv6(packet.AsSpan(offset));
        Assert.Equal(ParseError.AddressType, Ipv6Header.TryParse(packet, out _));
    }

    [Fact]
    public void TryParse_AnyTruncation_IsAnErrorAndNoHeader()
    {
        for (int length = 0; length < Plain.Length; length++)
        {
            Assert.Equal(
                length < 40 ? ParseError.Truncated : ParseError.TotalLength,
                Ipv6Header.TryParse(Plain.AsSpan(0, length), out Ipv6Header header));
            Assert.True(header.Packet.IsEmpty);
        }
    }

    [Fact]
    public void Write_FieldsOfThePacket_GivesTheSameBytes()
    {
        byte[] packet = [.. Enumerable.Repeat((byte)0xaa, 40), .. Ipv6Bytes.Upper];
        Ipv6Header.Write(packet, 8, 0xb9, 0xabcde, IpProtocol.Tcp, 63, Guest, Peer);
        Assert.Equal(Plain, packet);
    }

    [Fact]
    public void Write_FlowLabelOver20Bits_SparesTheOtherFields()
    {
        byte[] packet = new byte[40];
        Ipv6Header.Write(packet, 0, 0xb9, 0xfffabcde, IpProtocol.Tcp, 63, Guest, Peer);
        Assert.Equal(Plain[..4], packet[..4]);
    }

    [Fact]
    public void Write_AnyFields_ParsesBack() =>
        Gen.Select(
            Gen.Int[0, 3000], Gen.Byte, Gen.UInt[0, 0xfffff], Gen.Byte,
            Gen.Select(WireGen.Neighbor, WireGen.Neighbor)).Sample(
            (length, trafficClass, flowLabel, hopLimit, addresses) =>
            {
                byte[] packet = new byte[40 + length];
                Ipv6Header.Write(
                    packet, length, trafficClass, flowLabel, IpProtocol.Udp, hopLimit,
                    addresses.Item1, addresses.Item2);
                Assert.Equal(ParseError.None, Ipv6Header.TryParse(packet, out Ipv6Header header));
                Assert.Equal(length, header.Payload.Length);
                Assert.Equal(trafficClass, header.TrafficClass);
                Assert.Equal(flowLabel, header.FlowLabel);
                Assert.Equal(hopLimit, header.HopLimit);
                Assert.Equal(IpProtocol.Udp, header.Protocol);
                Assert.Equal(addresses.Item1, header.Source);
                Assert.Equal(addresses.Item2, header.Destination);
            });
}
