using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>A UDP datagram as a test writes and reads it (RFC 768).</summary>
public sealed record Datagram
{
    public IpEndpoint Source { get; init; } = VirtualNetwork.GuestEndpoint;

    public IpEndpoint Destination { get; init; } = new(VirtualNetwork.Far, 53);

    public byte[] Payload { get; init; } = [];

    public bool BadChecksum { get; init; }

    /// <summary>Stores this length in place of the right one.</summary>
    public ushort? LyingLength { get; init; }

    public byte[] ToBytes()
    {
        byte[] bytes = new byte[8 + Payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, Source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), Destination.Port);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(4), LyingLength ?? (ushort)bytes.Length);
        Payload.CopyTo(bytes, 8);
        uint pseudo = OnesComplement.PseudoHeader(
            Source.Address, Destination.Address, IpProtocol.Udp, bytes.Length);
        ushort checksum = OnesComplement.Checksum(bytes, pseudo);
        checksum = checksum == 0 ? (ushort)0xffff : checksum;
        BinaryPrimitives.WriteUInt16BigEndian(
            bytes.AsSpan(6), BadChecksum ? (ushort)(checksum ^ 0x0100) : checksum);
        return bytes;
    }

    public Ipv4Packet ToPacket() => new()
    {
        Source = Source.Address,
        Destination = Destination.Address,
        Protocol = IpProtocol.Udp,
        Payload = ToBytes(),
        DontFragment = false,
    };

    /// <summary>The datagram in IPv6.</summary>
    public Ipv6Packet ToPacket6() => new()
    {
        Source = Source.Address,
        Destination = Destination.Address,
        Protocol = IpProtocol.Udp,
        Payload = ToBytes(),
    };

    public byte[] ToFrame() =>
        Source.Address.IsIPv4 ? ToPacket().ToFrame() : ToPacket6().ToFrame();

    /// <summary>Reads a whole datagram that the engine sent, checksum and length right.</summary>
    public static Datagram Parse(Ipv4Packet packet) =>
        Parse(packet.Source, packet.Destination, packet.Protocol, packet.Payload);

    /// <summary>The same of IPv6, where a checksum must be (RFC 8200 section 8.1).</summary>
    public static Datagram Parse(Ipv6Packet packet) =>
        Parse(packet.Source, packet.Destination, packet.Protocol, packet.Payload);

    internal static Datagram Parse(
        IpAddress source, IpAddress destination, IpProtocol protocol, ReadOnlySpan<byte> bytes)
    {
        Malformed.If(protocol != IpProtocol.Udp, $"protocol {protocol}, not UDP");
        Malformed.If(bytes.Length < 8, "less than a UDP header");
        int length = BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        Malformed.If(length != bytes.Length, $"a UDP datagram of {length} bytes in {bytes.Length}");
        uint pseudo = OnesComplement.PseudoHeader(
            source, destination, IpProtocol.Udp, bytes.Length);
        bool isUnchecked = source.IsIPv4 && bytes[6] == 0 && bytes[7] == 0;
        Malformed.If(!isUnchecked && OnesComplement.Sum(bytes, pseudo) != 0xffff,
            "a wrong UDP checksum");
        return new Datagram
        {
            Source = new IpEndpoint(source, BinaryPrimitives.ReadUInt16BigEndian(bytes)),
            Destination = new IpEndpoint(destination,
                BinaryPrimitives.ReadUInt16BigEndian(bytes[2..])),
            Payload = bytes[8..].ToArray(),
        };
    }

    public static Datagram ParseFrame(ReadOnlySpan<byte> frame) => EthernetFrame.IsIpv6(frame)
        ? Parse(Ipv6Packet.ParseFrame(frame)) : Parse(Ipv4Packet.ParseFrame(frame));
}
