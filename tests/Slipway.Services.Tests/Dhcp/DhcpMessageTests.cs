using Slipway.Wire;

namespace Slipway.Services.Tests.Dhcp;

public sealed class DhcpMessageTests
{
    private static readonly MacAddress s_mac = DhcpExchange.Mac(1);

    [Fact]
    public void TryParse_UdhcpcDiscover_ReadsEveryField()
    {
        Assert.Equal(ParseError.None,
            DhcpMessage.TryParse(DhcpCaptures.UdhcpcDiscover, out DhcpMessage message));
        Assert.True(message.IsRequest);
        Assert.Equal(DhcpMessageType.Discover, message.MessageType);
        Assert.Equal(0x3180_8c76u, message.TransactionId);
        Assert.False(message.WantsBroadcast);
        Assert.Equal("52:54:00:12:34:56", message.ClientMac.ToString());
        Assert.True(message.ClientAddress.IsUnspecified);
        Assert.True(message.TryGetOption(DhcpOption.HostName, out ReadOnlySpan<byte> name));
        Assert.Equal("web"u8.ToArray(), name.ToArray());
        Assert.True(
            message.TryGetOption(DhcpOption.ParameterRequestList, out ReadOnlySpan<byte> list));
        Assert.Equal([1, 3, 6, 12, 15, 28, 42], list.ToArray());
        Assert.True(
            message.TryGetOption(DhcpOption.ClientIdentifier, out ReadOnlySpan<byte> identifier));
        Assert.Equal("01525400123456", Convert.ToHexString(identifier));
    }

    [Fact]
    public void TryParse_WindowsDiscover_ReadsBroadcastFlag()
    {
        Assert.Equal(ParseError.None,
            DhcpMessage.TryParse(DhcpCaptures.WindowsDiscover, out DhcpMessage message));
        Assert.True(message.WantsBroadcast);
    }

    [Fact]
    public void TryParse_EveryTruncation_NeverThrowsAndIsRefusedInTheFixedPart()
    {
        byte[] whole = DhcpCaptures.DhclientDiscover;
        for (int length = 0; length < whole.Length; length++)
        {
            ParseError error = DhcpMessage.TryParse(whole.AsSpan(0, length), out _);
            if (length < DhcpMessage.FixedLengthBytes)
            {
                Assert.Equal(ParseError.Truncated, error);
            }
        }
    }

    [Fact]
    public void TryParse_OptionPassesTheEnd_IsRefused()
    {
        // CVE-2017-11434.
        byte[] message = new ClientMessage(DhcpMessageType.Discover, s_mac).Raw(12, 200, 65)
            .ToArray();
        Assert.Equal(ParseError.Option, DhcpMessage.TryParse(message, out _));
        Assert.Equal(ParseError.Option, DhcpMessage.TryParse(message.AsSpan(0, 244), out _));
    }

    [Fact]
    public void TryParse_OptionCodeWithoutLength_IsRefused()
    {
        byte[] message = new ClientMessage(DhcpMessageType.Discover, s_mac).Raw(12).ToArray()[..^1];
        Assert.Equal(ParseError.Option, DhcpMessage.TryParse(message, out _));
    }

    [Fact]
    public void TryParse_EndOptionMissing_IsTaken()
    {
        byte[] message = new ClientMessage(DhcpMessageType.Discover, s_mac).ToArray()[..^1];
        Assert.Equal(ParseError.None, DhcpMessage.TryParse(message, out DhcpMessage parsed));
        Assert.Equal(DhcpMessageType.Discover, parsed.MessageType);
    }

    [Theory]
    [InlineData(0, 3, ParseError.Field)]
    [InlineData(1, 6, ParseError.AddressType)]
    [InlineData(2, 16, ParseError.AddressType)]
    [InlineData(236, 0, ParseError.Field)]
    public void TryParse_WrongFixedField_IsRefused(int offset, byte value, ParseError expected)
    {
        byte[] message = new ClientMessage(DhcpMessageType.Discover, s_mac).ToArray();
        message[offset] = value;
        Assert.Equal(expected, DhcpMessage.TryParse(message, out _));
    }

    [Fact]
    public void TryParse_OptionsOverloaded_AreReadFromFileAndServerName()
    {
        byte[] message = new ClientMessage(DhcpMessageType.None, s_mac)
            .With(DhcpOption.Overload, 3).ToArray();
        byte[] file = [53, 1, 3, 255];
        byte[] serverName = [12, 1, (byte)'x', 255];
        file.CopyTo(message, 108);
        serverName.CopyTo(message, 44);
        Assert.Equal(ParseError.None, DhcpMessage.TryParse(message, out DhcpMessage parsed));
        Assert.Equal(DhcpMessageType.Request, parsed.MessageType);
        Assert.True(parsed.TryGetOption(DhcpOption.HostName, out ReadOnlySpan<byte> name));
        Assert.Equal("x"u8.ToArray(), name.ToArray());
    }

    [Fact]
    public void TryParse_OverloadedFieldLies_IsRefused()
    {
        byte[] message = new ClientMessage(DhcpMessageType.Discover, s_mac)
            .With(DhcpOption.Overload, 1).ToArray();
        message.AsSpan(108, 128).Fill(200);
        Assert.Equal(ParseError.Option, DhcpMessage.TryParse(message, out _));
    }

    [Fact]
    public void TryParse_RandomBytes_NeverThrows()
    {
        Random random = new(17);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] message = new ClientMessage(DhcpMessageType.Discover, s_mac).ToArray();
            Array.Resize(ref message, random.Next(message.Length + 100));
            for (int flips = random.Next(1, 60); flips > 0 && message.Length > 0; flips--)
            {
                message[random.Next(message.Length)] = (byte)random.Next(256);
            }

            if (DhcpMessage.TryParse(message, out DhcpMessage parsed) == ParseError.None)
            {
                DhcpOptionReader options = parsed.Options;
                while (options.TryRead(out _, out _))
                {
                }
            }
        }
    }

    [Fact]
    public void Writer_OptionThatDoesNotFit_IsLeftOutWhole()
    {
        DhcpMessage.TryParse(DhcpCaptures.UdhcpcDiscover, out DhcpMessage request);
        byte[] reply = new byte[300];
        DhcpMessageWriter writer =
            DhcpMessageWriter.Reply(request, reply, IpAddress.IPv4Any, IpAddress.IPv4Any);
        Assert.True(writer.Add(DhcpOption.MessageType, 2));
        Assert.False(writer.Add(DhcpOption.DomainName, new byte[55]));
        Assert.True(writer.Add(DhcpOption.DomainName, new byte[54]));
        Assert.Equal(1, writer.OmittedCount);
        Assert.Equal(300, writer.Finish());
        Assert.Equal(255, reply[299]);
        Assert.Equal(ParseError.None, DhcpMessage.TryParse(reply, out _));
    }

    [Fact]
    public void Writer_ValueOver255Bytes_IsSplit()
    {
        DhcpMessage.TryParse(DhcpCaptures.UdhcpcDiscover, out DhcpMessage request);
        byte[] reply = new byte[800];
        DhcpMessageWriter writer =
            DhcpMessageWriter.Reply(request, reply, IpAddress.IPv4Any, IpAddress.IPv4Any);
        Assert.True(writer.Add(DhcpOption.DomainSearch, new byte[300]));
        int length = writer.Finish();
        Assert.Equal(240 + 2 + 255 + 2 + 45 + 1, length);
        Assert.Equal([119, 255], reply[240..242]);
        Assert.Equal([119, 45], reply[497..499]);
    }

    [Theory]
    [InlineData("0.0.0.0/0", "10.0.0.1", "000a000001")]
    [InlineData("10.0.0.0/8", "10.0.0.1", "080a0a000001")]
    [InlineData("10.17.0.0/16", "10.0.0.1", "100a110a000001")]
    [InlineData("10.27.129.0/24", "10.0.0.1", "180a1b810a000001")]
    [InlineData("10.229.0.128/25", "10.0.0.1", "190ae500800a000001")]
    [InlineData("10.198.122.47/32", "10.0.0.1", "200ac67a2f0a000001")]
    public void ClasslessRoute_ExamplesOfRfc3442_AreWrittenAndRead(
        string prefix, string router, string hex)
    {
        ClasslessRoute route = new(IpPrefix.Parse(prefix), IpAddress.Parse(router));
        byte[] bytes = new byte[ClasslessRoute.MaxLengthBytes];
        int length = route.Write(bytes);
        Assert.Equal(hex, Convert.ToHexStringLower(bytes, 0, length));
        Assert.Equal(ParseError.None,
            ClasslessRoute.TryRead(bytes.AsSpan(0, length), out ClasslessRoute read));
        Assert.Equal(route, read);
        Assert.Equal(
            ParseError.Truncated, ClasslessRoute.TryRead(bytes.AsSpan(0, length - 1), out _));
    }
}
