using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Does in software what one guest has left to the link and another guest's link does not take
/// over: completes checksums and cuts a frame of many packets into them.
/// </summary>
/// <remarks>
/// A packet of the cut has the headers of the whole, with its own lengths, identification and
/// sequence number; FIN and PSH stand in the last one only, and CWR in the first (RFC 3168).
/// Decisions are made on the frame, never on the packet: that may lie in memory of the guest which
/// receives it, and change under our hands.
/// </remarks>
internal static class FrameSegmenter
{
    private const int FlagsOffset = 13;

    /// <summary>Length of all the headers, or 0 if the frame is not what it says.</summary>
    public static int HeaderLength(ReadOnlySpan<byte> frame, in FrameOffload offload)
    {
        int transport = offload.ChecksumStart;
        int network = EthernetHeader.LengthBytes;
        if (frame.Length <= network)
        {
            return 0;
        }

        int version = frame[network] >> 4;
        bool isTcp = offload.Kind is SegmentKind.Tcp4 or SegmentKind.Tcp6;
        int ip = version == 4 ? Ipv4Header.MinimumLengthBytes : Ipv6Header.LengthBytes;
        int fixedBytes = isTcp ? TcpHeader.MinimumLengthBytes : UdpHeader.LengthBytes;
        bool isGood = offload.Kind switch
        {
            SegmentKind.Tcp4 => version == 4,
            SegmentKind.Tcp6 => version == 6,
            SegmentKind.Udp => version is 4 or 6,
            _ => false,
        };
        if (!isGood || transport < network + ip || transport + fixedBytes > frame.Length)
        {
            return 0;
        }

        int header = isTcp ? (frame[transport + 12] >> 4) * 4 : UdpHeader.LengthBytes;
        return header >= fixedBytes && transport + header <= frame.Length ? transport + header : 0;
    }

    /// <summary>Writes the packet whose payload begins so far into the frame's.</summary>
    /// <param name="frame">The frame of many packets.</param>
    /// <param name="offload">What its sender left to be done.</param>
    /// <param name="headerBytes">Of <see cref="HeaderLength"/>.</param>
    /// <param name="offsetBytes">Where in the payload this packet begins.</param>
    /// <param name="packet">
    /// As long as the headers and this packet's payload; receives the complete frame.
    /// </param>
    public static void WritePacket(
        ReadOnlySpan<byte> frame, in FrameOffload offload, int headerBytes, int offsetBytes,
        Span<byte> packet)
    {
        int payloadBytes = packet.Length - headerBytes;
        frame[..headerBytes].CopyTo(packet);
        frame.Slice(headerBytes + offsetBytes, payloadBytes).CopyTo(packet[headerBytes..]);
        WriteNetworkHeader(frame, packet, offsetBytes / offload.SegmentBytes);
        Span<byte> transport = packet[offload.ChecksumStart..];
        bool isUdp = offload.Kind == SegmentKind.Udp;
        if (isUdp)
        {
            BinaryPrimitives.WriteUInt16BigEndian(transport[4..], (ushort)transport.Length);
        }
        else
        {
            bool isLast = headerBytes + offsetBytes + payloadBytes == frame.Length;
            AdjustTcp(frame[offload.ChecksumStart..], transport, offsetBytes, isLast);
        }

        WriteChecksum(frame, packet, offload.ChecksumStart, isUdp);
    }

    /// <summary>Completes the checksum of a frame that is one packet.</summary>
    public static void CompleteChecksum(Span<byte> frame, in FrameOffload offload)
    {
        // The field holds the sum of the pseudo-header: it is part of what is summed.
        ushort checksum = InternetChecksum.Compute(frame[offload.ChecksumStart..]);
        BinaryPrimitives.WriteUInt16BigEndian(
            frame[(offload.ChecksumStart + offload.ChecksumOffset)..],
            checksum == 0 ? ushort.MaxValue : checksum);
    }

    private static void WriteNetworkHeader(
        ReadOnlySpan<byte> frame, Span<byte> packet, int number)
    {
        ReadOnlySpan<byte> whole = frame[EthernetHeader.LengthBytes..];
        Span<byte> ip = packet[EthernetHeader.LengthBytes..];
        if (whole[0] >> 4 == 6)
        {
            BinaryPrimitives.WriteUInt16BigEndian(
                ip[4..], (ushort)(ip.Length - Ipv6Header.LengthBytes));
            return;
        }

        int headerBytes = (whole[0] & 0x0f) * 4;
        ushort identification = BinaryPrimitives.ReadUInt16BigEndian(whole[4..]);
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)ip.Length);
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)(identification + number));
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(
            ip[10..], InternetChecksum.Compute(ip[..Math.Min(headerBytes, ip.Length)]));
    }

    private static void AdjustTcp(
        ReadOnlySpan<byte> whole, Span<byte> segment, int offsetBytes, bool isLast)
    {
        uint sequence = BinaryPrimitives.ReadUInt32BigEndian(whole[4..]);
        BinaryPrimitives.WriteUInt32BigEndian(segment[4..], sequence + (uint)offsetBytes);
        TcpFlags flags = (TcpFlags)whole[FlagsOffset];
        flags &= isLast ? flags : ~(TcpFlags.Fin | TcpFlags.Push);
        flags &= offsetBytes == 0 ? flags : ~TcpFlags.Cwr;
        segment[FlagsOffset] = (byte)flags;
    }

    private static void WriteChecksum(
        ReadOnlySpan<byte> frame, Span<byte> packet, int transport, bool isUdp)
    {
        ReadOnlySpan<byte> ip = frame[EthernetHeader.LengthBytes..];
        bool isIpv4 = ip[0] >> 4 == 4;
        IpAddress source = isIpv4 ? IpAddress.ReadIPv4(ip[12..]) : IpAddress.ReadIPv6(ip[8..]);
        IpAddress destination =
            isIpv4 ? IpAddress.ReadIPv4(ip[16..]) : IpAddress.ReadIPv6(ip[24..]);
        Span<byte> rest = packet[transport..];
        Span<byte> field = rest[(isUdp ? 6 : 16)..];
        BinaryPrimitives.WriteUInt16BigEndian(field, 0);
        ushort checksum = InternetChecksum.Compute(rest, InternetChecksum.PseudoHeader(
            source, destination, isUdp ? IpProtocol.Udp : IpProtocol.Tcp, rest.Length));
        BinaryPrimitives.WriteUInt16BigEndian(
            field, isUdp && checksum == 0 ? ushort.MaxValue : checksum);
    }
}
