using System.Numerics;
using System.Runtime.InteropServices;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>
/// A ring of frames from one thread to another without locks: one writer, one reader.
/// </summary>
/// <remarks>
/// <code>
///   record, 8-byte aligned and never wrapped:
///     record bytes u32 | kind u32 | port i32 | frame bytes i32
///     FrameOffload, up to byte 32
///     frame
///   a record of kind Skip: the next one is at the ring's start
/// </code>
/// The writer alone moves the tail and the reader alone the head, both of which only grow. What a
/// record holds is written before the tail passes it (release) and read after the tail was read
/// (acquire); the room is used again only after the head has passed it, in the same manner.
/// </remarks>
public sealed class FrameRing
{
    private const int RecordAlignment = 8;
    private const uint Skip = uint.MaxValue;

    private readonly byte[] _memory;
    private readonly ulong _mask;
    private Positions _positions;

    // The writer's: the head as it was seen last, and what is reserved.
    private ulong _seenHead;
    private ulong _reservedAt;
    private int _reservedBytes;

    /// <param name="sizeBytes">A power of two.</param>
    public FrameRing(int sizeBytes)
    {
        if (!BitOperations.IsPow2(sizeBytes) || sizeBytes < 2 * RecordHeader.LengthBytes)
        {
            throw new ArgumentOutOfRangeException(nameof(sizeBytes), "must be a power of two");
        }

        _memory = GC.AllocateArray<byte>(sizeBytes, pinned: true);
        _mask = (ulong)sizeBytes - 1;
    }

    /// <summary>Nothing is there for the reader. From either side.</summary>
    public bool IsEmpty =>
        Volatile.Read(ref _positions.Head) == Volatile.Read(ref _positions.Tail);

    /// <summary>Writer: what is reserved and not committed.</summary>
    public Span<byte> Reserved => _memory.AsSpan(
        (int)(_reservedAt & _mask) + RecordHeader.LengthBytes, _reservedBytes);

    /// <summary>
    /// Writer: room for one frame, good until <see cref="Commit"/>; empty when there is none.
    /// </summary>
    /// <param name="lengthBytes">At most half of the ring, less the record's header.</param>
    public Span<byte> Reserve(int lengthBytes)
    {
        _reservedBytes = 0;
        ulong record = RecordBytes(lengthBytes);
        ulong tail = _positions.Tail;
        ulong toEnd = (ulong)_memory.Length - (tail & _mask);
        ulong skipped = record > toEnd ? toEnd : 0;
        if (!HasRoom(tail + skipped + record))
        {
            return default;
        }

        if (skipped > 0)
        {
            // Seen only when the tail passes it, together with the record behind. There may be no
            // room for more of a header than this.
            StartAt(tail) = new RecordStart { RecordBytes = (uint)skipped, Kind = Skip };
        }

        _reservedAt = tail + skipped;
        _reservedBytes = lengthBytes;
        return Reserved;
    }

    /// <summary>Writer: gives the reader what was reserved, or its beginning.</summary>
    /// <param name="kind">What it is, between the two sides.</param>
    /// <param name="port">Whose.</param>
    /// <param name="lengthBytes">At most what was reserved.</param>
    /// <param name="offload">What its taker has to do.</param>
    public void Commit(uint kind, int port, int lengthBytes, in FrameOffload offload)
    {
        ulong record = RecordBytes(lengthBytes);
        _reservedBytes = 0;
        HeaderAt(_reservedAt) = new RecordHeader
        {
            Start = new RecordStart { RecordBytes = (uint)record, Kind = kind },
            Port = port,
            FrameBytes = lengthBytes,
            Offload = offload,
        };
        Volatile.Write(ref _positions.Tail, _reservedAt + record);
    }

    /// <summary>Reader: the next record, good until <see cref="Release"/>.</summary>
    /// <returns>False when the ring is empty.</returns>
    public bool TryPeek(out RingRecord record)
    {
        ulong head = _positions.Head;
        if (head == Volatile.Read(ref _positions.Tail))
        {
            record = default;
            return false;
        }

        if (StartAt(head).Kind == Skip)
        {
            head += StartAt(head).RecordBytes;
            Volatile.Write(ref _positions.Head, head);
        }

        RecordHeader header = HeaderAt(head);
        record = new RingRecord
        {
            Kind = header.Start.Kind,
            Port = header.Port,
            Offload = header.Offload,
            Frame = _memory.AsSpan(
                (int)(head & _mask) + RecordHeader.LengthBytes, header.FrameBytes),
        };
        return true;
    }

    /// <summary>Reader: gives back the room of what was peeked.</summary>
    public void Release()
    {
        ulong head = _positions.Head;
        Volatile.Write(ref _positions.Head, head + StartAt(head).RecordBytes);
    }

    private static ulong RecordBytes(int frameBytes) =>
        (ulong)(RecordHeader.LengthBytes + frameBytes + RecordAlignment - 1)
        & ~(ulong)(RecordAlignment - 1);

    private bool HasRoom(ulong newTail)
    {
        if (newTail - _seenHead > (ulong)_memory.Length)
        {
            _seenHead = Volatile.Read(ref _positions.Head);
        }

        return newTail - _seenHead <= (ulong)_memory.Length;
    }

    private ref RecordStart StartAt(ulong position) => ref MemoryMarshal.AsRef<RecordStart>(
        _memory.AsSpan((int)(position & _mask), RecordStart.LengthBytes));

    private ref RecordHeader HeaderAt(ulong position) => ref MemoryMarshal.AsRef<RecordHeader>(
        _memory.AsSpan((int)(position & _mask), RecordHeader.LengthBytes));

    /// <summary>Each on a cache line pair of its own: they are written by two processors.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 384)]
    private struct Positions
    {
        [FieldOffset(128)]
        public ulong Head;

        [FieldOffset(256)]
        public ulong Tail;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct RecordStart
    {
        public const int LengthBytes = 8;

        public uint RecordBytes;
        public uint Kind;
    }

    [StructLayout(LayoutKind.Sequential, Size = LengthBytes)]
    private struct RecordHeader
    {
        public const int LengthBytes = 32;

        public RecordStart Start;
        public int Port;
        public int FrameBytes;
        public FrameOffload Offload;
    }
}
