using System.Buffers.Binary;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>
/// Does with a frame of open ends what a network card does, by the tests' own readers and writers:
/// completes its checksum and cuts it into packets. And the reverse, as a guest's kernel leaves
/// frames to its card.
/// </summary>
public static class OffloadingCard
{
    private const int HeadersBytes = 34;

    /// <summary>The packets that go over the wire. Throws where a card would be misled.</summary>
    public static byte[][] Cut(ReadOnlySpan<byte> frame, in FrameOffload offload)
    {
        if (!offload.IsChecksumOpen)
        {
            Malformed.If(offload.IsSegmented, "segments without an open checksum");
            return [frame.ToArray()];
        }

        byte[] whole = Complete(frame, offload);
        if (!offload.IsSegmented)
        {
            return [whole];
        }

        EthernetFrame ethernet = EthernetFrame.Parse(whole);
        Ipv4Packet packet = Ipv4Packet.Parse(ethernet.Payload);
        bool isTcp = packet.Protocol == IpProtocol.Tcp;
        SegmentKind kind = isTcp ? SegmentKind.Tcp4 : SegmentKind.Udp;
        int header = isTcp ? (packet.Payload[12] >> 4) * 4 : 8;
        Malformed.If(kind != offload.Kind, $"{packet.Protocol} to be cut as {offload.Kind}");
        Malformed.If(
            offload.HeaderBytes != HeadersBytes + packet.Options.Length + header,
            $"headers of {offload.HeaderBytes} bytes");
        Ipv4Packet[] cut = isTcp ? CutTcp(packet, offload) : CutUdp(packet, offload);
        return [.. cut.Select(piece => (ethernet with { Payload = piece.ToBytes() }).ToBytes())];
    }

    /// <summary>A guest's segment as it leaves it to its card.</summary>
    /// <param name="segment">With as much payload as fits an IPv4 packet.</param>
    /// <param name="segmentBytes">0 to leave only the checksum.</param>
    public static (byte[] Frame, FrameOffload Offload) Leave(Segment segment, int segmentBytes = 0)
    {
        byte[] frame = segment.ToFrame();
        int length = frame.Length - HeadersBytes;
        uint pseudo = OnesComplement.PseudoHeader(
            segment.Source.Address, segment.Destination.Address, IpProtocol.Tcp, length);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(HeadersBytes + 16), (ushort)pseudo);
        return (frame, new FrameOffload
        {
            ChecksumStart = HeadersBytes,
            ChecksumOffset = 16,
            Kind = segmentBytes > 0 ? SegmentKind.Tcp4 : SegmentKind.None,
            SegmentBytes = (ushort)segmentBytes,
            HeaderBytes = (ushort)(frame.Length - segment.Payload.Length),
        });
    }

    /// <summary>A guest's datagrams of one size as it leaves them to its card.</summary>
    public static (byte[] Frame, FrameOffload Offload) Leave(Datagram datagram, int segmentBytes)
    {
        byte[] frame = datagram.ToFrame();
        uint pseudo = OnesComplement.PseudoHeader(
            datagram.Source.Address, datagram.Destination.Address, IpProtocol.Udp,
            frame.Length - HeadersBytes);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(HeadersBytes + 6), (ushort)pseudo);
        return (frame, new FrameOffload
        {
            ChecksumStart = HeadersBytes,
            ChecksumOffset = 6,
            Kind = segmentBytes > 0 ? SegmentKind.Udp : SegmentKind.None,
            SegmentBytes = (ushort)segmentBytes,
            HeaderBytes = HeadersBytes + 8,
        });
    }

    /// <summary>
    /// A guest's frame as its kernel leaves it to a card: the checksum of a whole TCP or UDP packet
    /// is open.
    /// </summary>
    public static FrameOffload Open(Span<byte> frame)
    {
        if (EthernetFrame.Parse(frame).Type != 0x0800)
        {
            return default;
        }

        Ipv4Packet packet = Ipv4Packet.ParseFrame(frame);
        bool isTcp = packet.Protocol == IpProtocol.Tcp;
        if (packet.MoreFragments || packet.FragmentOffsetBytes > 0
            || !(isTcp || packet.Protocol == IpProtocol.Udp))
        {
            return default;
        }

        FrameOffload offload = new()
        {
            ChecksumStart = (ushort)(HeadersBytes + packet.Options.Length),
            ChecksumOffset = isTcp ? (ushort)16 : (ushort)6,
        };
        uint pseudo = OnesComplement.PseudoHeader(
            packet.Source, packet.Destination, packet.Protocol, packet.Payload.Length);
        BinaryPrimitives.WriteUInt16BigEndian(
            frame[(offload.ChecksumStart + offload.ChecksumOffset)..], (ushort)pseudo);
        return offload;
    }

    private static byte[] Complete(ReadOnlySpan<byte> frame, in FrameOffload offload)
    {
        byte[] whole = frame.ToArray();
        Ipv4Packet packet = Ipv4Packet.ParseFrame(whole);
        int transport = HeadersBytes + packet.Options.Length;
        bool isTcp = packet.Protocol == IpProtocol.Tcp;
        Malformed.If(
            !isTcp && packet.Protocol != IpProtocol.Udp, "an open checksum of no transport");
        Malformed.If(
            offload.ChecksumStart != transport || offload.ChecksumOffset != (isTcp ? 16 : 6),
            "an open checksum in the wrong place");
        Span<byte> field = whole.AsSpan(transport + offload.ChecksumOffset, 2);
        uint pseudo = OnesComplement.PseudoHeader(
            packet.Source, packet.Destination, packet.Protocol, packet.Payload.Length);
        ushort found = BinaryPrimitives.ReadUInt16BigEndian(field);
        Malformed.If(found != pseudo, $"an open checksum of {found:x4}, not {pseudo:x4}");
        ushort checksum = OnesComplement.Checksum(whole.AsSpan(transport));
        BinaryPrimitives.WriteUInt16BigEndian(
            field, !isTcp && checksum == 0 ? (ushort)0xffff : checksum);
        return whole;
    }

    private static Ipv4Packet[] CutTcp(Ipv4Packet packet, FrameOffload offload)
    {
        Segment whole = Segment.Parse(packet);
        return CutPayload(packet, whole.Payload, offload.SegmentBytes, (piece, offset, isLast) =>
            (whole with
            {
                Sequence = whole.Sequence + (uint)offset,
                Payload = piece,
                Flags = isLast ? whole.Flags : whole.Flags & ~(TcpFlags.Fin | TcpFlags.Push),
            }).ToBytes());
    }

    private static Ipv4Packet[] CutUdp(Ipv4Packet packet, FrameOffload offload)
    {
        Datagram whole = Datagram.Parse(packet);
        return CutPayload(packet, whole.Payload, offload.SegmentBytes, (piece, _, _) =>
            (whole with { Payload = piece }).ToBytes());
    }

    private static Ipv4Packet[] CutPayload(
        Ipv4Packet packet, byte[] payload, int step, Func<byte[], int, bool, byte[]> write)
    {
        int count = Math.Max(1, (payload.Length + step - 1) / step);
        Ipv4Packet[] cut = new Ipv4Packet[count];
        for (int i = 0; i < count; i++)
        {
            byte[] piece = payload[(i * step)..Math.Min(payload.Length, (i + 1) * step)];
            cut[i] = packet with
            {
                Identification = (ushort)(packet.Identification + i),
                Payload = write(piece, i * step, i == count - 1),
            };
        }

        return cut;
    }
}
