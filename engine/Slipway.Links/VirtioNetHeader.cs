using System.Buffers.Binary;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>
/// struct virtio_net_hdr, which goes before a frame on a TAP with IFF_VNET_HDR and in a virtqueue
/// (virtio 1.2 section 5.1.6, linux/virtio_net.h). Little-endian.
/// <code>
///   flags u8 | gso_type u8 | hdr_len u16 | gso_size u16 | csum_start u16 | csum_offset u16
/// </code>
/// </summary>
internal static class VirtioNetHeader
{
    /// <summary>Without the count of merged buffers that modern virtio adds, in bytes.</summary>
    internal const int LengthBytes = 10;

    /// <summary>With it, which is u16 and comes last, in bytes.</summary>
    internal const int MergedLengthBytes = 12;

    private const byte NeedsChecksum = 1;
    private const byte SegmentTcp4 = 1;
    private const byte SegmentTcp6 = 4;
    private const byte SegmentUdp = 5;

    /// <summary>
    /// The first of the segments has CWR set; whoever cuts them has to clear it in the others
    /// (RFC 3168). Read and not kept: our own cutter goes by the TCP header itself, and so does
    /// Linux where it cuts in software. Hence it is not written either when a frame passes to
    /// another guest; a guest that has not negotiated VIRTIO_NET_F_GUEST_ECN must not be shown it
    /// (virtio 1.2 section 5.1.6.4.1).
    /// </summary>
    private const byte SegmentEcn = 0x80;

    private const int EthernetHeaderBytes = 14;

    /// <summary>Datagrams that Linux cuts a frame into (UDP_MAX_SEGMENTS).</summary>
    private const int MostDatagrams = 128;

    /// <summary>
    /// TCP segments of a frame: 65,535 bytes at an MSS of 48, the smallest that Linux sends
    /// (tcp_min_snd_mss). The bound is on the work that one frame makes.
    /// </summary>
    private const int MostSegments = 1_366;

    /// <summary>Writes what is left to the taker.</summary>
    internal static void Write(Span<byte> header, in FrameOffload offload)
    {
        header[0] = offload.IsChecksumOpen ? NeedsChecksum : (byte)0;
        header[1] = offload.Kind switch
        {
            SegmentKind.Tcp4 => SegmentTcp4,
            SegmentKind.Tcp6 => SegmentTcp6,
            SegmentKind.Udp => SegmentUdp,
            _ => 0,
        };
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], offload.HeaderBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], offload.SegmentBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], offload.ChecksumStart);
        BinaryPrimitives.WriteUInt16LittleEndian(header[8..], offload.ChecksumOffset);
    }

    /// <summary>
    /// Writes the count of buffers that a frame takes up, which is 1 where they are not merged
    /// (virtio 1.2 section 5.1.6.4).
    /// </summary>
    internal static void WriteBufferCount(Span<byte> header, int count) =>
        BinaryPrimitives.WriteUInt16LittleEndian(header[LengthBytes..], (ushort)count);

    /// <summary>Reads what a guest has left to be done, which may be anything.</summary>
    /// <param name="header">The header, and what may follow it.</param>
    /// <param name="frameLengthBytes">The frame that follows.</param>
    /// <param name="offload">Lies within the frame, if true is returned.</param>
    internal static bool TryRead(
        ReadOnlySpan<byte> header, int frameLengthBytes, out FrameOffload offload)
    {
        offload = default;
        if (header.Length < LengthBytes)
        {
            return false;
        }

        if ((header[0] & NeedsChecksum) == 0)
        {
            return header[1] == 0; // only a frame with an open checksum is cut
        }

        SegmentKind? kind = (header[1] & ~SegmentEcn) switch
        {
            0 => SegmentKind.None,
            SegmentTcp4 => SegmentKind.Tcp4,
            SegmentTcp6 => SegmentKind.Tcp6,
            SegmentUdp => SegmentKind.Udp,
            _ => null,
        };
        int segment = BinaryPrimitives.ReadUInt16LittleEndian(header[4..]);
        int start = BinaryPrimitives.ReadUInt16LittleEndian(header[6..]);
        int offset = BinaryPrimitives.ReadUInt16LittleEndian(header[8..]);
        if (kind is null || start < EthernetHeaderBytes
            || start + offset + sizeof(ushort) > frameLengthBytes
            || !IsSegmentGood(kind.Value, segment, frameLengthBytes - start))
        {
            return false;
        }

        offload = new FrameOffload
        {
            ChecksumStart = (ushort)start,
            ChecksumOffset = (ushort)offset,
            Kind = kind.Value,
            SegmentBytes = kind == SegmentKind.None ? (ushort)0 : (ushort)segment,
            HeaderBytes = BinaryPrimitives.ReadUInt16LittleEndian(header[2..]),
        };
        return true;
    }

    private static bool IsSegmentGood(SegmentKind kind, int segmentBytes, int lengthBytes) =>
        kind switch
        {
            SegmentKind.None => true,
            SegmentKind.Udp => segmentBytes > 0 && lengthBytes <= segmentBytes * MostDatagrams,
            _ => segmentBytes > 0 && lengthBytes <= segmentBytes * MostSegments,
        };
}
