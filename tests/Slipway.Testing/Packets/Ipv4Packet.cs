using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>An IPv4 packet as a test writes and reads it (RFC 791).</summary>
public sealed record Ipv4Packet
{
    public IpAddress Source { get; init; } = VirtualNetwork.Guest;

    public IpAddress Destination { get; init; } = VirtualNetwork.Far;

    public IpProtocol Protocol { get; init; } = IpProtocol.Tcp;

    public byte Ttl { get; init; } = 64;

    public byte TypeOfService { get; init; }

    public ushort Identification { get; init; }

    public bool DontFragment { get; init; } = true;

    public bool MoreFragments { get; init; }

    public int FragmentOffsetBytes { get; init; }

    /// <summary>IP options, a multiple of four bytes.</summary>
    public byte[] Options { get; init; } = [];

    public byte[] Payload { get; init; } = [];

    public int HeaderLengthBytes => 20 + Options.Length;

    public byte[] ToBytes()
    {
        byte[] packet = new byte[HeaderLengthBytes + Payload.Length];
        packet[0] = (byte)(0x40 | (HeaderLengthBytes / 4));
        packet[1] = TypeOfService;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), Identification);
        int flags = (DontFragment ? 0x4000 : 0) | (MoreFragments ? 0x2000 : 0)
            | (FragmentOffsetBytes / 8);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(6), (ushort)flags);
        packet[8] = Ttl;
        packet[9] = (byte)Protocol;
        Source.WriteIPv4(packet.AsSpan(12));
        Destination.WriteIPv4(packet.AsSpan(16));
        Options.CopyTo(packet, 20);
        ushort checksum = OnesComplement.Checksum(packet.AsSpan(0, HeaderLengthBytes));
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(10), checksum);
        Payload.CopyTo(packet, HeaderLengthBytes);
        return packet;
    }

    /// <summary>The packet in a frame from the guest to the gateway's MAC.</summary>
    public byte[] ToFrame() => new EthernetFrame { Payload = ToBytes() }.ToBytes();

    /// <summary>
    /// Cuts the packet into fragments whose payloads have at most this many bytes.
    /// </summary>
    public Ipv4Packet[] Fragment(int payloadLengthBytes)
    {
        int step = payloadLengthBytes & ~7;
        int count = Math.Max(1, (Payload.Length + step - 1) / step);
        Ipv4Packet[] fragments = new Ipv4Packet[count];
        for (int i = 0; i < count; i++)
        {
            fragments[i] = this with
            {
                DontFragment = false,
                MoreFragments = i < count - 1,
                FragmentOffsetBytes = i * step,
                Payload = Payload[(i * step)..Math.Min(Payload.Length, (i + 1) * step)],
            };
        }

        return fragments;
    }

    /// <summary>
    /// Reads a packet that the engine sent; its length must be exact, its checksum right.
    /// </summary>
    public static Ipv4Packet Parse(ReadOnlySpan<byte> packet)
    {
        Malformed.If(packet.Length < 20, "less than an IPv4 header");
        Ipv4Packet parsed = ParseQuote(packet);
        int total = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        Malformed.If(total != packet.Length, $"an IPv4 packet of {total} bytes in {packet.Length}");
        return parsed;
    }

    /// <summary>
    /// Reads the start of a packet as an ICMP error quotes it: the payload may be cut.
    /// </summary>
    public static Ipv4Packet ParseQuote(ReadOnlySpan<byte> packet)
    {
        Malformed.If(packet.Length < 20 || packet[0] >> 4 != 4, "no IPv4 header");
        int header = (packet[0] & 15) * 4;
        Malformed.If(header < 20 || header > packet.Length, $"an IPv4 header of {header} bytes");
        Malformed.If(OnesComplement.Sum(packet[..header]) != 0xffff,
            "a wrong IPv4 header checksum");
        int flags = BinaryPrimitives.ReadUInt16BigEndian(packet[6..]);
        Malformed.If((flags & 0x8000) != 0, "an IPv4 packet with the reserved flag");
        return new Ipv4Packet
        {
            TypeOfService = packet[1],
            Identification = BinaryPrimitives.ReadUInt16BigEndian(packet[4..]),
            DontFragment = (flags & 0x4000) != 0,
            MoreFragments = (flags & 0x2000) != 0,
            FragmentOffsetBytes = (flags & 0x1fff) * 8,
            Ttl = packet[8],
            Protocol = (IpProtocol)packet[9],
            Source = IpAddress.ReadIPv4(packet[12..]),
            Destination = IpAddress.ReadIPv4(packet[16..]),
            Options = packet[20..header].ToArray(),
            Payload = packet[header..].ToArray(),
        };
    }

    /// <summary>Reads a frame to a guest that must carry IPv4.</summary>
    public static Ipv4Packet ParseFrame(ReadOnlySpan<byte> frame)
    {
        EthernetFrame parsed = EthernetFrame.Parse(frame);
        Malformed.If(parsed.Type != 0x0800, $"ethertype {parsed.Type:x4}, not IPv4");
        return Parse(parsed.Payload);
    }
}
