namespace Slipway.Testing;

/// <summary>The receiving half: order, window, and the check that the engine obeys it.</summary>
public sealed partial class GuestTcp
{
    private readonly ByteQueue _incoming = new();
    private readonly SortedList<long, byte[]> _outOfOrder = [];
    private long _receiveNext;
    private long _advertisedEdge;
    private long _peerFin = long.MaxValue;
    private bool _finReceived;
    private bool _sackAgreed;
    private bool _timestampsAgreed;
    private int _receiveScale;
    private uint _timestampRecent;

    /// <summary>Bytes that the guest's program can read.</summary>
    public int Available => _incoming.Count;

    /// <summary>The engine's FIN came and all before it is read.</summary>
    public bool IsEndOfStream => _finReceived && Available == 0;

    private uint ReceiveSequence => _receiveInitial + (uint)_receiveNext;

    private long FreeBytes => Math.Max(0, _options.ReceiveBufferBytes - _incoming.Count);

    // Receiver's silly window avoidance (RFC 9293 section 3.8.6.2.2).
    private bool WindowUpdateIsDue => !_finReceived
        && _receiveNext + FreeBytes - _advertisedEdge
            >= Math.Min(_options.ReceiveBufferBytes / 2, _options.MaximumSegmentBytes);

    public int Read(Span<byte> destination) => _incoming.Read(destination);

    /// <summary>Reads all that is there.</summary>
    public byte[] ReadAll()
    {
        byte[] bytes = new byte[Available];
        _ = Read(bytes);
        return bytes;
    }

    private void ReceiveText(Segment segment)
    {
        if (!segment.Has(Wire.TcpFlags.Syn))
        {
            long start = _receiveNext + (int)(segment.Sequence - ReceiveSequence);
            long end = start + segment.Payload.Length;
            if (end > _advertisedEdge)
            {
                throw new ExpectationException(
                    $"{end - _advertisedEdge} bytes beyond the window: {segment}");
            }

            if (segment.Has(Wire.TcpFlags.Fin))
            {
                NoteFin(end);
            }

            if (end > _receiveNext)
            {
                Keep(start, segment.Payload);
            }

            if (_receiveNext == _peerFin)
            {
                _receiveNext++;
                _finReceived = true;
            }
        }
    }

    private void NoteFin(long position)
    {
        if (_peerFin != long.MaxValue && _peerFin != position)
        {
            throw new ExpectationException($"FIN at {position} after FIN at {_peerFin}");
        }

        _peerFin = position;
    }

    private void Keep(long start, byte[] payload)
    {
        if (start > _receiveNext)
        {
            _outOfOrder.TryAdd(start, payload);
            return;
        }

        _incoming.Append(payload.AsSpan((int)(_receiveNext - start)));
        _receiveNext = start + payload.Length;
        while (_outOfOrder.Count > 0 && _outOfOrder.GetKeyAtIndex(0) <= _receiveNext)
        {
            long kept = _outOfOrder.GetKeyAtIndex(0);
            byte[] bytes = _outOfOrder.GetValueAtIndex(0);
            _outOfOrder.RemoveAt(0);
            if (kept + bytes.Length > _receiveNext)
            {
                _incoming.Append(bytes.AsSpan((int)(_receiveNext - kept)));
                _receiveNext = kept + bytes.Length;
            }
        }
    }

    private ushort WindowField(bool isSyn)
    {
        int scale = isSyn ? 0 : _receiveScale;
        long field = Math.Min(FreeBytes >> scale, ushort.MaxValue);
        _advertisedEdge = Math.Max(_advertisedEdge, Math.Max(1, _receiveNext) + (field << scale));
        return (ushort)field;
    }

    private void AgreeOn(SegmentOptions peer)
    {
        bool scales = peer.WindowScale is not null && _options.WindowScale is not null;
        _sendScale = scales ? peer.WindowScale!.Value : 0;
        _receiveScale = scales ? _options.WindowScale!.Value : 0;
        _sackAgreed = peer.SackPermitted && _options.Sack;
        _timestampsAgreed = peer.Timestamps is not null && _options.Timestamps;
        _segmentBytes = Math.Min(peer.MaximumSegmentSize ?? 536, _options.MaximumSegmentBytes)
            - (_timestampsAgreed ? 12 : 0);
        _congestionWindow = 10 * _segmentBytes;
        _timestampRecent = peer.Timestamps?.Value ?? 0;
    }

    private void RememberTimestamp(Segment segment)
    {
        if (segment.Options.Timestamps is (uint value, _)
            && (int)(segment.Sequence - ReceiveSequence) <= 0
            && (int)(value - _timestampRecent) > 0)
        {
            _timestampRecent = value;
        }
    }

    private SegmentOptions HandshakeOptions() => new()
    {
        MaximumSegmentSize = (ushort)_options.MaximumSegmentBytes,
        WindowScale = _hasPeerSyn && _receiveScale == 0 ? null : _options.WindowScale,
        SackPermitted = _hasPeerSyn ? _sackAgreed : _options.Sack,
        Timestamps = (_hasPeerSyn ? _timestampsAgreed : _options.Timestamps)
            ? (_guest.TimestampNow, _timestampRecent) : null,
    };

    private SegmentOptions TextOptions()
    {
        if (!_timestampsAgreed && _outOfOrder.Count == 0)
        {
            return SegmentOptions.None;
        }

        return new SegmentOptions
        {
            Timestamps = _timestampsAgreed ? (_guest.TimestampNow, _timestampRecent) : null,
            SackBlocks = _sackAgreed ? Blocks() : [],
        };
    }

    private (uint Left, uint Right)[] Blocks()
    {
        List<(uint Left, uint Right)> blocks = [];
        foreach ((long start, byte[] bytes) in _outOfOrder)
        {
            uint left = _receiveInitial + (uint)start;
            uint right = left + (uint)bytes.Length;
            if (blocks.Count > 0 && (int)(left - blocks[^1].Right) <= 0)
            {
                uint later = (int)(right - blocks[^1].Right) > 0 ? right : blocks[^1].Right;
                blocks[^1] = (blocks[^1].Left, later);
            }
            else
            {
                blocks.Add((left, right));
            }
        }

        return [.. blocks.Take(3)];
    }
}
