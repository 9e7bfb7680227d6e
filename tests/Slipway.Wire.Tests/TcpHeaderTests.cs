using CsCheck;

namespace Slipway.Wire.Tests;

public class TcpHeaderTests
{
    private static readonly IpAddress Guest = IpAddress.Parse("192.168.127.2");
    private static readonly IpAddress Gateway = IpAddress.Parse("192.168.127.1");
    private static readonly byte[] Syn = CapturedFrames.TcpSyn[34..];
    private static readonly byte[] Reset = CapturedFrames.TcpReset[34..];

    [Fact]
    public void TryParse_CapturedSyn_ReadsAllFields()
    {
        Assert.Equal(ParseError.None,
            TcpHeader.TryParse(Syn, Guest, Gateway, out TcpHeader header));
        Assert.Equal(48878, header.SourcePort);
        Assert.Equal(9, header.DestinationPort);
        Assert.Equal(4008661892u, header.SequenceNumber);
        Assert.Equal(0u, header.AcknowledgmentNumber);
        Assert.Equal(TcpFlags.Syn, header.Flags);
        Assert.Equal(64240, header.Window);
        Assert.Equal(0, header.UrgentPointer);
        Assert.Equal(40, header.HeaderLengthBytes);
        Assert.Equal(20, header.Options.Length);
        Assert.True(header.Payload.IsEmpty);
    }

    [Fact]
    public void Write_FieldsOfCapturedSyn_GivesTheSameBytes()
    {
        byte[] segment = [.. new byte[20], .. Syn[20..]];
        Array.Fill(segment, (byte)0xa5, 0, 20);
        TcpHeader.Write(
            segment, 40, 48878, 9, 4008661892, 0, TcpFlags.Syn, 64240, 0, Guest, Gateway);
        Assert.Equal(Syn, segment);
    }

    [Fact]
    public void Write_FieldsOfCapturedReset_GivesTheSameBytes()
    {
        byte[] segment = new byte[20];
        TcpHeader.Write(
            segment, 20, 9, 48878, 0, 4008661893, TcpFlags.Reset | TcpFlags.Acknowledgment,
            0, 0, Gateway, Guest);
        Assert.Equal(Reset, segment);
    }

    [Theory]
    [InlineData(0x00)]
    [InlineData(0x40)]
    [InlineData(0x60)]
    [InlineData(0xf0)]
    public void TryParse_LyingDataOffset_IsHeaderLength(byte dataOffset)
    {
        byte[] segment = [.. Reset];
        segment[12] = dataOffset;
        Assert.Equal(ParseError.HeaderLength,
            TcpHeader.TryParse(segment, Gateway, Guest, out _));
    }

    [Fact]
    public void TryParse_AnyTruncation_IsAnError()
    {
        for (int length = 0; length < Syn.Length; length++)
        {
            Assert.Equal(
                length < TcpHeader.MinimumLengthBytes
                    ? ParseError.Truncated : ParseError.HeaderLength,
                TcpHeader.TryParse(Syn.AsSpan(0, length), Guest, Gateway, out _));
        }
    }

    [Fact]
    public void TryParse_AnyBitFlipped_IsAnError()
    {
        for (int bit = 0; bit < Syn.Length * 8; bit++)
        {
            byte[] segment = [.. Syn];
            segment[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(ParseError.None, TcpHeader.TryParse(segment, Guest, Gateway, out _));
        }
    }

    [Fact]
    public void TryParse_OtherAddress_IsChecksum() =>
        Assert.Equal(ParseError.Checksum,
            TcpHeader.TryParse(Syn, Guest, IpAddress.Parse("192.168.127.254"), out _));

    [Fact]
    public void Write_AnyFieldsInEitherFamily_ParsesBack() =>
        Gen.Select(
            Gen.Int[5, 15], Gen.Select(Gen.UShort, Gen.UShort, Gen.UShort, Gen.UShort),
            Gen.Select(Gen.UInt, Gen.UInt), Gen.Byte, Gen.Byte.Array[0, 2000],
            Gen.OneOf(
                Gen.Select(WireGen.IPv4, WireGen.IPv4), Gen.Select(WireGen.IPv6, WireGen.IPv6)))
            .Sample((words, shorts, numbers, flags, payload, addresses) =>
            {
                (ushort sourcePort, ushort destinationPort, ushort window, ushort urgent) = shorts;
                byte[] segment = [.. new byte[words * 4], .. payload];
                TcpHeader.Write(
                    segment, words * 4, sourcePort, destinationPort, numbers.Item1, numbers.Item2,
                    (TcpFlags)flags, window, urgent, addresses.Item1, addresses.Item2);
                Assert.Equal(ParseError.None, TcpHeader.TryParse(
                    segment, addresses.Item1, addresses.Item2, out TcpHeader header));
                Assert.Equal(words * 4, header.HeaderLengthBytes);
                Assert.Equal(shorts, (header.SourcePort, header.DestinationPort, header.Window,
                    header.UrgentPointer));
                Assert.Equal(numbers, (header.SequenceNumber, header.AcknowledgmentNumber));
                Assert.Equal((TcpFlags)flags, header.Flags);
                Assert.Equal((words * 4) - 20, header.Options.Length);
                Assert.True(header.Payload.SequenceEqual(payload));
            });
}
