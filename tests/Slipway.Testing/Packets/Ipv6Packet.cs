using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>An IPv6 packet as a test writes and reads it (RFC 8200).</summary>
public sealed record Ipv6Packet
{
    private const int HeaderBytes = 40;
    private const int FragmentHeaderBytes = 8;

    public IpAddress Source { get; init; } = VirtualNetwork.Guest6;

    public IpAddress Destination { get; init; } = VirtualNetwork.Far6;

    /// <summary>What the payload is.</summary>
    public IpProtocol Protocol { get; init; } = IpProtocol.Tcp;

    public byte HopLimit { get; init; } = 64;

    public byte TrafficClass { get; init; }

    /// <summary>20 bits.</summary>
    public uint FlowLabel { get; init; }

    /// <summary>
    /// Extension headers before the fragment header: what each is, and its bytes, the first of
    /// which is written over by what comes next.
    /// </summary>
    public (IpProtocol Kind, byte[] Bytes)[] Extensions { get; init; } = [];

    /// <summary>A fragment header stands before the payload.</summary>
    public bool HasFragmentHeader { get; init; }

    public bool MoreFragments { get; init; }

    public int FragmentOffsetBytes { get; init; }

    public uint Identification { get; init; }

    public byte[] Payload { get; init; } = [];

    /// <summary>Stores this length in place of the right one.</summary>
    public ushort? LyingLength { get; init; }

    public bool IsPiece => MoreFragments || FragmentOffsetBytes > 0;

    /// <summary>Where the payload begins, in bytes.</summary>
    public int PayloadOffsetBytes => HeaderBytes + Extensions.Sum(header => header.Bytes.Length)
        + (HasFragmentHeader ? FragmentHeaderBytes : 0);

    public byte[] ToBytes()
    {
        byte[] packet = new byte[PayloadOffsetBytes + Payload.Length];
        BinaryPrimitives.WriteUInt32BigEndian(
            packet, 0x6000_0000 | ((uint)TrafficClass << 20) | FlowLabel);
        BinaryPrimitives.WriteUInt16BigEndian(
            packet.AsSpan(4), LyingLength ?? (ushort)(packet.Length - HeaderBytes));
        packet[7] = HopLimit;
        Source.WriteIPv6(packet.AsSpan(8));
        Destination.WriteIPv6(packet.AsSpan(24));
        int named = 6;
        int at = HeaderBytes;
        foreach ((IpProtocol kind, byte[] bytes) in Extensions)
        {
            packet[named] = (byte)kind;
            bytes.CopyTo(packet, at);
            named = at;
            at += bytes.Length;
        }

        if (HasFragmentHeader)
        {
            packet[named] = 44;
            BinaryPrimitives.WriteUInt16BigEndian(
                packet.AsSpan(at + 2), (ushort)(FragmentOffsetBytes | (MoreFragments ? 1 : 0)));
            BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(at + 4), Identification);
            named = at;
        }

        packet[named] = (byte)Protocol;
        Payload.CopyTo(packet, PayloadOffsetBytes);
        return packet;
    }

    /// <summary>The packet in a frame from the guest to the gateway's MAC.</summary>
    public byte[] ToFrame() => ToEthernet().ToBytes();

    public EthernetFrame ToEthernet() => new() { Type = 0x86dd, Payload = ToBytes() };

    /// <summary>
    /// Cuts the packet into fragments whose payloads have at most this many bytes; its extension
    /// headers stand in each.
    /// </summary>
    public Ipv6Packet[] Fragment(int payloadLengthBytes)
    {
        int step = payloadLengthBytes & ~7;
        int count = Math.Max(1, (Payload.Length + step - 1) / step);
        Ipv6Packet[] fragments = new Ipv6Packet[count];
        for (int i = 0; i < count; i++)
        {
            fragments[i] = this with
            {
                HasFragmentHeader = true,
                MoreFragments = i < count - 1,
                FragmentOffsetBytes = i * step,
                Payload = Payload[(i * step)..Math.Min(Payload.Length, (i + 1) * step)],
            };
        }

        return fragments;
    }

    /// <summary>
    /// Reads a packet that the engine sent; its length must be exact, and it has no extension
    /// header but a fragment's.
    /// </summary>
    public static Ipv6Packet Parse(ReadOnlySpan<byte> packet)
    {
        Ipv6Packet parsed = ParseQuote(packet);
        int length = BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);
        Malformed.If(
            HeaderBytes + length != packet.Length,
            $"an IPv6 packet of 40 and {length} bytes in {packet.Length}");
        Malformed.If(parsed.Extensions.Length > 0, "IPv6 with extension headers");
        Malformed.If(parsed.HopLimit == 0, "an IPv6 packet of hop limit 0");
        Malformed.If(parsed.Source.IsMulticast, "an IPv6 packet from a group");
        Malformed.If(
            parsed.Source.IsIPv4 || parsed.Destination.IsIPv4, "a mapped address in IPv6");
        Malformed.If(
            parsed.Source.IsUnspecified || parsed.Destination.IsUnspecified, "IPv6 with ::");
        Malformed.If(
            parsed.HasFragmentHeader && (packet[41] != 0 || (packet[43] & 6) != 0),
            "a fragment header with reserved bits");
        Malformed.If(
            parsed.MoreFragments && parsed.Payload.Length % 8 != 0,
            $"a fragment of {parsed.Payload.Length} bytes");
        return parsed;
    }

    /// <summary>
    /// Reads the start of a packet as an ICMPv6 error quotes it: the payload may be cut.
    /// </summary>
    public static Ipv6Packet ParseQuote(ReadOnlySpan<byte> packet)
    {
        Malformed.If(packet.Length < HeaderBytes || packet[0] >> 4 != 6, "no IPv6 header");
        uint first = BinaryPrimitives.ReadUInt32BigEndian(packet);
        Ipv6Packet fixedHeader = new()
        {
            TrafficClass = (byte)(first >> 20),
            FlowLabel = first & 0xf_ffff,
            HopLimit = packet[7],
            Source = IpAddress.ReadIPv6(packet[8..]),
            Destination = IpAddress.ReadIPv6(packet[24..]),
        };
        List<(IpProtocol Kind, byte[] Bytes)> extensions = [];
        IpProtocol next = (IpProtocol)packet[6];
        ReadOnlySpan<byte> rest = packet[HeaderBytes..];
        while (next is IpProtocol.HopByHop or IpProtocol.Routing or IpProtocol.DestinationOptions
            && rest.Length >= 8 && (rest[1] + 1) * 8 <= rest.Length)
        {
            int length = (rest[1] + 1) * 8;
            extensions.Add((next, rest[..length].ToArray()));
            next = (IpProtocol)rest[0];
            rest = rest[length..];
        }

        Ipv6Packet parsed = fixedHeader with { Extensions = [.. extensions] };
        return next == IpProtocol.Fragment && rest.Length >= FragmentHeaderBytes
            ? WithFragmentHeader(parsed, rest)
            : parsed with { Protocol = next, Payload = rest.ToArray() };
    }

    /// <summary>Reads a frame to a guest that must carry IPv6.</summary>
    public static Ipv6Packet ParseFrame(ReadOnlySpan<byte> frame)
    {
        EthernetFrame parsed = EthernetFrame.Parse(frame);
        Malformed.If(parsed.Type != 0x86dd, $"ethertype {parsed.Type:x4}, not IPv6");
        Ipv6Packet packet = Parse(parsed.Payload);
        Malformed.If(
            packet.Destination.IsMulticast != parsed.Destination.IsMulticast,
            $"IPv6 to {packet.Destination} in a frame to {parsed.Destination}");
        return packet;
    }

    private static Ipv6Packet WithFragmentHeader(Ipv6Packet packet, ReadOnlySpan<byte> rest)
    {
        int field = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
        return packet with
        {
            HasFragmentHeader = true,
            Protocol = (IpProtocol)rest[0],
            MoreFragments = (field & 1) != 0,
            FragmentOffsetBytes = field & 0xfff8,
            Identification = BinaryPrimitives.ReadUInt32BigEndian(rest[4..]),
            Payload = rest[FragmentHeaderBytes..].ToArray(),
        };
    }
}
