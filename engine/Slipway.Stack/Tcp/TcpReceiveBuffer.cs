namespace Slipway.Stack;

/// <summary>
/// Bytes from the guest that the host has not taken: a ring over stream positions, in chunks that
/// are rented when bytes come and returned when they are taken.
/// </summary>
/// <remarks>
/// Positions count bytes since the guest's SYN and do not wrap. From <see cref="Head"/> to <see
/// cref="InOrderEnd"/> all bytes are here and acknowledged; beyond it lie at most <see
/// cref="MaxHoles"/> separate ranges. Where segments overlap the first copy wins. The number of
/// ranges bounds the work for a segment, so that one-byte holes cost no more than honest loss.
/// </remarks>
/// <param name="pool">Has the memory.</param>
/// <param name="link">Whose memory it is: the number of the guest's link.</param>
/// <param name="capacityBytes">Bytes from <see cref="Head"/> on that may be kept.</param>
internal sealed class TcpReceiveBuffer(ChunkPool pool, int link, int capacityBytes)
{
    /// <summary>Ranges beyond a hole; a segment that would make one more is dropped.</summary>
    public const int MaxHoles = 64;

    private readonly byte[]?[] _chunks = new byte[]?[(capacityBytes / ChunkPool.ChunkBytes) + 2];
    private readonly Range[] _ranges = new Range[MaxHoles];
    private int _latest;

    /// <summary>Position of the first byte that the host has not taken.</summary>
    public long Head { get; private set; }

    /// <summary>Position behind the last byte in order: RCV.NXT as a position.</summary>
    public long InOrderEnd { get; private set; }

    public int RangeCount { get; private set; }

    /// <summary>Bytes in order that wait for the host.</summary>
    public int HeldBytes => (int)(InOrderEnd - Head);

    public bool IsEmpty => Head == InOrderEnd && RangeCount == 0;

    /// <summary>Starts over at a position; the buffer must be empty.</summary>
    public void Reset(long position)
    {
        Head = position;
        InOrderEnd = position;
    }

    /// <summary>
    /// Keeps a segment's bytes from <paramref name="position"/> on, at or after <see
    /// cref="InOrderEnd"/> and within the capacity; moves <see cref="InOrderEnd"/> if they close a
    /// hole.
    /// </summary>
    /// <returns>False when not all could be kept: no chunk was to be had, or too many
    /// holes.</returns>
    public bool Write(long position, ReadOnlySpan<byte> bytes)
    {
        long end = position + bytes.Length;
        int index = FirstRangeEndingAtOrAfter(position);
        bool joins = index < RangeCount && _ranges[index].Start <= end;
        if (position > InOrderEnd && !joins && RangeCount == MaxHoles)
        {
            return false;
        }

        long stored = StoreGaps(position, bytes, index);
        if (stored == position)
        {
            return false;
        }

        // What was stored may end in front of the range that the whole would have joined.
        joins = index < RangeCount && _ranges[index].Start <= stored;
        if (position > InOrderEnd && !joins && RangeCount == MaxHoles)
        {
            return false;
        }

        AddRange(position, stored);
        return stored == end;
    }

    /// <summary>The next bytes in order, as far as they lie together; empty if none wait.</summary>
    public ReadOnlySpan<byte> Peek()
    {
        if (HeldBytes == 0)
        {
            return [];
        }

        int offset = (int)(Head % ChunkPool.ChunkBytes);
        return _chunks[Slot(Head)].AsSpan(offset, Math.Min(ChunkPool.ChunkBytes - offset,
            HeldBytes));
    }

    /// <summary>
    /// Forgets bytes that the host has taken and returns the chunks that became empty.
    /// </summary>
    public void Advance(int lengthBytes) => MoveHead(Head + lengthBytes);

    /// <summary>
    /// Bytes in order passed the buffer by: they went to the host directly. Nothing may be held;
    /// what lies behind them out of order may now be in order.
    /// </summary>
    public void Skip(int lengthBytes)
    {
        InOrderEnd += lengthBytes;
        AbsorbRanges();
        MoveHead(Head + lengthBytes);
    }

    /// <summary>A range out of order, the latest to change first (RFC 2018 section 4).</summary>
    public (long Start, long End) GetRange(int index)
    {
        int at = index == 0 ? _latest : index <= _latest ? index - 1 : index;
        return (_ranges[at].Start, _ranges[at].End);
    }

    /// <summary>The stream ends at a position: forgets what is kept behind it.</summary>
    /// <param name="position">At or after <see cref="InOrderEnd"/>.</param>
    public void EndAt(long position)
    {
        while (RangeCount > 0 && _ranges[RangeCount - 1].End > position)
        {
            Range last = _ranges[RangeCount - 1];
            _ranges[RangeCount - 1] = last with { End = position };
            RangeCount -= last.Start >= position ? 1 : 0;
        }

        _latest = Math.Clamp(_latest, 0, Math.Max(0, RangeCount - 1));
        long end = RangeCount > 0 ? _ranges[RangeCount - 1].End : InOrderEnd;
        long first = Head / ChunkPool.ChunkBytes;
        for (int i = 0; i < _chunks.Length; i++)
        {
            long chunk = (first + i) * ChunkPool.ChunkBytes;
            if (chunk >= end || IsEmpty)
            {
                ReturnChunk(Slot(chunk));
            }
        }
    }

    /// <summary>Returns every chunk.</summary>
    public void Clear()
    {
        for (int i = 0; i < _chunks.Length; i++)
        {
            ReturnChunk(i);
        }

        RangeCount = 0;
        Head = InOrderEnd;
    }

    private void MoveHead(long to)
    {
        while (Head / ChunkPool.ChunkBytes < to / ChunkPool.ChunkBytes)
        {
            ReturnChunk(Slot(Head));
            Head = ((Head / ChunkPool.ChunkBytes) + 1) * ChunkPool.ChunkBytes;
        }

        Head = to;
        if (IsEmpty)
        {
            ReturnChunk(Slot(Head));
        }
    }

    private int FirstRangeEndingAtOrAfter(long position)
    {
        int index = 0;
        while (index < RangeCount && _ranges[index].End < position)
        {
            index++;
        }

        return index;
    }

    /// <summary>
    /// Copies what is not here yet; returns the position up to which all is here now.
    /// </summary>
    private long StoreGaps(long position, ReadOnlySpan<byte> bytes, int index)
    {
        long end = position + bytes.Length;
        long at = position;
        while (at < end)
        {
            long gapEnd = end;
            if (index < RangeCount)
            {
                Range range = _ranges[index];
                if (range.Start <= at)
                {
                    at = Math.Max(at, range.End);
                    index++;
                    continue;
                }

                gapEnd = Math.Min(end, range.Start);
            }

            ReadOnlySpan<byte> gap = bytes[(int)(at - position)..(int)(gapEnd - position)];
            int copied = Store(at, gap);
            at += copied;
            if (copied < gap.Length)
            {
                return at;
            }
        }

        return end;
    }

    private int Store(long position, ReadOnlySpan<byte> bytes)
    {
        int stored = 0;
        while (stored < bytes.Length)
        {
            int slot = Slot(position + stored);
            if (_chunks[slot] is not byte[] chunk)
            {
                if (pool.TryRent(link) is not byte[] rented)
                {
                    return stored;
                }

                _chunks[slot] = chunk = rented;
            }

            int offset = (int)((position + stored) % ChunkPool.ChunkBytes);
            int length = Math.Min(ChunkPool.ChunkBytes - offset, bytes.Length - stored);
            bytes.Slice(stored, length).CopyTo(chunk.AsSpan(offset));
            stored += length;
        }

        return stored;
    }

    private void AddRange(long start, long end)
    {
        if (start <= InOrderEnd)
        {
            InOrderEnd = Math.Max(InOrderEnd, end);
            AbsorbRanges();
            return;
        }

        int first = FirstRangeEndingAtOrAfter(start);
        int last = first;
        while (last < RangeCount && _ranges[last].Start <= end)
        {
            start = Math.Min(start, _ranges[last].Start);
            end = Math.Max(end, _ranges[last].End);
            last++;
        }

        int removed = last - first;
        Array.Copy(_ranges, last, _ranges, first + 1, Math.Min(RangeCount - last,
            MaxHoles - first - 1));
        _ranges[first] = new Range(start, end);
        RangeCount += 1 - removed;
        _latest = first;
    }

    private void AbsorbRanges()
    {
        int absorbed = 0;
        while (absorbed < RangeCount && _ranges[absorbed].Start <= InOrderEnd)
        {
            InOrderEnd = Math.Max(InOrderEnd, _ranges[absorbed].End);
            absorbed++;
        }

        if (absorbed > 0)
        {
            Array.Copy(_ranges, absorbed, _ranges, 0, RangeCount - absorbed);
            RangeCount -= absorbed;
            _latest = Math.Max(0, _latest - absorbed);
        }
    }

    private int Slot(long position) => (int)(position / ChunkPool.ChunkBytes % _chunks.Length);

    private void ReturnChunk(int slot)
    {
        if (_chunks[slot] is byte[] chunk)
        {
            pool.Return(chunk, link);
            _chunks[slot] = null;
        }
    }

    private readonly record struct Range(long Start, long End);
}
