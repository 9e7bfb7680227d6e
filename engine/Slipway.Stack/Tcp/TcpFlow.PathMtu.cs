namespace Slipway.Stack;

/// <summary>A router between here and the guest has said what it can carry.</summary>
internal sealed partial class TcpFlow
{
    /// <summary>Sends smaller segments from here on, and what is under way again in them.</summary>
    internal bool ReducePathMtu(SequenceNumber sequence, int mtuBytes, Instant now)
    {
        // RFC 1191's table has no path below 68 bytes; Linux believes none below 552.
        const int smallestMtuBytes = 552;
        const int headersBytes = 40;
        if (!TcpTransitions.IsSynchronized(State)
            || sequence < _sendUnacknowledged || sequence >= _sendMax)
        {
            return false;
        }

        int segment = Math.Max(mtuBytes, smallestMtuBytes) - headersBytes
            - (_timestamps ? TimestampOptionBytes : 0);
        if (segment < _segmentBytes)
        {
            _segmentBytes = segment;
            _sendNext = _sendUnacknowledged;
            _timedAt = Instant.Never;
            ArmRetransmission(now);
            _layer.Queue(this);
        }

        return true;
    }
}
