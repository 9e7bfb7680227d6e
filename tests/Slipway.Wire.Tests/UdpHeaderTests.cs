using CsCheck;

namespace Slipway.Wire.Tests;

public class UdpHeaderTests
{
    private static readonly IpAddress Guest = IpAddress.Parse("192.168.127.2");
    private static readonly IpAddress Gateway = IpAddress.Parse("192.168.127.1");
    private static readonly byte[] Captured = CapturedFrames.UdpDatagram[34..];

    [Fact]
    public void TryParse_CapturedDatagram_ReadsAllFields()
    {
        Assert.Equal(ParseError.None,
            UdpHeader.TryParse(Captured, Guest, Gateway, out UdpHeader header));
        Assert.Equal(37396, header.SourcePort);
        Assert.Equal(9, header.DestinationPort);
        Assert.True(header.HasChecksum);
        Assert.Equal("x\n"u8.ToArray(), header.Payload.ToArray());
    }

    [Fact]
    public void Write_FieldsOfCapturedDatagram_GivesTheSameBytes()
    {
        byte[] datagram = [0, 0, 0, 0, 0, 0, 0xff, 0xff, .. "x\n"u8];
        UdpHeader.Write(datagram, 37396, 9, Guest, Gateway);
        Assert.Equal(Captured, datagram);
    }

    [Fact]
    public void TryParse_ZeroChecksum_IsTakenUnchecked()
    {
        byte[] datagram = [.. Captured];
        datagram[6] = datagram[7] = 0;
        Assert.Equal(ParseError.None,
            UdpHeader.TryParse(datagram, Guest, Gateway, out UdpHeader header));
        Assert.False(header.HasChecksum);
    }

    [Fact]
    public void TryParse_ZeroChecksumInIPv6_IsChecksum()
    {
        IpAddress address = IpAddress.Parse("fd5a:94ef:e40c::2");
        Assert.Equal(ParseError.Checksum,
            UdpHeader.TryParse([0, 7, 0, 9, 0, 8, 0, 0], address, address, out _));
    }

    [Fact]
    public void TryParse_OtherAddress_IsChecksum() =>
        Assert.Equal(ParseError.Checksum,
            UdpHeader.TryParse(Captured, Guest, IpAddress.Parse("192.168.127.3"), out _));

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(11)]
    public void TryParse_LyingLength_IsTotalLength(byte length)
    {
        byte[] datagram = [.. Captured];
        datagram[5] = length;
        Assert.Equal(ParseError.TotalLength,
            UdpHeader.TryParse(datagram, Guest, Gateway, out _));
    }

    [Fact]
    public void TryParse_BytesBehindTheDatagram_AreCut()
    {
        byte[] longer = [.. Captured, 1, 2, 3];
        Assert.Equal(ParseError.None,
            UdpHeader.TryParse(longer, Guest, Gateway, out UdpHeader header));
        Assert.Equal(2, header.Payload.Length);
    }

    [Fact]
    public void TryParse_AnyTruncation_IsAnError()
    {
        for (int length = 0; length < Captured.Length; length++)
        {
            Assert.Equal(
                length < UdpHeader.LengthBytes ? ParseError.Truncated : ParseError.TotalLength,
                UdpHeader.TryParse(Captured.AsSpan(0, length), Guest, Gateway, out _));
        }
    }

    [Fact]
    public void Write_SumOfAllOnes_SendsTheOtherZero()
    {
        // The payload is chosen so that the computed checksum is zero.
        byte[] datagram = new byte[10];
        UdpHeader.Write(datagram, 1, 2, Guest, Gateway);
        datagram[8] = datagram[6];
        datagram[9] = datagram[7];
        UdpHeader.Write(datagram, 1, 2, Guest, Gateway);
        Assert.Equal([0xff, 0xff], datagram[6..8]);
        Assert.Equal(ParseError.None, UdpHeader.TryParse(datagram, Guest, Gateway, out _));
    }

    [Fact]
    public void Write_LongestDatagram_ParsesBack()
    {
        byte[] datagram = new byte[UdpHeader.LengthBytes + 65507];
        UdpHeader.Write(datagram, 1, 2, Guest, Gateway);
        Assert.Equal(ParseError.None,
            UdpHeader.TryParse(datagram, Guest, Gateway, out UdpHeader header));
        Assert.Equal(65507, header.Payload.Length);
    }

    [Fact]
    public void Write_AnyFieldsInEitherFamily_ParsesBack() =>
        Gen.Select(
            Gen.UShort, Gen.UShort, Gen.Byte.Array[0, 2000],
            Gen.OneOf(
                Gen.Select(WireGen.IPv4, WireGen.IPv4), Gen.Select(WireGen.IPv6, WireGen.IPv6)))
            .Sample((sourcePort, destinationPort, payload, addresses) =>
            {
                byte[] datagram = [.. new byte[8], .. payload];
                UdpHeader.Write(
                    datagram, sourcePort, destinationPort, addresses.Item1, addresses.Item2);
                Assert.Equal(ParseError.None, UdpHeader.TryParse(
                    datagram, addresses.Item1, addresses.Item2, out UdpHeader header));
                Assert.Equal(sourcePort, header.SourcePort);
                Assert.Equal(destinationPort, header.DestinationPort);
                Assert.True(header.HasChecksum);
                Assert.True(header.Payload.SequenceEqual(payload));
            });
}
