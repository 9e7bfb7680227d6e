using CsCheck;

namespace Slipway.Wire.Tests.Ip;

public class Icmpv6MessageTests
{
    private static readonly IpAddress Guest = IpAddress.Parse("fd5a:94ef:e40c::2");
    private static readonly IpAddress Peer = IpAddress.Parse("2001:db8::1");

    // The checksum was summed by hand over addresses, length 11, next header 58 and this.
    private static readonly byte[] Echo =
        [128, 0, 0x05, 0x0f, 0x12, 0x34, 0, 1, (byte)'a', (byte)'b', (byte)'c'];

    private static readonly byte[] Solicitation =
    [
        135, 0, 0x59, 0x16, 0, 0, 0, 0,
        0xfd, 0x5a, 0x94, 0xef, 0xe4, 0x0c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
        1, 1, 0x5a, 0x94, 0xef, 0xe4, 0x0c, 0xdd,
    ];

    private static ulong EchoPseudo => IcmpMessage.PseudoHeader(Guest, Peer, Echo.Length);

    [Fact]
    public void TryParse_Echo_ReadsAllFields()
    {
        Assert.Equal(
            ParseError.None, IcmpMessage.TryParse(Echo, out IcmpMessage message, EchoPseudo));
        Assert.Equal(Icmpv6Type.EchoRequest, message.Type);
        Assert.Equal(0, message.Code);
        Assert.Equal(0x1234, message.Identifier);
        Assert.Equal(1, message.SequenceNumber);
        Assert.Equal("abc"u8.ToArray(), message.Body.ToArray());
        Assert.Equal(Echo, message.Message.ToArray());
    }

    [Fact]
    public void WriteEcho_FieldsOfTheEcho_GivesTheSameBytes()
    {
        byte[] message = [1, 2, 3, 4, 5, 6, 7, 8, .. "abc"u8];
        IcmpMessage.WriteEcho(message, Icmpv6Type.EchoRequest, 0x1234, 1, EchoPseudo);
        Assert.Equal(Echo, message);
    }

    [Fact]
    public void WriteChecksum_NeighborSolicitation_IsThatOfThePseudoHeader()
    {
        byte[] message = new byte[NeighborSolicitation.MaximumLengthBytes];
        MacAddress mac = new(0x5a94_efe4_0cdd);
        NeighborSolicitation.Write(message, Guest, mac);
        IpAddress source = IpAddress.LinkLocal(mac);
        ulong pseudo = IcmpMessage.PseudoHeader(
            source, Ipv6Multicast.SolicitedNode(Guest), message.Length);
        IcmpMessage.WriteChecksum(message, pseudo);
        Assert.Equal(Solicitation, message);
        Assert.Equal(ParseError.None, IcmpMessage.TryParse(message, out _, pseudo));
    }

    [Fact]
    public void TryParse_OtherPseudoHeader_IsChecksum()
    {
        ulong[] others =
        [
            0,
            IcmpMessage.PseudoHeader(Guest, Guest, Echo.Length),
            IcmpMessage.PseudoHeader(Peer, Peer, Echo.Length),
            IcmpMessage.PseudoHeader(Guest, Peer, Echo.Length + 1),
            InternetChecksum.PseudoHeader(Guest, Peer, IpProtocol.Icmp, Echo.Length),
        ];
        foreach (ulong pseudo in others)
        {
            Assert.Equal(ParseError.Checksum, IcmpMessage.TryParse(Echo, out _, pseudo));
        }
    }

    [Fact]
    public void PseudoHeader_IPv4_AddsNothing() =>
        Assert.Equal(0ul, IcmpMessage.PseudoHeader(
            IpAddress.Parse("192.0.2.1"), IpAddress.Parse("192.0.2.2"), 8));

    [Fact]
    public void TryParse_AnyBitFlipped_IsChecksum()
    {
        for (int bit = 0; bit < Echo.Length * 8; bit++)
        {
            byte[] message = [.. Echo];
            message[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(ParseError.Checksum, IcmpMessage.TryParse(message, out _, EchoPseudo));
        }
    }

    [Fact]
    public void TryParse_AnyTruncation_IsAnError()
    {
        for (int length = 0; length < Echo.Length; length++)
        {
            ReadOnlySpan<byte> cut = Echo.AsSpan(0, length);
            ParseError verified = length < 8 ? ParseError.Truncated : ParseError.None;
            Assert.Equal(
                length < 8 ? ParseError.Truncated : ParseError.Checksum,
                IcmpMessage.TryParse(cut, out _, EchoPseudo));
            Assert.Equal(verified, IcmpMessage.TryReadVerified(cut, out _));
        }
    }

    [Fact]
    public void Write_AnyFields_ParsesBack() =>
        Gen.Select(
            Gen.Select(Gen.Byte, Gen.Byte, Gen.UInt), Gen.Byte.Array[0, 1500],
            WireGen.Neighbor, WireGen.Neighbor).Sample(
            (fields, body, source, destination) =>
            {
                byte[] bytes = [.. new byte[8], .. body];
                ulong pseudo = IcmpMessage.PseudoHeader(source, destination, bytes.Length);
                IcmpMessage.Write(bytes, fields.Item1, fields.Item2, fields.Item3, pseudo);
                Assert.Equal(
                    ParseError.None, IcmpMessage.TryParse(bytes, out IcmpMessage message, pseudo));
                Assert.Equal(fields.Item1, message.Type);
                Assert.Equal(fields.Item2, message.Code);
                Assert.Equal(fields.Item3, message.RestOfHeader);
                Assert.True(message.Body.SequenceEqual(body));
            });
}
