using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>A router between here and the guest has said what it can carry.</summary>
internal sealed partial class TcpFlow
{
    /// <summary>Sends smaller segments from here on, and what is under way again in them.</summary>
    internal bool ReducePathMtu(SequenceNumber sequence, int mtuBytes, Instant now)
    {
        // RFC 1191's table has no path below 68 bytes; Linux believes none below 552. An IPv6 path
        // has 1280 at least (RFC 8201 section 4).
        IpAddress guest = Key.Guest.Address;
        int smallestMtuBytes = guest.IsIPv4 ? 552 : Ipv6Header.MinimumMtuBytes;
        int headersBytes =
            PacketOutput.IpHeaderLengthBytes(guest) + TcpHeader.MinimumLengthBytes;
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
