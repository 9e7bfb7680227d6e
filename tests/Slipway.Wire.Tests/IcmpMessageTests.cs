using CsCheck;

namespace Slipway.Wire.Tests;

public class IcmpMessageTests
{
    private static readonly byte[] CapturedEcho = CapturedFrames.EchoRequest[34..];
    private static readonly byte[] CapturedError = CapturedFrames.PortUnreachable[34..];

    [Fact]
    public void TryParse_CapturedEcho_ReadsAllFields()
    {
        Assert.Equal(ParseError.None, IcmpMessage.TryParse(CapturedEcho, out IcmpMessage message));
        Assert.Equal(IcmpType.EchoRequest, message.Type);
        Assert.Equal(0, message.Code);
        Assert.Equal(26481, message.Identifier);
        Assert.Equal(1, message.SequenceNumber);
        Assert.Equal(56, message.Body.Length);
        Assert.False(message.IsError);
    }

    [Fact]
    public void TryParse_CapturedError_QuotesThePacket()
    {
        Assert.Equal(ParseError.None, IcmpMessage.TryParse(CapturedError, out IcmpMessage message));
        Assert.Equal(IcmpType.DestinationUnreachable, message.Type);
        Assert.Equal(IcmpCode.PortUnreachable, message.Code);
        Assert.Equal(0u, message.RestOfHeader);
        Assert.True(message.IsError);
        Assert.Equal(CapturedFrames.UdpDatagram[14..], message.Body.ToArray());
    }

    [Fact]
    public void WriteEcho_FieldsOfCapturedEcho_GivesTheSameBytes()
    {
        byte[] message = [1, 2, 3, 4, 5, 6, 7, 8, .. CapturedEcho[8..]];
        IcmpMessage.WriteEcho(message, IcmpType.EchoRequest, 26481, 1);
        Assert.Equal(CapturedEcho, message);
    }

    [Fact]
    public void Write_FieldsOfCapturedError_GivesTheSameBytes()
    {
        byte[] message = [1, 2, 3, 4, 5, 6, 7, 8, .. CapturedError[8..]];
        IcmpMessage.Write(
            message, IcmpType.DestinationUnreachable, IcmpCode.PortUnreachable, 0);
        Assert.Equal(CapturedError, message);
    }

    [Fact]
    public void TryParse_FragmentationNeeded_ReadsTheNextHopMtu()
    {
        byte[] bytes = new byte[36];
        IcmpMessage.Write(
            bytes, IcmpType.DestinationUnreachable, IcmpCode.FragmentationNeeded, 1400);
        Assert.Equal(ParseError.None, IcmpMessage.TryParse(bytes, out IcmpMessage message));
        Assert.Equal(1400, message.NextHopMtuBytes);
    }

    [Fact]
    public void TryParse_AnyTruncation_IsAnError()
    {
        for (int length = 0; length < CapturedError.Length; length++)
        {
            ParseError error = IcmpMessage.TryParse(CapturedError.AsSpan(0, length), out _);
            Assert.Equal(
                length < IcmpMessage.HeaderLengthBytes ? ParseError.Truncated : ParseError.Checksum,
                error);
        }
    }

    [Fact]
    public void TryParse_AnyBitFlipped_IsChecksum()
    {
        for (int bit = 0; bit < CapturedEcho.Length * 8; bit++)
        {
            byte[] message = [.. CapturedEcho];
            message[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(ParseError.Checksum, IcmpMessage.TryParse(message, out _));
        }
    }

    [Fact]
    public void Write_AnyFields_ParsesBack() =>
        Gen.Select(Gen.Byte, Gen.Byte, Gen.UInt, Gen.Byte.Array[0, 1500]).Sample(
            (type, code, rest, body) =>
            {
                byte[] bytes = [.. new byte[8], .. body];
                IcmpMessage.Write(bytes, type, code, rest);
                Assert.Equal(ParseError.None, IcmpMessage.TryParse(bytes, out IcmpMessage message));
                Assert.Equal(type, message.Type);
                Assert.Equal(code, message.Code);
                Assert.Equal(rest, message.RestOfHeader);
                Assert.Equal((ushort)(rest >> 16), message.Identifier);
                Assert.Equal((ushort)rest, message.SequenceNumber);
                Assert.True(message.Body.SequenceEqual(body));
            });
}
