using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Whether an open checksum is where the transport's header has it. Else whoever completes it would
/// write into another field, after that has been looked at: into an address, or what ARP says.
/// </summary>
internal static class OffloadCheck
{
    /// <summary>Of a frame that is passed on: its headers must be good, too.</summary>
    public static bool Fits(in FrameOffload offload, in EthernetHeader frame)
    {
        switch (frame.EtherType)
        {
            case EtherType.IPv4:
                return Ipv4Header.TryParse(frame.Payload, out Ipv4Header header) == ParseError.None
                    && Fits(offload, header);
            case EtherType.IPv6:
                return Ipv6Header.TryParse(frame.Payload, out Ipv6Header packet) == ParseError.None
                    && Fits(offload, packet);
            default:
                return false;
        }
    }

    public static bool Fits(in FrameOffload offload, in Ipv4Header header) =>
        !header.IsFragment && Fits(
            offload, header.Protocol, EthernetHeader.LengthBytes + header.HeaderLengthBytes,
            SegmentKind.Tcp4);

    /// <summary>A segmented frame is cut behind a header without extensions.</summary>
    public static bool Fits(in FrameOffload offload, in Ipv6Header header)
    {
        Ipv6Extensions extensions = header.Extensions;
        return !extensions.IsFragment && extensions.Problem == Ipv6Problem.None
            && (!offload.IsSegmented || extensions.PayloadOffsetBytes == Ipv6Header.LengthBytes)
            && Fits(
                offload, header.Protocol,
                EthernetHeader.LengthBytes + extensions.PayloadOffsetBytes, SegmentKind.Tcp6);
    }

    private static bool Fits(
        in FrameOffload offload, IpProtocol protocol, int start, SegmentKind tcp)
    {
        (int field, SegmentKind kind) = protocol switch
        {
            IpProtocol.Tcp => (TcpHeader.ChecksumOffset, tcp),
            IpProtocol.Udp => (UdpHeader.ChecksumOffset, SegmentKind.Udp),
            _ => (-1, SegmentKind.None),
        };
        return offload.ChecksumStart == start && offload.ChecksumOffset == field
            && (!offload.IsSegmented || offload.Kind == kind);
    }
}
