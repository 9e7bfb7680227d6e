using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Slots of a batch whose datagrams are of one remote and one size, the last one perhaps shorter:
/// what a link that cuts UDP takes as one frame.
/// </summary>
/// <param name="First">The first slot.</param>
/// <param name="Count">Slots, at least one.</param>
/// <param name="SegmentBytes">Payload bytes of each datagram but the last.</param>
/// <param name="LengthBytes">Payload bytes of all.</param>
internal readonly record struct DatagramRun(int First, int Count, int SegmentBytes, int LengthBytes)
{
    /// <summary>
    /// Datagrams that Linux cuts a frame into (UDP_MAX_SEGMENTS of all versions).
    /// </summary>
    public const int MostSegments = 64;

    /// <summary>Payload of the longest UDP datagram, in bytes.</summary>
    public const int MostBytes =
        Ipv4Header.MaximumTotalLengthBytes - Ipv4Header.MinimumLengthBytes - UdpHeader.LengthBytes;

    /// <summary>
    /// Whether every kernel cuts so many: newer ones join up to 128 into one slot.
    /// </summary>
    public bool IsCuttable => LengthBytes <= MostSegments * SegmentBytes;

    /// <summary>The longest run from a slot on.</summary>
    public static DatagramRun StartingAt(DatagramBatch batch, int first)
    {
        IpEndpoint remote = batch.Remote(first);
        int segment = batch.SegmentBytes(first);
        int length = batch.LengthBytes(first);
        int next = first + 1;
        while (next < batch.Count && segment > 0 && length % segment == 0
            && batch.SegmentBytes(next) <= segment
            && (batch.SegmentBytes(next) == segment
                || batch.LengthBytes(next) == batch.SegmentBytes(next))
            && batch.LengthBytes(next) > 0
            && length + batch.LengthBytes(next) <= Math.Min(MostBytes, MostSegments * segment)
            && batch.Remote(next) == remote)
        {
            length += batch.LengthBytes(next);
            next++;
        }

        return new DatagramRun(first, next - first, segment, length);
    }
}
