using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>The frames that a flow sends.</summary>
internal sealed partial class TcpFlow
{
    /// <summary>
    /// From so much text on a checksum is left to the link. Below it costs next to nothing here,
    /// and whoever looks at the guest's frames sees it complete.
    /// </summary>
    private const int OpenChecksumBytes = 512;

    private uint _timestampOffset;

    /// <summary>The flow's own, of 20 bits (RFC 6437 section 3); unused in IPv4.</summary>
    private uint _flowLabel;
    private const int FlowLabelShift = 12;

    /// <summary>
    /// The guest left the checksum of its SYN to the link, as a kernel does whose device takes
    /// offloads. One that writes whole frames itself, or has turned offloads off, gets whole
    /// frames.
    /// </summary>
    private bool _takesOffloads;

    private Offloads LinkOffloads =>
        _takesOffloads && Route.Port is IGuestPort port ? port.Offloads : Offloads.None;

    /// <summary>Sends a segment without payload.</summary>
    /// <returns>False when the guest's link can take none now; the flow is then called
    /// again.</returns>
    private bool SendControl(TcpFlags flags, SequenceNumber sequence, Instant now)
    {
        if (Route.Port is null)
        {
            return false;
        }

        TcpOptions options = default;
        bool isSyn = (flags & TcpFlags.Syn) != 0;
        if (isSyn)
        {
            options.MaximumSegmentSize = (ushort)_layer.MaximumSegmentBytes(Key.Guest.Address);
            options.SackPermitted = _sackPermitted;
            options.WindowScale = (sbyte)(_receiveScale > 0 ? _receiveScale : -1);
        }

        if (_timestamps)
        {
            options.HasTimestamps = true;
            options.TimestampValue = TcpLayer.TimestampNow(now) + _timestampOffset;
            options.TimestampEchoReply = State == TcpState.SynSent ? 0 : _timestampRecent;
        }

        if (!isSyn && _sackPermitted && _buffer is { RangeCount: > 0 } buffer)
        {
            AddSackBlocks(ref options, buffer);
        }

        Span<byte> optionBytes = stackalloc byte[40];
        int headerLength = TcpHeader.MinimumLengthBytes + TcpOptions.Write(optionBytes, options);
        Span<byte> segment = PacketOutput.Reserve(
            Route.Port, Key.Guest.Address, headerLength);
        if (segment.IsEmpty)
        {
            _layer.Block(this);
            return false;
        }

        optionBytes[..(headerLength - TcpHeader.MinimumLengthBytes)]
            .CopyTo(segment[TcpHeader.MinimumLengthBytes..]);
        Commit(segment[..headerLength], headerLength, sequence, flags);
        return true;
    }

    private void AddSackBlocks(ref TcpOptions options, TcpReceiveBuffer buffer)
    {
        // 40 bytes of options hold three blocks beside timestamps and four without (RFC 2018
        // section 3).
        int count = Math.Min(buffer.RangeCount, _timestamps ? 3 : 4);
        for (int i = 0; i < count; i++)
        {
            (long start, long end) = buffer.GetRange(i);
            SequenceNumber left = _receiveNext + (int)(start - buffer.InOrderEnd);
            SequenceNumber right = _receiveNext + (int)(end - buffer.InOrderEnd);
            options.AddSackBlock(new SackBlock(left.Value, right.Value));
        }
    }

    /// <summary>Completes a segment whose payload is in place.</summary>
    private void FinishSegment(
        Span<byte> segment, int headerLength, SequenceNumber sequence, TcpFlags flags, Instant now)
    {
        if (_timestamps)
        {
            TcpOptions options = default;
            options.HasTimestamps = true;
            options.TimestampValue = TcpLayer.TimestampNow(now) + _timestampOffset;
            options.TimestampEchoReply = _timestampRecent;
            TcpOptions.Write(segment[TcpHeader.MinimumLengthBytes..headerLength], options);
        }

        Commit(segment, headerLength, sequence, flags);
    }

    private void Commit(
        Span<byte> segment, int headerLength, SequenceNumber sequence, TcpFlags flags)
    {
        FrameOffload offload = OffloadOf(segment.Length, headerLength);
        bool acknowledges = (flags & TcpFlags.Acknowledgment) != 0;
        TcpHeader.Write(segment, headerLength, Key.Remote.Port, Key.Guest.Port, sequence.Value,
            acknowledges ? _receiveNext.Value : 0, flags, WindowField(flags), 0,
            Key.Remote.Address, Key.Guest.Address, offload.IsChecksumOpen);
        if (acknowledges)
        {
            _lastAcknowledgmentSent = _receiveNext;
            _acknowledgeDeadline = Instant.Never;
            if ((flags & TcpFlags.Syn) == 0 && (_buffer is null || _buffer.RangeCount == 0))
            {
                _acknowledgmentPending = false; // it rides on this segment
            }
        }

        // A frame that the link lost is like one lost on the wire: the timer sends it again.
        _layer.Output.Commit(Route, Key.Remote.Address, Key.Guest.Address, IpProtocol.Tcp,
            segment.Length, flowLabel: _flowLabel, offload: offload);
    }

    /// <summary>
    /// What is left to the guest's link: the cutting, and sums that are worth it.
    /// </summary>
    private FrameOffload OffloadOf(int segmentLength, int headerLength)
    {
        int text = segmentLength - headerLength;
        bool isMany = text > _segmentBytes;
        if ((!isMany && text < OpenChecksumBytes) || (LinkOffloads & Offloads.Checksum) == 0)
        {
            return default;
        }

        int headersBytes = PacketOutput.HeadersLengthBytes(Key.Guest.Address);
        return new FrameOffload
        {
            ChecksumStart = (ushort)headersBytes,
            ChecksumOffset = TcpHeader.ChecksumOffset,
            Kind = !isMany ? SegmentKind.None
                : Key.Guest.Address.IsIPv4 ? SegmentKind.Tcp4 : SegmentKind.Tcp6,
            SegmentBytes = isMany ? (ushort)_segmentBytes : (ushort)0,
            HeaderBytes = (ushort)(headersBytes + headerLength),
        };
    }

    private ushort WindowField(TcpFlags flags)
    {
        int window = State == TcpState.SynSent
            ? _layer.ReceiveLimit(scaled: false)
            : Math.Max(_receiveEdge - _receiveNext, 0);
        if ((flags & TcpFlags.Syn) != 0)
        {
            return (ushort)Math.Min(window, ushort.MaxValue);
        }

        return (ushort)Math.Min(ScaleWindow(window), ushort.MaxValue);
    }

    /// <summary>
    /// The window in units of its scale, rounded up, so that the edge that the guest knows never
    /// moves back; the edge is then where the guest was told. What rounding adds is bounded by the
    /// buffer's slack, and past that the edge may move back by less than a unit.
    /// </summary>
    private int ScaleWindow(int window)
    {
        int unit = 1 << _receiveScale;
        int field = (window + unit - 1) >> _receiveScale;
        if ((field << _receiveScale) + HeldBytes > _receiveLimit + WindowSlackBytes)
        {
            field = window >> _receiveScale;
        }

        _receiveEdge = _receiveNext + (field << _receiveScale);
        return field;
    }
}
