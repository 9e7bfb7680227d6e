using Slipway.Stack;

namespace Slipway.Links;

/// <summary>A transmitq of virtio-net: frames of the guest (virtio 1.2 section 5.1.6.2).</summary>
/// <remarks>
/// Frames are handed on together, so that the text of several goes to the host by one call. It may
/// go from where it is (<see cref="TransmitBatch"/>): then the guest gets its buffers back after
/// that, and else before, so that it can use them meanwhile.
/// </remarks>
internal sealed class TransmitQueue
{
    private readonly SplitRing _ring;
    private readonly TransmitBatch _batch;
    private BufferSegment[] _segments = [];

    /// <param name="ring">The queue.</param>
    /// <param name="batch">What frames are handed on in; empty between the calls.</param>
    internal TransmitQueue(SplitRing ring, TransmitBatch batch)
    {
        _ring = ring;
        _batch = batch;
    }

    /// <summary>
    /// A chain of more counts as several frames of the budget: 64 KiB in pages are 17.
    /// </summary>
    private const int DescriptorsPerFrame = 32;

    /// <summary>Of the header before each frame.</summary>
    internal int HeaderBytes { get; set; } = VirtioNetHeader.MergedLengthBytes;

    /// <summary>Frames are taken and thrown away: the ring is disabled.</summary>
    internal bool IsDiscarding { get; set; }

    /// <summary>Takes the guest's frames, up to a number.</summary>
    /// <returns>False when there may be more; else the next one brings a kick.</returns>
    internal bool Drain(int budget, IGuestPort port, IFrameReceiver receiver, Instant now)
    {
        if (_segments.Length < _ring.Size)
        {
            _segments = new BufferSegment[_ring.Size];
        }

        _ring.SuppressKicks();
        int most = receiver.FramesAtOnce(port, now);
        bool isEmpty = false;
        while (budget > 0 && !isEmpty)
        {
            while (budget > 0 && _ring.TryTake(out ushort head))
            {
                if (_batch.Frames.Room.IsEmpty)
                {
                    HandOn(port, receiver, now);
                }

                budget -= Take(head);
                budget = --most > 0 ? budget : 0;
            }

            isEmpty = budget > 0 && _ring.TryArmKick();
        }

        HandOn(port, receiver, now);
        return isEmpty;
    }

    /// <returns>How many frames of the budget it counts as.</returns>
    private int Take(ushort head)
    {
        if (!_ring.TryReadChain(head, isWritable: false, _segments, out int count))
        {
            return 1;
        }

        ReadOnlySpan<BufferSegment> segments = _segments.AsSpan(0, count);
        int length = LengthBytes(segments);
        int cost = TransmitBatch.CostOf(length) + (count / DescriptorsPerFrame);
        if (length >= 0 && length < HeaderBytes)
        {
            _ring.Fail(RingFault.TooShort);
            return cost;
        }

        _ring.Complete(head, 0); // which the guest does not see before it is published
        if (!IsDiscarding)
        {
            _batch.Add(segments, HeaderBytes, length - HeaderBytes);
        }

        return cost;
    }

    private void HandOn(IGuestPort port, IFrameReceiver receiver, Instant now)
    {
        FrameBatch frames = _batch.Frames;
        if (!frames.IsHolding)
        {
            _ring.Publish();
        }

        if (frames.Count > 0)
        {
            receiver.OnFrames(port, frames, now);
            _batch.Clear();
        }

        _ring.Publish();
    }

    // Of header and frame; negative when that is more than a frame can have.
    private static int LengthBytes(ReadOnlySpan<BufferSegment> segments)
    {
        long length = 0;
        foreach (BufferSegment segment in segments)
        {
            length += segment.LengthBytes;
        }

        return length <= TransmitBatch.FrameBufferBytes ? (int)length : -1;
    }
}
