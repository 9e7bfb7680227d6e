using Slipway.Stack;

namespace Slipway.Links;

/// <summary>A transmitq of virtio-net: frames of the guest (virtio 1.2 section 5.1.6.2).</summary>
/// <remarks>
/// A frame is copied before anything of it is looked at. The guest may write to its buffers at any
/// time, and the stack reads a header more than once: to check it, and to use it. The copy is the
/// one consistent frame that both see. It is whole, not the headers alone, since a frame is handed
/// on as one span; at 50 GB/s and more it costs less than the system call that sends the payload.
/// Frames are handed on together, so that the text of several goes to the host by one call.
/// </remarks>
internal sealed class TransmitQueue
{
    private readonly SplitRing _ring;
    private readonly FrameBatch _frames;
    private BufferSegment[] _segments = [];

    /// <param name="ring">The queue.</param>
    /// <param name="frames">
    /// What frames are copied into and handed on together; with room for
    /// <see cref="FrameBufferBytes"/> each.
    /// </param>
    internal TransmitQueue(SplitRing ring, FrameBatch frames)
    {
        _ring = ring;
        _frames = frames;
    }

    /// <summary>The header and the largest frame there is, in bytes.</summary>
    internal const int FrameBufferBytes =
        VirtioNetHeader.MergedLengthBytes + FrameLimits.LargestBytes;

    /// <summary>
    /// A chain of more counts as several frames of the budget: 64 KiB in pages are 17.
    /// </summary>
    private const int DescriptorsPerFrame = 32;

    /// <summary>
    /// A longer frame counts as several, so that a turn of 64 ends after 256 KiB and what it took
    /// is acknowledged while the guest's window still holds more. Without that the two go in
    /// lockstep: the guest fills its window of 0.9 MB, sleeps until all of it is taken, and is
    /// kicked for. On two processors, with the guest on the server's, bulk went from 3 to 12 up to
    /// 29 Gbit/s; with the guest on the engine's it stayed at 35.
    /// </summary>
    private const int BytesPerFrame = 4096;

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
        _frames.Clear();
        bool isEmpty = false;
        while (budget > 0 && !isEmpty)
        {
            while (budget > 0 && _ring.TryTake(out ushort head))
            {
                if (_frames.Room.IsEmpty)
                {
                    HandOn(port, receiver, now);
                }

                budget -= Take(head);
            }

            isEmpty = budget > 0 && _ring.TryArmKick();
        }

        _ring.Publish();
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

        Span<byte> room = _frames.Room;
        int length = Copy(_segments.AsSpan(0, count), room);
        int cost = 1 + (count / DescriptorsPerFrame) + (Math.Max(length, 0) / BytesPerFrame);
        if (length >= 0 && length < HeaderBytes)
        {
            _ring.Fail(RingFault.TooShort);
            return cost;
        }

        _ring.Complete(head, 0);
        if (!IsDiscarding)
        {
            Note(room, length - HeaderBytes);
        }

        return cost;
    }

    // One that nobody could have, too long or with an impossible header, is handed on empty: the
    // switch counts it as malformed, as it does for a TAP.
    private void Note(ReadOnlySpan<byte> room, int lengthBytes)
    {
        FrameOffload offload = default;
        bool isReadable = lengthBytes >= 0
            && VirtioNetHeader.TryRead(room, lengthBytes, out offload);
        _frames.Add(HeaderBytes, isReadable ? lengthBytes : 0, isReadable ? offload : default);
    }

    private void HandOn(IGuestPort port, IFrameReceiver receiver, Instant now)
    {
        if (_frames.Count > 0)
        {
            receiver.OnFrames(port, _frames, now);
            _frames.Clear();
        }
    }

    // The length of header and frame; negative when that is more than a frame can have.
    private static int Copy(ReadOnlySpan<BufferSegment> segments, Span<byte> room)
    {
        Span<byte> rest = room;
        foreach (BufferSegment segment in segments)
        {
            if (segment.LengthBytes > rest.Length)
            {
                return -1;
            }

            segment.Bytes.CopyTo(rest);
            rest = rest[segment.LengthBytes..];
        }

        return room.Length - rest.Length;
    }
}
