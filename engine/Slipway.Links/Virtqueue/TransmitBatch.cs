using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Links;

/// <summary>
/// Frames of one guest that are handed on together: copied, or with their text left where it is.
/// </summary>
/// <remarks>
/// A guest may write to its buffers at any time, and the stack reads a header more than once: to
/// check it, and to use it. So all that is looked at is copied before, once. The text of a long TCP
/// segment whose checksum is open is looked at by nobody: it is left, and goes to the host from
/// where it is. What the guest writes there meanwhile is what it sends; the lengths are those of
/// the descriptors as they were read, and nothing of the memory.
/// <para>
/// Where it points to stays mapped: mappings change with a message of the VMM and end with its
/// connection, both of which the worker looks at between its links' frames, never in the midst of
/// a batch; and a batch ends before the queue that takes it returns.
/// </para>
/// </remarks>
internal sealed class TransmitBatch
{
    /// <summary>The header and the largest frame there is, in bytes.</summary>
    internal const int FrameBufferBytes =
        VirtioNetHeader.MergedLengthBytes + FrameLimits.LargestBytes;

    /// <summary>
    /// A longer frame counts as several, so that a turn of 64 ends after 256 KiB and what it took
    /// is acknowledged while the guest's window still holds more. Without that the two go in
    /// lockstep: the guest fills its window of 0.9 MB, sleeps until all of it is taken, and is
    /// kicked for. On two processors, with the guest on the server's, bulk went from 3 to 12 up to
    /// 29 Gbit/s; with the guest on the engine's it stayed at 35.
    /// </summary>
    private const int BytesPerFrame = 4096;

    /// <summary>
    /// Headers end within so many bytes, the one before the frame included: IPv4 and TCP with all
    /// their options take 146.
    /// </summary>
    private const int MostHeaderBytes = 256;

    /// <summary>Shorter frames are copied whole: their text is not gathered either.</summary>
    private const int LeaveFromBytes = 16 * 1024;

    private readonly GuestPiece[] _pieces = new GuestPiece[FrameBatch.PieceCapacity];
    private int _shown;

    internal TransmitBatch()
    {
        for (int i = 0; i < _pieces.Length; i++)
        {
            _pieces[i] = new GuestPiece();
        }
    }

    /// <summary>Five of the largest, which is more than a turn's share.</summary>
    internal FrameBatch Frames { get; } = new(5 << 16, FrameBufferBytes, leavesText: true);

    /// <summary>How many frames of a turn's budget one of a length counts as.</summary>
    /// <param name="lengthBytes">Of header and frame, as the guest says.</param>
    internal static int CostOf(int lengthBytes) =>
        1 + (Math.Clamp(lengthBytes, 0, FrameBufferBytes) / BytesPerFrame);

    /// <summary>Takes a chain's frame.</summary>
    /// <param name="segments">The chain's buffers.</param>
    /// <param name="headerBytes">Of the header before the frame.</param>
    /// <param name="frameBytes">Negative when it is too long.</param>
    /// <remarks>
    /// One that nobody could have, too long or with an impossible header, is added empty: the
    /// switch counts it as malformed, as it does for a TAP.
    /// </remarks>
    internal void Add(ReadOnlySpan<BufferSegment> segments, int headerBytes, int frameBytes)
    {
        Span<byte> room = Frames.Room;
        SegmentReader reader = new(segments);
        FrameOffload offload = default;
        bool isReadable = frameBytes >= 0;
        if (isReadable)
        {
            reader.ReadTo(room, headerBytes);
            isReadable = VirtioNetHeader.TryRead(room[..headerBytes], frameBytes, out offload);
        }

        if (!isReadable)
        {
            Frames.Add(headerBytes, 0, default);
        }
        else if (!TryLeave(ref reader, room, headerBytes, frameBytes, offload))
        {
            reader.ReadTo(room, headerBytes + frameBytes);
            Frames.Add(headerBytes, frameBytes, offload);
        }
    }

    /// <summary>They have been handed on; nothing points to the guest's memory any more.</summary>
    internal void Clear()
    {
        Frames.Clear();
        for (; _shown > 0; _shown--)
        {
            _pieces[_shown - 1].Hide();
        }
    }

    // Leaves the text where it is, if there is enough of it. Else no more than headers are read.
    private bool TryLeave(
        ref SegmentReader reader, Span<byte> room, int headerBytes, int frameBytes,
        in FrameOffload offload)
    {
        const int dataOffset = 12;
        int transport = headerBytes + offload.ChecksumStart;
        if (!offload.IsChecksumOpen || offload.ChecksumOffset != TcpHeader.ChecksumOffset
            || transport + TcpHeader.MaximumLengthBytes > MostHeaderBytes
            || frameBytes < LeaveFromBytes)
        {
            return false;
        }

        reader.ReadTo(room, transport + TcpHeader.MinimumLengthBytes);
        reader.ReadTo(room, transport + ((room[transport + dataOffset] >> 4) * 4));
        ReadOnlySpan<byte> head = room[headerBytes..reader.ReadBytes];
        if (!Frames.TryAddHead(head, frameBytes, offload, reader.Left))
        {
            return false;
        }

        while (reader.TryTake(out BufferSegment segment))
        {
            Frames.AddPiece(_pieces[_shown++].Show(segment));
        }

        return true;
    }
}
