using System.Runtime.InteropServices;
using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// The way of a packet to a guest: memory of the link is reserved, the payload is written there by
/// whoever has it, and the headers of Ethernet and IP follow when its length is known.
/// </summary>
public sealed partial class PacketOutput(StackSettings settings, Counters counters)
{
    /// <summary>Ethernet and IPv4 headers in front of a payload, in bytes.</summary>
    public const int Ipv4HeadersLengthBytes =
        EthernetHeader.LengthBytes + Ipv4Header.MinimumLengthBytes;

    /// <summary>Ethernet and IPv6 headers in front of a payload, in bytes.</summary>
    public const int Ipv6HeadersLengthBytes = EthernetHeader.LengthBytes + Ipv6Header.LengthBytes;

    /// <summary>A hop limit of our own packets (RFC 1700).</summary>
    public const byte DefaultTtl = 64;

    private const int IdentificationStep = 16;

    // Atomic datagrams need no identification (RFC 6864 section 4.1). Those of others go on by
    // steps that cannot be foretold (RFC 7739 section 5.3), and come round after 7,700 datagrams on
    // average.
    private ulong _identified;
    private ushort _identification;

    /// <summary>Sees the frames that go to guests, and those of this worker's that come.</summary>
    public IFrameCapture? Capture { get; set; }

    /// <summary>Largest payload of a packet towards a guest, in bytes.</summary>
    public int MaxPayloadLengthBytes(IpAddress destination) =>
        settings.MtuBytes - IpHeaderLengthBytes(destination);

    /// <summary>Ethernet and IP headers in front of a payload, in bytes.</summary>
    /// <param name="destination">Of the packet's family.</param>
    public static int HeadersLengthBytes(IpAddress destination) =>
        destination.IsIPv4 ? Ipv4HeadersLengthBytes : Ipv6HeadersLengthBytes;

    /// <summary>IP header without options or extensions, in bytes.</summary>
    /// <param name="address">Of the packet's family.</param>
    public static int IpHeaderLengthBytes(IpAddress address) =>
        address.IsIPv4 ? Ipv4Header.MinimumLengthBytes : Ipv6Header.LengthBytes;

    /// <summary>
    /// Memory for a payload of <paramref name="lengthBytes"/>, at most
    /// <see cref="MaxPayloadLengthBytes"/>; empty when the link is full, as for a length of 0.
    /// </summary>
    public static Span<byte> Reserve(IGuestPort port, IpAddress destination, int lengthBytes)
    {
        int headers = HeadersLengthBytes(destination);
        Span<byte> frame = port.Reserve(headers + lengthBytes);
        return frame.IsEmpty ? default : frame.Slice(headers, lengthBytes);
    }

    /// <summary>Writes the headers before the reserved payload, and sends.</summary>
    /// <returns>False when the frame was lost at the link; it is counted.</returns>
    public bool Commit(
        in GuestRoute route, IpAddress source, IpAddress destination, IpProtocol protocol,
        int payloadLengthBytes, byte ttl = DefaultTtl, byte typeOfService = 0,
        bool dontFragment = true, uint flowLabel = 0, in FrameOffload offload = default)
    {
        if (!destination.IsIPv4)
        {
            Ipv6Header.Write(
                route.Port.Reserved[EthernetHeader.LengthBytes..], payloadLengthBytes,
                typeOfService, flowLabel, protocol, ttl, source, destination);
            return CommitFrame(
                route, EtherType.IPv6, Ipv6Header.LengthBytes + payloadLengthBytes, offload);
        }

        ushort identification = dontFragment ? (ushort)0 : NextIdentification();
        Ipv4Header.Write(
            route.Port.Reserved[EthernetHeader.LengthBytes..],
            Ipv4Header.MinimumLengthBytes + payloadLengthBytes, typeOfService, identification,
            dontFragment, moreFragments: false, fragmentOffsetBytes: 0, ttl, protocol, source,
            destination);
        return CommitFrame(
            route, EtherType.IPv4, Ipv4Header.MinimumLengthBytes + payloadLengthBytes, offload);
    }

    /// <summary>
    /// Sends a payload that lies elsewhere: in one packet if the MTU allows, else in fragments (RFC
    /// 791 section 3.2, RFC 8200 section 4.5). A link that fills midway loses the rest, and so the
    /// datagram.
    /// </summary>
    /// <param name="route">Where to.</param>
    /// <param name="source">Source address of the packet.</param>
    /// <param name="destination">Destination address of the packet.</param>
    /// <param name="protocol">What the payload is.</param>
    /// <param name="payload">At most 65515 bytes; of IPv6 65535.</param>
    /// <param name="ttl">Hops that are left.</param>
    /// <param name="typeOfService">DSCP and ECN.</param>
    /// <param name="flowLabel">Of an IPv6 packet.</param>
    public bool SendFragmented(
        in GuestRoute route, IpAddress source, IpAddress destination, IpProtocol protocol,
        ReadOnlySpan<byte> payload, byte ttl = DefaultTtl, byte typeOfService = 0,
        uint flowLabel = 0)
    {
        int mtuBytes = Math.Min(
            settings.MtuBytes, route.Port.MaxFrameLengthBytes - EthernetHeader.LengthBytes);
        if (!destination.IsIPv4)
        {
            Ipv6Packet packet = new(source, destination, protocol, ttl, typeOfService, flowLabel);
            return SendFragmented6(route, packet, payload, mtuBytes);
        }

        int pieceBytes = (mtuBytes - Ipv4Header.MinimumLengthBytes) & ~7;
        bool whole = payload.Length <= mtuBytes - Ipv4Header.MinimumLengthBytes;
        ushort identification = NextIdentification();
        int offsetBytes = 0;
        do
        {
            int lengthBytes = whole
                ? payload.Length : Math.Min(pieceBytes, payload.Length - offsetBytes);
            Span<byte> frame = route.Port.Reserve(Ipv4HeadersLengthBytes + lengthBytes);
            if (frame.IsEmpty)
            {
                counters.Drop(DropReason.LinkFull);
                return false;
            }

            payload.Slice(offsetBytes, lengthBytes).CopyTo(frame[Ipv4HeadersLengthBytes..]);
            bool last = offsetBytes + lengthBytes == payload.Length;
            Ipv4Header.Write(
                frame[EthernetHeader.LengthBytes..], Ipv4Header.MinimumLengthBytes + lengthBytes,
                typeOfService, identification, dontFragment: false, !last, offsetBytes, ttl,
                protocol, source, destination);
            if (!CommitFrame(
                route, EtherType.IPv4, Ipv4Header.MinimumLengthBytes + lengthBytes, default))
            {
                return false;
            }

            offsetBytes += lengthBytes;
        }
        while (offsetBytes < payload.Length);

        return true;
    }

    /// <summary>Sends a frame whose payload lies elsewhere, such as ARP.</summary>
    public bool SendFrame(in GuestRoute route, EtherType type, ReadOnlySpan<byte> payload)
    {
        Span<byte> frame = route.Port.Reserve(EthernetHeader.LengthBytes + payload.Length);
        if (frame.IsEmpty)
        {
            counters.Drop(DropReason.LinkFull);
            return false;
        }

        payload.CopyTo(frame[EthernetHeader.LengthBytes..]);
        return CommitFrame(route, type, payload.Length, default);
    }

    /// <summary>
    /// Passes a guest's frame on to another guest. What its sender left to be done is left to that
    /// guest's link, or done here where that does not take it over.
    /// </summary>
    public bool Forward(IGuestPort port, ReadOnlySpan<byte> frame, in FrameOffload offload)
    {
        bool isTakenOver = (offload.Needs & ~port.Offloads) == Offloads.None;
        int headerBytes = offload.IsSegmented ? FrameSegmenter.HeaderLength(frame, offload) : 0;
        int packetBytes = offload.IsSegmented
            ? Math.Min(frame.Length, headerBytes + offload.SegmentBytes) : frame.Length;
        if (offload.IsSegmented && headerBytes == 0)
        {
            counters.Malformed(ParseError.Field);
            return false;
        }

        if (packetBytes > port.MaxFrameLengthBytes)
        {
            counters.Drop(DropReason.FrameTooLong);
            return false;
        }

        if (offload.IsSegmented && !isTakenOver)
        {
            return ForwardCut(port, frame, offload, headerBytes);
        }

        Span<byte> reserved = port.Reserve(frame.Length);
        if (reserved.IsEmpty)
        {
            counters.Drop(DropReason.LinkFull);
            return false;
        }

        frame.CopyTo(reserved);
        if (offload.IsChecksumOpen && !isTakenOver)
        {
            FrameSegmenter.CompleteChecksum(reserved, offload);
            return Count(port, frame.Length, default);
        }

        // The length of the headers is ours: a driver may believe its device.
        return Count(port, frame.Length, offload with { HeaderBytes = (ushort)headerBytes });
    }

    // A link that fills midway loses the rest, as a network card's queue would.
    private bool ForwardCut(
        IGuestPort port, ReadOnlySpan<byte> frame, in FrameOffload offload, int headerBytes)
    {
        int payloadBytes = frame.Length - headerBytes;
        for (int offset = 0; offset < payloadBytes; offset += offload.SegmentBytes)
        {
            int lengthBytes =
                headerBytes + Math.Min(offload.SegmentBytes, payloadBytes - offset);
            Span<byte> packet = port.Reserve(lengthBytes);
            if (packet.IsEmpty)
            {
                counters.Drop(DropReason.LinkFull);
                return false;
            }

            FrameSegmenter.WritePacket(frame, offload, headerBytes, offset, packet);
            if (!Count(port, lengthBytes, default))
            {
                return false;
            }
        }

        return true;
    }

    private ushort NextIdentification()
    {
        _identified++;
        ReadOnlySpan<ulong> number = new(in _identified);
        ulong hash = SipHash.Hash(
            MemoryMarshal.AsBytes(number), settings.Seed.High, settings.Seed.Low);
        return _identification += (ushort)(1 + (hash % IdentificationStep));
    }

    private bool CommitFrame(
        in GuestRoute route, EtherType type, int payloadLengthBytes, in FrameOffload offload)
    {
        EthernetHeader.Write(route.Port.Reserved, route.Mac, settings.GatewayMac, type);
        return Count(route.Port, EthernetHeader.LengthBytes + payloadLengthBytes, offload);
    }

    private bool Count(IGuestPort port, int frameLengthBytes, in FrameOffload offload)
    {
        IFrameCapture? capture = Capture;
        capture?.Send(port, port.Reserved[..frameLengthBytes]);
        bool isTaken = port.Commit(frameLengthBytes, offload);
        if (isTaken)
        {
            counters.FramesSent++;
            counters.BytesSent += frameLengthBytes;
        }
        else
        {
            counters.Drop(DropReason.LinkFull);
        }

        capture?.Sent(isTaken);
        return isTaken;
    }
}
