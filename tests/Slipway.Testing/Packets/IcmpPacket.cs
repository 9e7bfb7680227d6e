using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>An ICMP message as a test writes and reads it (RFC 792).</summary>
public sealed record IcmpPacket
{
    public IpAddress Source { get; init; } = VirtualNetwork.Guest;

    public IpAddress Destination { get; init; } = VirtualNetwork.Far;

    /// <summary>8 is an echo request, 0 its reply, 3 unreachable, 11 time exceeded.</summary>
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

    public bool IsError => Type is 3 or 5 or 11 or 12;

    /// <summary>The start of the packet that an error is about.</summary>
    public Ipv4Packet Quote => Ipv4Packet.ParseQuote(Body);

    public static IcmpPacket EchoRequest(ushort identifier, ushort sequenceNumber, byte[] body) =>
        new()
    {
        RestOfHeader = ((uint)identifier << 16) | sequenceNumber,
        Body = body,
    };

    public byte[] ToBytes()
    {
        byte[] bytes = new byte[8 + Body.Length];
        bytes[0] = Type;
        bytes[1] = Code;
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), RestOfHeader);
        Body.CopyTo(bytes, 8);
        ushort checksum = OnesComplement.Checksum(bytes);
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

    public byte[] ToFrame() => ToPacket().ToFrame();

    public static IcmpPacket Parse(Ipv4Packet packet)
    {
        Malformed.If(packet.Protocol != IpProtocol.Icmp, $"protocol {packet.Protocol}, not ICMP");
        ReadOnlySpan<byte> bytes = packet.Payload;
        Malformed.If(bytes.Length < 8, "less than an ICMP header");
        Malformed.If(OnesComplement.Sum(bytes) != 0xffff, "a wrong ICMP checksum");
        return new IcmpPacket
        {
            Source = packet.Source,
            Destination = packet.Destination,
            Type = bytes[0],
            Code = bytes[1],
            RestOfHeader = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]),
            Body = bytes[8..].ToArray(),
        };
    }

    public static IcmpPacket ParseFrame(ReadOnlySpan<byte> frame) =>
        Parse(Ipv4Packet.ParseFrame(frame));
}
