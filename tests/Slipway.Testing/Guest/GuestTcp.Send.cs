using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>The sending half: window, congestion, retransmission.</summary>
public sealed partial class GuestTcp
{
    private static readonly Duration MinimumTimeout = Duration.FromMilliseconds(200);
    private static readonly Duration MaximumTimeout = Duration.FromSeconds(60);

    private readonly ByteQueue _outgoing = new();
    private readonly List<(long Start, long End)> _sacked = [];
    private long _unacknowledged;
    private long _next;
    private long _highest;
    private long _recover;
    private long _holeNext;
    private long _sendWindow;
    private int _congestionWindow = 10 * 1460;
    private int _threshold = 1 << 20;
    private int _duplicates;
    private int _segmentBytes = 536;
    private int _sendScale;
    private int _backoff;
    private int _timeouts;
    private bool _inRecovery;
    private bool _sendClosed;
    private Instant _retransmitAt;

    /// <summary>Bytes written and not acknowledged.</summary>
    public int Unacknowledged => _outgoing.Count;

    /// <summary>The engine has acknowledged our FIN.</summary>
    public bool IsFinAcknowledged => _sendClosed && _unacknowledged == FinPosition + 1;

    private long OutgoingStart => Math.Max(1, Math.Min(_unacknowledged, FinPosition));

    /// <summary>Beyond everything until <see cref="CloseSend"/>.</summary>
    private long FinPosition { get; set; } = long.MaxValue;

    private long WrittenEnd => OutgoingStart + _outgoing.Count;

    /// <summary>Sends bytes, in order, when the windows allow.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (_sendClosed)
        {
            throw new ExpectationException("a test writes after it closed");
        }

        _outgoing.Append(bytes);
    }

    /// <summary>Sends FIN after what was written.</summary>
    public void CloseSend()
    {
        if (!_sendClosed)
        {
            FinPosition = WrittenEnd;
            _sendClosed = true;
        }
    }

    private void ReceiveAcknowledgment(Segment segment, Instant now)
    {
        long acknowledged = _unacknowledged
            + (int)(segment.Acknowledgment - (_sendInitial + (uint)_unacknowledged));
        if (acknowledged > _highest)
        {
            throw new ExpectationException($"the engine acknowledges what was not sent: {segment}");
        }

        if (!IsEstablished && acknowledged == 1)
        {
            IsEstablished = true;
            _unacknowledged = 1;
            StopRetransmission();
            _guest.OnEstablished(this);
        }

        long window = (long)segment.Window << (segment.Has(TcpFlags.Syn) ? 0 : _sendScale);
        bool changesNothing = segment.Length == 0 && window == _sendWindow
            && acknowledged == _unacknowledged;
        TakeSack(segment.Options);
        if (acknowledged > _unacknowledged)
        {
            Advance(acknowledged, now);
        }
        else if (changesNothing && _highest > _unacknowledged && ++_duplicates == 3)
        {
            EnterRecovery(now);
        }

        if (acknowledged >= _unacknowledged)
        {
            if (_sendWindow == 0 && window > 0)
            {
                _next = _unacknowledged; // what the closed window swallowed goes again
                StopRetransmission();
            }

            _sendWindow = window;
        }
    }

    private void Advance(long acknowledged, Instant now)
    {
        int bytes = (int)(Math.Min(acknowledged, WrittenEnd) - OutgoingStart);
        _outgoing.Discard(Math.Max(0, bytes));
        _unacknowledged = acknowledged;
        _next = Math.Max(_next, acknowledged);
        _holeNext = Math.Max(_holeNext, acknowledged);
        _sacked.RemoveAll(range => range.End <= acknowledged);
        _duplicates = 0;
        _congestionWindow += _congestionWindow < _threshold ? bytes
            : _segmentBytes * bytes / _congestionWindow;
        StopRetransmission();
        if (_inRecovery && acknowledged >= _recover)
        {
            _inRecovery = false;
        }
        else if (_inRecovery)
        {
            _holeNext = acknowledged; // a partial acknowledgment: the next hole (RFC 6582)
        }

        if (_highest > _unacknowledged)
        {
            ArmRetransmission(now);
        }
    }

    private void EnterRecovery(Instant now)
    {
        if (_inRecovery)
        {
            return;
        }

        _inRecovery = true;
        _recover = _highest;
        _holeNext = _unacknowledged;
        _threshold = Math.Max((int)(_next - _unacknowledged) / 2, 2 * _segmentBytes);
        _congestionWindow = _threshold;
        ArmRetransmission(now);
    }

    private void TakeSack(SegmentOptions options)
    {
        foreach ((uint left, uint right) in options.SackBlocks)
        {
            long start = _unacknowledged + (int)(left - (_sendInitial + (uint)_unacknowledged));
            long end = start + (right - left);
            if (end <= _unacknowledged)
            {
                continue; // a duplicate that is reported below the acknowledgment (RFC 2883)
            }

            if (end > _highest)
            {
                throw new ExpectationException(
                    $"the engine selectively acknowledges {start}..{end} of {_highest}");
            }

            _sacked.RemoveAll(range => range.Start >= start && range.End <= end);
            _sacked.Add((start, end));
            _sacked.Sort();
        }
    }

    private void FlushText(Instant now)
    {
        if (_inRecovery)
        {
            RetransmitHole();
        }

        long limit = _unacknowledged
            + Math.Min(_sendWindow, _congestionWindow + (_duplicates * _segmentBytes));
        while (_next < Math.Min(limit, WrittenEnd) && End == GuestTcpEnd.None)
        {
            long start = SkipSacked(_next);
            if (start >= Math.Min(limit, WrittenEnd))
            {
                _next = start;
                break;
            }

            _next = SendText(start, limit);
        }

        bool finIsNext = _sendClosed && _next == FinPosition;
        if (finIsNext && (_sendWindow > 0 || _unacknowledged < FinPosition))
        {
            Transmit(TcpFlags.Fin | TcpFlags.Acknowledgment, _next, []);
            _next++;
        }

        _highest = Math.Max(_highest, _next);
        bool hasMore = WrittenEnd > _next || (_sendClosed && _next == FinPosition);
        bool waits = _highest > _unacknowledged || (hasMore && _sendWindow == 0);
        if (waits && _retransmitAt == Instant.Never && End == GuestTcpEnd.None)
        {
            ArmRetransmission(now);
        }
    }

    /// <summary>
    /// One segment of what is missing for each call, up to the highest byte that arrived.
    /// </summary>
    private void RetransmitHole()
    {
        long known = _sacked.Count > 0 ? _sacked[^1].Start : _unacknowledged + 1;
        long start = SkipSacked(_holeNext);
        if (start < known && start < WrittenEnd)
        {
            _holeNext = SendText(start, long.MaxValue);
        }
        else if (start < known && start == FinPosition)
        {
            Transmit(TcpFlags.Fin | TcpFlags.Acknowledgment, start, []);
            _holeNext = start + 1;
        }
    }

    private long SendText(long start, long limit)
    {
        long end = Math.Min(Math.Min(start + _segmentBytes, WrittenEnd), limit);
        foreach ((long sackedStart, _) in _sacked)
        {
            end = sackedStart > start ? Math.Min(end, sackedStart) : end;
        }

        byte[] payload = new byte[end - start];
        _outgoing.Peek(start - OutgoingStart, payload);
        Transmit(TcpFlags.Acknowledgment | TcpFlags.Push, start, payload);
        return end;
    }

    private long SkipSacked(long position)
    {
        foreach ((long start, long end) in _sacked)
        {
            position = start <= position && position < end ? end : position;
        }

        return position;
    }

    private void OnRetransmissionTimeout(Instant now)
    {
        _backoff++;
        if (++_timeouts > (IsEstablished ? 15 : 6))
        {
            Finish(GuestTcpEnd.TimedOut);
            return;
        }

        if (!IsEstablished)
        {
            _retransmitAt = default;
            return;
        }

        if (_sendWindow == 0 && _unacknowledged < WrittenEnd)
        {
            SendText(_unacknowledged, _unacknowledged + 1); // a zero-window probe of one byte
            _highest = Math.Max(_highest, _unacknowledged + 1);
        }
        else if (_sendWindow == 0 && _unacknowledged == FinPosition)
        {
            Transmit(TcpFlags.Fin | TcpFlags.Acknowledgment, FinPosition, []);
            _highest = FinPosition + 1;
        }
        else
        {
            _sacked.Clear(); // the receiver may renege (RFC 2018 section 8)
            _inRecovery = false;
            _duplicates = 0;
            _threshold = Math.Max((int)(_next - _unacknowledged) / 2, 2 * _segmentBytes);
            _congestionWindow = _segmentBytes;
            _next = _unacknowledged;
        }

        ArmRetransmission(now);
    }

    private void ArmRetransmission(Instant now)
    {
        Duration first = IsEstablished ? MinimumTimeout : Duration.FromSeconds(1);
        _retransmitAt = now + Duration.Min(first * (1L << Math.Min(_backoff, 10)), MaximumTimeout);
    }

    private void StopRetransmission()
    {
        _retransmitAt = Instant.Never;
        _backoff = 0;
        _timeouts = 0;
    }
}
