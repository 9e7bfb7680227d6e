using CsCheck;

namespace Slipway.Wire.Tests.Ip;

public class Ipv6ExtensionsTests
{
    private const byte UnknownSkipped = 0x1e;
    private const byte UnknownSilent = 0x5e;
    private const byte UnknownAnswered = 0x9e;
    private const byte UnknownAnsweredUnicast = 0xde;
    private const byte JumboPayload = 0xc2;
    private const byte HopByHop = 0;

    private static readonly byte[] RouterAlert = [5, 2, 0, 0];

    // Each header that may be there, in the order of RFC 8200 section 4.1.
    private static readonly byte[] Chain = Ipv6Bytes.Packet(
        HopByHop,
        [
            .. Ipv6Bytes.Options(Ipv6Bytes.DestinationOptions, RouterAlert),
            .. Ipv6Bytes.Options(Ipv6Bytes.Routing, UnknownSkipped, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0),
            .. RoutingHeader(Ipv6Bytes.Fragment, 0, 0),
            .. Ipv6Bytes.FragmentHeader(Ipv6Bytes.DestinationOptions, 0, more: false),
            .. Ipv6Bytes.Options(Ipv6Bytes.Tcp),
            .. Ipv6Bytes.Upper,
        ]);

    [Fact]
    public void TryParse_WholeChain_FindsTheUpperLayer()
    {
        Assert.Equal(ParseError.None, Ipv6Header.TryParse(Chain, out Ipv6Header header));
        Assert.Equal(Ipv6Problem.None, header.Extensions.Problem);
        Assert.Equal(IpProtocol.Tcp, header.Protocol);
        Assert.Equal(Ipv6Bytes.Upper, header.Payload.ToArray());
        Assert.Equal(88, header.Extensions.PayloadOffsetBytes);
        Assert.Equal(80, header.Extensions.ProtocolFieldBytes);
        Assert.Equal(72, header.Extensions.FragmentHeaderBytes);
        Assert.False(header.Extensions.IsFragment);
    }

    [Fact]
    public void FindUpperLayer_WhateverTheHeadersSay_EndsBehindThem()
    {
        byte[] many = [.. Enumerable.Repeat(
            Ipv6Bytes.Options(Ipv6Bytes.DestinationOptions, UnknownAnswered, 0), 20)
            .SelectMany(header => header)];
        byte[] packet = Ipv6Bytes.Packet(
            Ipv6Bytes.DestinationOptions,
            [
                .. many, .. Ipv6Bytes.Options(HopByHop, JumboPayload, 0),
                .. Ipv6Bytes.Options(Ipv6Bytes.Routing), .. RoutingHeader(Ipv6Bytes.Fragment, 0, 9),
                .. Ipv6Bytes.FragmentHeader(Ipv6Bytes.DestinationOptions, 0, more: true),
                .. Ipv6Bytes.Options(Ipv6Bytes.Tcp), .. Ipv6Bytes.Upper,
            ]);
        Assert.Equal(IpProtocol.Tcp, Ipv6Extensions.FindUpperLayer(packet, out var payload));
        Assert.Equal(Ipv6Bytes.Upper, payload.ToArray());
        Assert.Equal(IpProtocol.Tcp, Ipv6Extensions.FindUpperLayer(Chain, out payload));
        Assert.Equal(Ipv6Bytes.Upper, payload.ToArray());
    }

    [Fact]
    public void FindUpperLayer_AnyTruncation_NamesTheHeaderThatIsCut()
    {
        for (int length = 40; length < Chain.Length; length++)
        {
            IpProtocol found = Ipv6Extensions.FindUpperLayer(Chain.AsSpan(0, length), out _);
            Assert.Equal(length < 88, Ipv6Extensions.IsExtension(found));
        }
    }

    [Fact]
    public void FindUpperLayer_LaterFragment_IsThat()
    {
        byte[] packet = Ipv6Bytes.Packet(
            Ipv6Bytes.Fragment,
            [.. Ipv6Bytes.FragmentHeader(Ipv6Bytes.Tcp, 8, more: false), .. Ipv6Bytes.Upper]);
        Assert.Equal(IpProtocol.Fragment, Ipv6Extensions.FindUpperLayer(packet, out _));
    }

    [Fact]
    public void TryParse_AnyTruncationWithGoodLength_IsHeaderLengthUntilTheUpperLayer()
    {
        for (int length = 40; length < Chain.Length; length++)
        {
            byte[] packet = Chain[..length];
            packet[5] = (byte)(length - 40);
            ParseError error = Ipv6Header.TryParse(packet, out Ipv6Header header);
            Assert.Equal(length < 88 ? ParseError.HeaderLength : ParseError.None, error);
            Assert.Equal(length < 88, header.Packet.IsEmpty);
        }
    }

    [Fact]
    public void TryParse_FirstFragment_EndsAtItsHeader()
    {
        byte[] piece = [.. Ipv6Bytes.Options(Ipv6Bytes.Tcp), .. Ipv6Bytes.Upper];
        Ipv6Header header = Parse(Ipv6Bytes.Packet(
            Ipv6Bytes.Fragment,
            [.. Ipv6Bytes.FragmentHeader(Ipv6Bytes.DestinationOptions, 0, more: true), .. piece]));
        Assert.True(header.Extensions.IsFragment);
        Assert.True(header.Extensions.MoreFragments);
        Assert.Equal(0, header.Extensions.FragmentOffsetBytes);
        Assert.Equal(0x01020304u, header.Extensions.Identification);
        Assert.Equal(40, header.Extensions.FragmentHeaderBytes);
        Assert.Equal(IpProtocol.DestinationOptions, header.Protocol);
        Assert.Equal(piece, header.Payload.ToArray());
    }

    [Theory]
    [InlineData(1448, true)]
    [InlineData(8, false)]
    [InlineData(65528, false)]
    public void TryParse_LaterFragment_HoldsAPiece(int offset, bool more)
    {
        // Where it begins it may look like anything.
        Ipv6Header header = Parse(Ipv6Bytes.Packet(
            HopByHop,
            [
                .. Ipv6Bytes.Options(Ipv6Bytes.Fragment),
                .. Ipv6Bytes.FragmentHeader(Ipv6Bytes.Routing, offset, more), 0xff, 0xff,
            ]));
        Assert.True(header.Extensions.IsFragment);
        Assert.Equal(more, header.Extensions.MoreFragments);
        Assert.Equal(offset, header.Extensions.FragmentOffsetBytes);
        Assert.Equal(48, header.Extensions.FragmentHeaderBytes);
        Assert.Equal([0xff, 0xff], header.Payload.ToArray());
    }

    [Fact]
    public void TryParse_AtomicFragment_IsWhole()
    {
        Ipv6Header header = Parse(Ipv6Bytes.Packet(
            Ipv6Bytes.Fragment,
            [.. Ipv6Bytes.FragmentHeader(Ipv6Bytes.Tcp, 0, more: false), .. Ipv6Bytes.Upper]));
        Assert.False(header.Extensions.IsFragment);
        Assert.Equal(IpProtocol.Tcp, header.Protocol);
        Assert.Equal(Ipv6Bytes.Upper, header.Payload.ToArray());
    }

    [Fact]
    public void TryParse_FragmentOfAFragment_IsSilent()
    {
        byte[] atomic = Ipv6Bytes.FragmentHeader(Ipv6Bytes.Fragment, 0, more: false);
        AssertProblem(
            Ipv6Problem.Silent, 48,
            Ipv6Bytes.Packet(Ipv6Bytes.Fragment, [.. atomic, .. atomic, .. Ipv6Bytes.Upper]));
    }

    [Fact]
    public void WriteFragment_Fields_GiveTheSameBytes()
    {
        byte[] header = [.. Enumerable.Repeat((byte)0xaa, 8)];
        Ipv6Extensions.WriteFragment(header, IpProtocol.Tcp, 1448, true, 0x01020304);
        Assert.Equal(Ipv6Bytes.FragmentHeader(Ipv6Bytes.Tcp, 1448, more: true), header);
        Ipv6Extensions.WriteFragment(header, IpProtocol.Tcp, 65528, false, 0x01020304);
        Assert.Equal(Ipv6Bytes.FragmentHeader(Ipv6Bytes.Tcp, 65528, more: false), header);
    }

    // RFC 5095 section 3: the pointer leads to the routing type.
    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(253)]
    public void TryParse_RoutingWithSegmentsLeft_IsRefused(byte type) =>
        AssertProblem(
            Ipv6Problem.Field, 42,
            Ipv6Bytes.Packet(
                Ipv6Bytes.Routing,
                [.. RoutingHeader(Ipv6Bytes.Tcp, type, 1), .. Ipv6Bytes.Upper]));

    // RFC 8200 section 4: the pointer leads to the field that named it.
    [Fact]
    public void TryParse_HopByHopThatIsNotFirst_IsRefused() =>
        AssertProblem(
            Ipv6Problem.NextHeader, 40,
            Ipv6Bytes.Packet(
                Ipv6Bytes.DestinationOptions,
                [
                    .. Ipv6Bytes.Options(HopByHop), .. Ipv6Bytes.Options(Ipv6Bytes.Tcp),
                    .. Ipv6Bytes.Upper,
                ]));

    [Theory]
    [InlineData(UnknownSkipped, Ipv6Problem.None, false)]
    [InlineData(UnknownSilent, Ipv6Problem.Silent, false)]
    [InlineData(UnknownAnswered, Ipv6Problem.Option, true)]
    [InlineData(UnknownAnsweredUnicast, Ipv6Problem.Option, false)]
    [InlineData(JumboPayload, Ipv6Problem.Field, false)]
    public void TryParse_UnknownOption_IsTreatedAsItAsks(
        byte type, Ipv6Problem expected, bool answersMulticast)
    {
        foreach (byte header in (byte[])[HopByHop, Ipv6Bytes.DestinationOptions])
        {
            byte[] packet = Ipv6Bytes.Packet(
                header,
                [
                    .. Ipv6Bytes.Options(Ipv6Bytes.Tcp, [.. RouterAlert, type, 4, 0, 1, 0, 0]),
                    .. Ipv6Bytes.Upper,
                ]);
            AssertProblem(expected, expected == Ipv6Problem.None ? 0 : 46, packet);
            Assert.Equal(answersMulticast, Parse(packet).Extensions.AnswersMulticast);
        }
    }

    // RFC 2675 section 2: a payload length of 0 with a hop-by-hop header.
    [Fact]
    public void TryParse_Jumbogram_IsAnError()
    {
        byte[] packet = Ipv6Bytes.Packet(
            HopByHop,
            [
                .. Ipv6Bytes.Options(Ipv6Bytes.Tcp, JumboPayload, 4, 0, 1, 0, 0),
                .. Ipv6Bytes.Upper,
            ]);
        packet[5] = 0;
        Assert.Equal(ParseError.HeaderLength, Ipv6Header.TryParse(packet, out _));
    }

    [Theory]
    [InlineData(Ipv6Extensions.MaximumHeaders, Ipv6Problem.None)]
    [InlineData(Ipv6Extensions.MaximumHeaders + 1, Ipv6Problem.Silent)]
    public void TryParse_Headers_AreBounded(int count, Ipv6Problem expected)
    {
        List<byte> payload = [];
        for (int i = 1; i < count; i++)
        {
            payload.AddRange(Ipv6Bytes.Options(Ipv6Bytes.DestinationOptions));
        }

        payload.AddRange([.. Ipv6Bytes.Options(Ipv6Bytes.Tcp), .. Ipv6Bytes.Upper]);
        Ipv6Header header =
            Parse(Ipv6Bytes.Packet(Ipv6Bytes.DestinationOptions, [.. payload]));
        Assert.Equal(expected, header.Extensions.Problem);
    }

    [Theory]
    [InlineData(Ipv6Extensions.MaximumOptions, Ipv6Problem.None)]
    [InlineData(Ipv6Extensions.MaximumOptions + 1, Ipv6Problem.Silent)]
    public void TryParse_OptionsOfAllHeaders_AreBounded(int count, Ipv6Problem expected)
    {
        byte[] first = [0, 0, .. RouterAlert, 1, 0];
        byte[] rest = [.. Enumerable.Repeat((byte[])[UnknownSkipped, 0], count - 1)
            .SelectMany(option => option)];
        Ipv6Header header = Parse(Ipv6Bytes.Packet(
            HopByHop,
            [
                .. Ipv6Bytes.Options(Ipv6Bytes.DestinationOptions, first),
                .. Ipv6Bytes.Options(Ipv6Bytes.Tcp, rest), .. Ipv6Bytes.Upper,
            ]));
        Assert.Equal(expected, header.Extensions.Problem);
    }

    [Theory]
    [InlineData(UnknownSkipped, 5)]
    [InlineData(1, 5)]
    [InlineData(1, 255)]
    public void TryParse_OptionThatPassesItsHeader_IsOption(byte type, byte length)
    {
        byte[] packet = Ipv6Bytes.Packet(
            HopByHop, [Ipv6Bytes.Tcp, 0, type, length, 0, 0, 0, 0, .. Ipv6Bytes.Upper]);
        Assert.Equal(
            ParseError.Option, Ipv6Header.TryParse(packet, out Ipv6Header header));
        Assert.True(header.Packet.IsEmpty);
    }

    [Fact]
    public void TryParse_OptionWithoutLength_IsOption()
    {
        byte[] packet = Ipv6Bytes.Packet(
            HopByHop, [Ipv6Bytes.Tcp, 0, 0, 0, 0, 0, 0, UnknownSkipped, .. Ipv6Bytes.Upper]);
        Assert.Equal(ParseError.Option, Ipv6Header.TryParse(packet, out _));
    }

    [Fact]
    public void TryParse_AnyValueInAnyByte_NeverThrows()
    {
        byte[] packet = [.. Chain];
        for (int offset = 0; offset < packet.Length; offset++)
        {
            for (int value = 0; value < 256; value++)
            {
                packet[offset] = (byte)value;
                ReadAll(packet);
            }

            packet[offset] = Chain[offset];
        }
    }

    [Fact]
    public void TryParse_AnyBytesBehindTheFixedHeader_NeverThrows()
    {
        Gen<byte> likely = Gen.OneOf(
            Gen.Const(HopByHop), Gen.Const(Ipv6Bytes.Routing), Gen.Const(Ipv6Bytes.Fragment),
            Gen.Const(Ipv6Bytes.DestinationOptions),
            Gen.Byte[0, 3], Gen.Byte);
        Gen.Select(likely, likely.Array[0, 120]).Sample((first, rest) =>
            ReadAll(Ipv6Bytes.Packet(first, rest)));
        Gen.Byte.Array[0, 120].Sample(bytes => ReadAll(bytes));
    }

    private static void ReadAll(ReadOnlySpan<byte> packet)
    {
        ParseError error = Ipv6Header.TryParse(packet, out Ipv6Header header);
        Assert.Equal(error != ParseError.None, header.Packet.IsEmpty);
        if (error == ParseError.None)
        {
            Assert.Equal(
                header.Packet.Length,
                header.Extensions.PayloadOffsetBytes + header.Payload.Length);
            Assert.InRange(
                header.Extensions.PointerBytes, 0, Math.Max(0, header.Packet.Length - 1));
        }
    }

    private static byte[] RoutingHeader(byte nextHeader, byte type, byte segmentsLeft) =>
        [nextHeader, 0, type, segmentsLeft, 0, 0, 0, 0];

    private static Ipv6Header Parse(byte[] packet)
    {
        Assert.Equal(ParseError.None, Ipv6Header.TryParse(packet, out Ipv6Header header));
        return header;
    }

    private static void AssertProblem(Ipv6Problem expected, int pointer, byte[] packet)
    {
        Ipv6Extensions extensions = Parse(packet).Extensions;
        Assert.Equal(expected, extensions.Problem);
        Assert.Equal(pointer, extensions.PointerBytes);
    }
}
