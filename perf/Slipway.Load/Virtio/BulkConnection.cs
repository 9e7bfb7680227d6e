using System.Buffers.Binary;
using System.Diagnostics;
using Slipway.Load.Peers;
using Slipway.Wire;

namespace Slipway.Load.Virtio;

/// <summary>
/// One TCP connection of a guest without a kernel, for bulk: it keeps to the peer's scaled window,
/// sends again what is not acknowledged in time (go-back-N), and acknowledges in order. Options
/// are MSS and window scale.
/// </summary>
internal sealed class BulkConnection(VirtioInterface device, IpAddress address, ushort port)
{
    private const int HeaderBytes = EthernetHeader.LengthBytes + Ipv4Header.MinimumLengthBytes
        + TcpHeader.MinimumLengthBytes;

    private const int LargestPayloadBytes =
        Ipv4Header.MaximumTotalLengthBytes - HeaderBytes + EthernetHeader.LengthBytes;

    private const sbyte WindowScale = 8;
    private const int WindowBytes = 4 << 20;
    private const int RetransmitMs = 200;
    private const int PatienceMs = 5_000;
    private const ushort SourcePort = 40_001;

    private static readonly MacAddress s_mac = new(0x5a_94_ef_00_00_03);
    private static readonly IpAddress s_address = IpAddress.Parse("192.168.127.3");
    private static readonly IpAddress s_gateway = IpAddress.Parse("192.168.127.1");

    private MacAddress? _gatewayMac;
    private uint _unacknowledged;
    private uint _next;
    private uint _highest;
    private uint _window;
    private uint _receiveNext;
    private int _peerScale;
    private int _segmentBytes;
    private bool _isConnected;
    private bool _isAcknowledgmentDue;
    private int _idleTurns;
    private long _progressAt = Environment.TickCount64;

    /// <summary>Bytes of text that came in order.</summary>
    public long Received { get; private set; }

    /// <summary>Bytes of text that the other side has acknowledged.</summary>
    public long Acknowledged { get; private set; }

    public long Retransmissions { get; private set; }

    /// <summary>The last text that came, up to the end of its first buffer.</summary>
    public byte[] LastText { get; private set; } = [];

    /// <summary>Finds the gateway by ARP, and connects.</summary>
    public void Connect(int mtuBytes)
    {
        Ask();
        Wait(() => _gatewayMac is not null, "the gateway does not answer ARP");
        _segmentBytes = mtuBytes - HeaderBytes + EthernetHeader.LengthBytes;
        _unacknowledged = _next = _highest = 0x1234_5678;
        Span<byte> options = stackalloc byte[TcpOptions.MaximumLengthBytes];
        TcpOptions offered = default;
        offered.MaximumSegmentSize = (ushort)_segmentBytes;
        offered.WindowScale = WindowScale;
        int optionBytes = TcpOptions.Write(options, offered);
        options[..optionBytes].CopyTo(device.Headers[HeaderBytes..]);
        Send(TcpFlags.Syn, 0, optionBytes);
        _next = _highest = _next + 1;
        Wait(() => _isConnected, "the connection is not accepted");
        Send(TcpFlags.Acknowledgment, 0);
        Acknowledged = 0;
    }

    /// <summary>Sends a few bytes of a request, as a packet of its own.</summary>
    public void Request(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(device.Headers[HeaderBytes..]);
        Send(TcpFlags.Acknowledgment | TcpFlags.Push, 0, inlineBytes: bytes.Length);
        _next += (uint)bytes.Length;
        _highest = _next;
        Wait(() => _unacknowledged == _next, "the request is not acknowledged");
    }

    /// <summary>Ends the connection at once.</summary>
    public void Reset()
    {
        Send(TcpFlags.Reset | TcpFlags.Acknowledgment, 0);
        device.Flush();
        Thread.Sleep(50);
    }

    /// <summary>
    /// One round: takes what came, acknowledges it, and sends what the window holds.
    /// </summary>
    public void Turn(bool sends)
    {
        bool isBusy = ReceiveAll();
        if (_isAcknowledgmentDue && device.HasRoom)
        {
            _isAcknowledgmentDue = false;
            Send(TcpFlags.Acknowledgment, 0);
        }

        isBusy |= sends && SendWindow();
        device.Flush();
        if (isBusy)
        {
            _idleTurns = 0;
        }
        else
        {
            device.Pause(++_idleTurns);
        }
    }

    private void Wait(Func<bool> condition, string failure)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Turn(sends: false);
            if (Stopwatch.GetElapsedTime(start).TotalMilliseconds > PatienceMs)
            {
                throw new LoadException($"vhost-user front end: {failure}");
            }
        }
    }

    // Whole segments; less only when nothing else is under way (RFC 9293 section 3.8.6.2.1).
    private bool SendWindow()
    {
        long now = Environment.TickCount64;
        if (_unacknowledged == _next)
        {
            _progressAt = now;
        }
        else if (now - _progressAt > RetransmitMs)
        {
            _next = _unacknowledged;
            _progressAt = now;
            Retransmissions++;
        }

        int largest = LargestPayloadBytes / _segmentBytes * _segmentBytes;
        bool isBusy = false;
        while (device.HasRoom)
        {
            int underWay = (int)(_next - _unacknowledged);
            int payload = (int)Math.Min(_window - underWay, largest);
            if (payload < (underWay == 0 ? 1 : largest))
            {
                break;
            }

            Send(TcpFlags.Acknowledgment, payload);
            _next += (uint)payload;
            _highest = (int)(_next - _highest) > 0 ? _next : _highest;
            isBusy = true;
        }

        return isBusy;
    }

    private bool ReceiveAll()
    {
        bool isBusy = false;
        while (device.TryReceive(out ReadOnlySpan<byte> head, out int lengthBytes))
        {
            isBusy = true;
            if (EthernetHeader.TryParse(head, out EthernetHeader frame) != ParseError.None)
            {
                continue;
            }

            if (frame.EtherType == EtherType.Arp)
            {
                ReceiveArp(frame);
            }
            else if (frame.EtherType == EtherType.IPv4 && head.Length >= HeaderBytes
                && TcpHeader.TryParse(
                    frame.Payload[Ipv4Header.MinimumLengthBytes..], address, s_address,
                    out TcpHeader header, isChecksumOpen: true) == ParseError.None
                && header.DestinationPort == SourcePort)
            {
                Receive(header, lengthBytes - HeaderBytes + TcpHeader.MinimumLengthBytes
                    - header.HeaderLengthBytes);
            }
        }

        return isBusy;
    }

    private void Receive(in TcpHeader header, int textBytes)
    {
        if ((header.Flags & TcpFlags.Reset) != 0)
        {
            throw new LoadException("vhost-user front end: the connection was reset");
        }

        if ((header.Flags & TcpFlags.Syn) != 0)
        {
            _ = TcpOptions.TryParse(header.Options, out TcpOptions options);
            _receiveNext = header.SequenceNumber + 1;
            _segmentBytes = Math.Min(_segmentBytes, options.MaximumSegmentSize);
            _peerScale = Math.Max((int)options.WindowScale, 0);
            _isConnected = true;
        }

        int advance = (int)(header.AcknowledgmentNumber - _unacknowledged);
        if (advance >= 0 && advance <= (int)(_highest - _unacknowledged))
        {
            _unacknowledged = header.AcknowledgmentNumber;
            _next = (int)(_next - _unacknowledged) < 0 ? _unacknowledged : _next;
            _window = (uint)header.Window << ((header.Flags & TcpFlags.Syn) != 0 ? 0 : _peerScale);
            Acknowledged += advance;
            _progressAt = advance > 0 ? Environment.TickCount64 : _progressAt;
        }

        if (textBytes > 0)
        {
            _isAcknowledgmentDue = true;
            if (header.SequenceNumber == _receiveNext)
            {
                _receiveNext += (uint)textBytes;
                Received += textBytes;
                if (textBytes <= StreamTransfer.ReportBytes)
                {
                    LastText = [.. LastText, .. header.Payload[..textBytes]];
                }
            }
        }
    }

    private void Ask()
    {
        Span<byte> frame = device.Headers;
        EthernetHeader.Write(frame, MacAddress.Broadcast, s_mac, EtherType.Arp);
        ArpPacket.Write(frame[EthernetHeader.LengthBytes..], ArpOperation.Request, s_mac,
            s_address, default, s_gateway);
        device.Send(EthernetHeader.LengthBytes + ArpPacket.LengthBytes);
        device.Flush();
    }

    private void ReceiveArp(in EthernetHeader frame)
    {
        if (ArpPacket.TryParse(frame.Payload, out ArpPacket packet) != ParseError.None)
        {
            return;
        }

        if (packet.SenderProtocolAddress == s_gateway)
        {
            _gatewayMac = packet.SenderHardwareAddress;
        }

        if (packet.Operation == ArpOperation.Request
            && packet.TargetProtocolAddress == s_address && device.HasRoom)
        {
            Span<byte> answer = device.Headers;
            EthernetHeader.Write(answer, packet.SenderHardwareAddress, s_mac, EtherType.Arp);
            ArpPacket.Write(answer[EthernetHeader.LengthBytes..], ArpOperation.Reply, s_mac,
                s_address, packet.SenderHardwareAddress, packet.SenderProtocolAddress);
            device.Send(EthernetHeader.LengthBytes + ArpPacket.LengthBytes);
        }
    }

    // Options, or the bytes of a request, are behind the header already. The checksum is left open
    // as by a kernel whose device completes it, which tells the engine to do likewise.
    private void Send(TcpFlags flags, int payloadBytes, int optionBytes = 0, int inlineBytes = 0)
    {
        int headerBytes = HeaderBytes + optionBytes + inlineBytes;
        Span<byte> frame = device.Headers[..headerBytes];
        Span<byte> packet = frame[EthernetHeader.LengthBytes..];
        int totalBytes = packet.Length + payloadBytes;
        EthernetHeader.Write(frame, _gatewayMac!.Value, s_mac, EtherType.IPv4);
        Ipv4Header.Write(packet, totalBytes, 0, 0, dontFragment: true, moreFragments: false, 0,
            64, IpProtocol.Tcp, s_address, address);
        Span<byte> segment = packet[Ipv4Header.MinimumLengthBytes..];
        TcpHeader.Write(segment, TcpHeader.MinimumLengthBytes + optionBytes, SourcePort, port,
            _next, _isConnected ? _receiveNext : 0, flags,
            (flags & TcpFlags.Syn) != 0 ? ushort.MaxValue : (ushort)(WindowBytes >> WindowScale),
            0, s_address, address, leaveChecksumOpen: true);
        BinaryPrimitives.WriteUInt16BigEndian(
            segment[TcpHeader.ChecksumOffset..], InternetChecksum.FinishOpen(
                InternetChecksum.PseudoHeader(
                    s_address, address, IpProtocol.Tcp, segment.Length + payloadBytes)));
        device.Send(headerBytes, payloadBytes, _segmentBytes);
    }
}
