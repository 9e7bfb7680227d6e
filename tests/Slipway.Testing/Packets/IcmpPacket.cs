using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>
/// An ICMP message as a test writes and reads it (RFC 792), or with addresses of IPv6 one of ICMPv6
/// (RFC 4443).
/// </summary>
public sealed record IcmpPacket
{
    public IpAddress Source { get; init; } = VirtualNetwork.Guest;

    public IpAddress Destination { get; init; } = VirtualNetwork.Far;

    /// <summary>
    /// 8 is an echo request, 0 its reply, 3 unreachable, 11 time exceeded. ICMPv6: 128, 129, 1, 3;
    /// 2 is too big, 4 a parameter problem.
    /// </summary>
    public byte Type { get; init; } = 8;

    public byte Code { get; init; }

    /// <summary>
    /// Bytes 4 to 7: identifier and sequence number, or zero and the next hop's MTU.
    /// </summary>
    public uint RestOfHeader { get; init; }

    public byte[] Body { get; init; } = [];

    public bool BadChecksum { get; init; }

    public ushort Identifier => (ushort)(RestOfHeader >> 16);

    public ushort SequenceNumber => (ushort)RestOfHeader;

    /// <summary>The next hop's MTU of "fragmentation needed" (RFC 1191), in bytes.</summary>
    public int MtuBytes => (ushort)RestOfHeader;

    public bool IsError => Source.IsIPv4 ? Type is 3 or 5 or 11 or 12 : Type < 128;

    /// <summary>The start of the packet that an error is about.</summary>
    public Ipv4Packet Quote => Ipv4Packet.ParseQuote(Body);

    /// <summary>The same of ICMPv6.</summary>
    public Ipv6Packet Quote6 => Ipv6Packet.ParseQuote(Body);

    public static IcmpPacket EchoRequest(ushort identifier, ushort sequenceNumber, byte[] body) =>
        new()
    {
        RestOfHeader = ((uint)identifier << 16) | sequenceNumber,
        Body = body,
    };

    /// <summary>An echo request of ICMPv6, to the gateway.</summary>
    public static IcmpPacket EchoRequest6(ushort identifier, ushort sequenceNumber, byte[] body) =>
        EchoRequest(identifier, sequenceNumber, body) with
        {
            Source = VirtualNetwork.Guest6, Destination = VirtualNetwork.Gateway6, Type = 128,
        };

    public byte[] ToBytes()
    {
        byte[] bytes = new byte[8 + Body.Length];
        bytes[0] = Type;
        bytes[1] = Code;
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), RestOfHeader);
        Body.CopyTo(bytes, 8);
        ushort checksum =
            OnesComplement.Checksum(bytes, Pseudo(Source, Destination, bytes.Length));
        BinaryPrimitives.WriteUInt16BigEndian(
            bytes.AsSpan(2), BadChecksum ? (ushort)(checksum ^ 0x0100) : checksum);
        return bytes;
    }

    public Ipv4Packet ToPacket() => new()
    {
        Source = Source,
        Destination = Destination,
        Protocol = IpProtocol.Icmp,
        Payload = ToBytes(),
        DontFragment = false,
    };

    /// <summary>The message in IPv6; neighbor discovery has crossed no router.</summary>
    public Ipv6Packet ToPacket6() => new()
    {
        Source = Source,
        Destination = Destination,
        Protocol = IpProtocol.IcmpV6,
        HopLimit = Type is >= 133 and <= 137 ? (byte)255 : (byte)64,
        Payload = ToBytes(),
    };

    public byte[] ToFrame() => Source.IsIPv4 ? ToPacket().ToFrame() : ToPacket6().ToFrame();

    public static IcmpPacket Parse(Ipv4Packet packet)
    {
        Malformed.If(packet.Protocol != IpProtocol.Icmp, $"protocol {packet.Protocol}, not ICMP");
        return Parse(packet.Source, packet.Destination, packet.Payload);
    }

    public static IcmpPacket Parse(Ipv6Packet packet)
    {
        Malformed.If(
            packet.Protocol != IpProtocol.IcmpV6, $"protocol {packet.Protocol}, not ICMPv6");
        IcmpPacket message = Parse(packet.Source, packet.Destination, packet.Payload);
        Malformed.If(
            message.Type is >= 133 and <= 137 && packet.HopLimit != 255,
            $"neighbor discovery with hop limit {packet.HopLimit}");
        Malformed.If(
            message.IsError && packet.PayloadOffsetBytes + packet.Payload.Length > 1280,
            "an ICMPv6 error longer than each link carries");
        return message;
    }

    private static uint Pseudo(IpAddress source, IpAddress destination, int length) =>
        source.IsIPv4 ? 0
            : OnesComplement.PseudoHeader(source, destination, IpProtocol.IcmpV6, length);

    private static IcmpPacket Parse(
        IpAddress source, IpAddress destination, ReadOnlySpan<byte> bytes)
    {
        Malformed.If(bytes.Length < 8, "less than an ICMP header");
        Malformed.If(
            OnesComplement.Sum(bytes, Pseudo(source, destination, bytes.Length)) != 0xffff,
            "a wrong ICMP checksum");
        return new IcmpPacket
        {
            Source = source,
            Destination = destination,
            Type = bytes[0],
            Code = bytes[1],
            RestOfHeader = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]),
            Body = bytes[8..].ToArray(),
        };
    }

    public static IcmpPacket ParseFrame(ReadOnlySpan<byte> frame) => EthernetFrame.IsIpv6(frame)
        ? Parse(Ipv6Packet.ParseFrame(frame)) : Parse(Ipv4Packet.ParseFrame(frame));
}
