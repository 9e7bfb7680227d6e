using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>
/// A TCP segment as a test writes and reads it (RFC 9293 section 3.1). A template: a test says only
/// what differs from an empty ACK from the guest to the far server.
/// </summary>
public sealed record Segment
{
    public IpEndpoint Source { get; init; } = VirtualNetwork.GuestEndpoint;

    public IpEndpoint Destination { get; init; } = VirtualNetwork.FarEndpoint;

    public uint Sequence { get; init; }

    public uint Acknowledgment { get; init; }

    public TcpFlags Flags { get; init; } = TcpFlags.Acknowledgment;

    /// <summary>The field as it stands in the header, unscaled.</summary>
    public ushort Window { get; init; } = 65_535;

    public ushort UrgentPointer { get; init; }

    public SegmentOptions Options { get; init; } = SegmentOptions.None;

    public byte[] Payload { get; init; } = [];

    /// <summary>Stores a wrong checksum when written.</summary>
    public bool BadChecksum { get; init; }

    /// <summary>Stores this data offset, in words, in place of the right one.</summary>
    public int? LyingDataOffset { get; init; }

    /// <summary>Sequence space that the segment occupies: payload, SYN and FIN.</summary>
    public uint Length =>
        (uint)Payload.Length + (Has(TcpFlags.Syn) ? 1u : 0) + (Has(TcpFlags.Fin) ? 1u : 0);

    /// <summary>The sequence number after the segment.</summary>
    public uint End => Sequence + Length;

    public bool Has(TcpFlags flags) => (Flags & flags) == flags;

    /// <summary>Header, options and payload.</summary>
    public byte[] ToBytes()
    {
        byte[] options = Options.ToBytes();
        int header = 20 + options.Length;
        byte[] segment = new byte[header + Payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(segment, Source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(2), Destination.Port);
        BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(4), Sequence);
        BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(8), Acknowledgment);
        segment[12] = (byte)((LyingDataOffset ?? (header / 4)) << 4);
        segment[13] = (byte)Flags;
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(14), Window);
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(18), UrgentPointer);
        options.CopyTo(segment, 20);
        Payload.CopyTo(segment, header);
        uint pseudo = OnesComplement.PseudoHeader(
            Source.Address, Destination.Address, IpProtocol.Tcp, segment.Length);
        ushort checksum = OnesComplement.Checksum(segment, pseudo);
        BinaryPrimitives.WriteUInt16BigEndian(
            segment.AsSpan(16), BadChecksum ? (ushort)(checksum ^ 0x0100) : checksum);
        return segment;
    }

    public Ipv4Packet ToPacket() => new()
    {
        Source = Source.Address,
        Destination = Destination.Address,
        Protocol = IpProtocol.Tcp,
        Payload = ToBytes(),
    };

    /// <summary>The segment in IPv6.</summary>
    public Ipv6Packet ToPacket6() => new()
    {
        Source = Source.Address,
        Destination = Destination.Address,
        Protocol = IpProtocol.Tcp,
        Payload = ToBytes(),
    };

    /// <summary>The segment in a frame from the guest to the gateway's MAC.</summary>
    public byte[] ToFrame() =>
        Source.Address.IsIPv4 ? ToPacket().ToFrame() : ToPacket6().ToFrame();

    /// <summary>
    /// Reads a segment that the engine sent: header, options and checksum must be right.
    /// </summary>
    public static Segment Parse(Ipv4Packet packet) =>
        Parse(packet.Source, packet.Destination, packet.Protocol, packet.Payload);

    /// <inheritdoc cref="Parse(Ipv4Packet)"/>
    public static Segment Parse(Ipv6Packet packet) =>
        Parse(packet.Source, packet.Destination, packet.Protocol, packet.Payload);

    internal static Segment Parse(
        IpAddress source, IpAddress destination, IpProtocol protocol, ReadOnlySpan<byte> bytes)
    {
        Malformed.If(protocol != IpProtocol.Tcp, $"protocol {protocol}, not TCP");
        Malformed.If(bytes.Length < 20, "less than a TCP header");
        int header = (bytes[12] >> 4) * 4;
        Malformed.If(header < 20 || header > bytes.Length, $"a TCP header of {header} bytes");
        uint pseudo = OnesComplement.PseudoHeader(
            source, destination, IpProtocol.Tcp, bytes.Length);
        Malformed.If(OnesComplement.Sum(bytes, pseudo) != 0xffff, "a wrong TCP checksum");
        Malformed.If((bytes[12] & 15) != 0, "a TCP header with reserved bits");
        return new Segment
        {
            Source = new IpEndpoint(source, BinaryPrimitives.ReadUInt16BigEndian(bytes)),
            Destination = new IpEndpoint(destination,
                BinaryPrimitives.ReadUInt16BigEndian(bytes[2..])),
            Sequence = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]),
            Acknowledgment = BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]),
            Flags = (TcpFlags)bytes[13],
            Window = BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]),
            UrgentPointer = BinaryPrimitives.ReadUInt16BigEndian(bytes[18..]),
            Options = SegmentOptions.Parse(bytes[20..header]),
            Payload = bytes[header..].ToArray(),
        };
    }

    /// <summary>Reads a frame to a guest that must carry a TCP segment.</summary>
    public static Segment ParseFrame(ReadOnlySpan<byte> frame) => EthernetFrame.IsIpv6(frame)
        ? Parse(Ipv6Packet.ParseFrame(frame)) : Parse(Ipv4Packet.ParseFrame(frame));

    public override string ToString()
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture,
            $"{Source} > {Destination} [{Flags}] seq {Sequence}");
        text.Append(CultureInfo.InvariantCulture,
            $" ack {Acknowledgment} win {Window} length {Payload.Length}");
        return text.Append(Options).ToString();
    }
}
