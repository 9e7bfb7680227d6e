namespace Slipway.Stack;

/// <summary>
/// What the sender of a frame has left for its taker to do; the default is nothing. The meaning of
/// the fields is that of struct virtio_net_hdr (virtio 1.2 section 5.1.6).
/// </summary>
public readonly record struct FrameOffload
{
    /// <summary>
    /// Where the sum of an open checksum begins, in bytes from the frame's start; 0 when the frame
    /// has its checksum. The field of the checksum then holds the sum of the pseudo-header.
    /// </summary>
    public ushort ChecksumStart { get; init; }

    /// <summary>Where the checksum is, in bytes from <see cref="ChecksumStart"/>.</summary>
    public ushort ChecksumOffset { get; init; }

    /// <summary>
    /// Payload bytes of each packet but the last; 0 when the frame is one packet.
    /// </summary>
    public ushort SegmentBytes { get; init; }

    /// <summary>Ethernet, IP and transport headers, in bytes; where segmented.</summary>
    public ushort HeaderBytes { get; init; }

    /// <summary>What the packets are.</summary>
    public SegmentKind Kind { get; init; }

    /// <summary>The checksum is open.</summary>
    public bool IsChecksumOpen => ChecksumStart != 0;

    /// <summary>The frame stands for many packets.</summary>
    public bool IsSegmented => SegmentBytes != 0;

    /// <summary>What a link must take over to carry such a frame.</summary>
    public Offloads Needs =>
        (IsChecksumOpen ? Offloads.Checksum : Offloads.None)
        | Kind switch
        {
            SegmentKind.Tcp4 => Offloads.TcpSegments4,
            SegmentKind.Tcp6 => Offloads.TcpSegments6,
            SegmentKind.Udp => Offloads.UdpSegments,
            _ => Offloads.None,
        };
}
