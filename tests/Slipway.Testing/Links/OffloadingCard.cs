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

        CarriedPayload packet = CarriedPayload.Of(whole);
        bool isTcp = packet.Protocol == IpProtocol.Tcp;
        int header = isTcp ? (packet.Payload[12] >> 4) * 4 : 8;
        Malformed.If(
            KindOf(packet.Source, isTcp) != offload.Kind,
            $"{packet.Protocol} to be cut as {offload.Kind}");
        Malformed.If(
            offload.HeaderBytes != packet.OffsetBytes + header,
            $"headers of {offload.HeaderBytes} bytes");
        byte[][] cut = isTcp ? CutTcp(packet, offload) : CutUdp(packet, offload);
        EthernetFrame ethernet = EthernetFrame.Parse(whole);
        return [.. cut.Select(piece => (ethernet with { Payload = piece }).ToBytes())];
    }

    /// <summary>A guest's segment as it leaves it to its card.</summary>
    /// <param name="segment">With as much payload as fits an IPv4 packet.</param>
    /// <param name="segmentBytes">0 to leave only the checksum.</param>
    public static (byte[] Frame, FrameOffload Offload) Leave(Segment segment, int segmentBytes = 0)
    {
        byte[] frame = segment.ToFrame();
        FrameOffload offload = Open(frame);
        return (frame, offload with
        {
            Kind = segmentBytes > 0 ? KindOf(segment.Source.Address, isTcp: true)
                : SegmentKind.None,
            SegmentBytes = (ushort)segmentBytes,
            HeaderBytes = (ushort)(frame.Length - segment.Payload.Length),
        });
    }

    /// <summary>A guest's datagrams of one size as it leaves them to its card.</summary>
    public static (byte[] Frame, FrameOffload Offload) Leave(Datagram datagram, int segmentBytes)
    {
        byte[] frame = datagram.ToFrame();
        FrameOffload offload = Open(frame);
        return (frame, offload with
        {
            Kind = segmentBytes > 0 ? SegmentKind.Udp : SegmentKind.None,
            SegmentBytes = (ushort)segmentBytes,
            HeaderBytes = (ushort)(frame.Length - datagram.Payload.Length),
        });
    }

    /// <summary>
    /// A guest's frame as its kernel leaves it to a card: the checksum of a whole TCP or UDP packet
    /// is open.
    /// </summary>
    public static FrameOffload Open(Span<byte> frame)
    {
        if (EthernetFrame.Parse(frame).Type is not (0x0800 or 0x86dd))
        {
            return default;
        }

        CarriedPayload packet = CarriedPayload.Of(frame);
        bool isTcp = packet.Protocol == IpProtocol.Tcp;
        if (packet.IsPiece || !(isTcp || packet.Protocol == IpProtocol.Udp))
        {
            return default;
        }

        FrameOffload offload = new()
        {
            ChecksumStart = (ushort)packet.OffsetBytes,
            ChecksumOffset = isTcp ? (ushort)16 : (ushort)6,
        };
        BinaryPrimitives.WriteUInt16BigEndian(
            frame[(offload.ChecksumStart + offload.ChecksumOffset)..], (ushort)PseudoOf(packet));
        return offload;
    }

    private static SegmentKind KindOf(IpAddress source, bool isTcp) =>
        !isTcp ? SegmentKind.Udp : source.IsIPv4 ? SegmentKind.Tcp4 : SegmentKind.Tcp6;

    private static uint PseudoOf(CarriedPayload packet) => OnesComplement.PseudoHeader(
        packet.Source, packet.Destination, packet.Protocol, packet.Payload.Length);

    private static byte[] Complete(ReadOnlySpan<byte> frame, in FrameOffload offload)
    {
        byte[] whole = frame.ToArray();
        CarriedPayload packet = CarriedPayload.Of(whole);
        bool isTcp = packet.Protocol == IpProtocol.Tcp;
        Malformed.If(
            !isTcp && packet.Protocol != IpProtocol.Udp, "an open checksum of no transport");
        Malformed.If(
            offload.ChecksumStart != packet.OffsetBytes
                || offload.ChecksumOffset != (isTcp ? 16 : 6),
            "an open checksum in the wrong place");
        Span<byte> field = whole.AsSpan(packet.OffsetBytes + offload.ChecksumOffset, 2);
        uint pseudo = PseudoOf(packet);
        ushort found = BinaryPrimitives.ReadUInt16BigEndian(field);
        Malformed.If(found != pseudo, $"an open checksum of {found:x4}, not {pseudo:x4}");
        ushort checksum = OnesComplement.Checksum(whole.AsSpan(packet.OffsetBytes));
        BinaryPrimitives.WriteUInt16BigEndian(
            field, !isTcp && checksum == 0 ? (ushort)0xffff : checksum);
        return whole;
    }

    private static byte[][] CutTcp(CarriedPayload packet, FrameOffload offload)
    {
        Segment whole = Segment.Parse(
            packet.Source, packet.Destination, packet.Protocol, packet.Payload);
        return CutPayload(packet, whole.Payload, offload.SegmentBytes, (piece, offset, isLast) =>
            (whole with
            {
                Sequence = whole.Sequence + (uint)offset,
                Payload = piece,
                Flags = isLast ? whole.Flags : whole.Flags & ~(TcpFlags.Fin | TcpFlags.Push),
            }).ToBytes());
    }

    private static byte[][] CutUdp(CarriedPayload packet, FrameOffload offload)
    {
        Datagram whole = Datagram.Parse(
            packet.Source, packet.Destination, packet.Protocol, packet.Payload);
        return CutPayload(packet, whole.Payload, offload.SegmentBytes, (piece, _, _) =>
            (whole with { Payload = piece }).ToBytes());
    }

    private static byte[][] CutPayload(
        CarriedPayload packet, byte[] payload, int step, Func<byte[], int, bool, byte[]> write)
    {
        int count = Math.Max(1, (payload.Length + step - 1) / step);
        byte[][] cut = new byte[count][];
        for (int i = 0; i < count; i++)
        {
            byte[] piece = payload[(i * step)..Math.Min(payload.Length, (i + 1) * step)];
            cut[i] = packet.Write(write(piece, i * step, i == count - 1), i);
        }

        return cut;
    }
}
