using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// What the guest has of the bytes above SND.UNA (RFC 2018, RFC 6675): disjoint ranges in order.
/// The bytes themselves are in the host's receive queue. Bounded, so that tiny blocks cost bounded
/// work; a block that does not fit is forgotten, which costs at most a needless retransmission.
/// </summary>
internal sealed class SackScoreboard
{
    private const int MaxRanges = 32;

    private readonly SackBlock[] _ranges = new SackBlock[MaxRanges];

    public int Count { get; private set; }

    /// <summary>Bytes in all ranges.</summary>
    public int SackedBytes { get; private set; }

    /// <summary>
    /// Behind the highest byte that the guest has; meaningful if there is a range.
    /// </summary>
    public SequenceNumber HighestEnd => new(_ranges[Count - 1].Right);

    public void Clear()
    {
        Count = 0;
        SackedBytes = 0;
    }

    /// <summary>
    /// Adds one block that lies within (una, max]; returns true if it told something new.
    /// </summary>
    public bool Add(SackBlock block, SequenceNumber una, SequenceNumber max)
    {
        SequenceNumber start = new(block.Left);
        SequenceNumber end = new(block.Right);
        if (start >= end || start <= una || end > max)
        {
            return false; // D-SACK, stale or lying
        }

        int first = 0;
        while (first < Count && new SequenceNumber(_ranges[first].Right) < start)
        {
            first++;
        }

        int last = first;
        int before = SackedBytes;
        while (last < Count && new SequenceNumber(_ranges[last].Left) <= end)
        {
            start = SequenceNumber.Min(start, new SequenceNumber(_ranges[last].Left));
            end = SequenceNumber.Max(end, new SequenceNumber(_ranges[last].Right));
            SackedBytes -= Length(_ranges[last]);
            last++;
        }

        if (last == first && Count == MaxRanges)
        {
            return false;
        }

        int removed = last - first;
        Array.Copy(_ranges, last, _ranges, first + 1, Count - last);
        _ranges[first] = new SackBlock(start.Value, end.Value);
        SackedBytes += end - start;
        Count += 1 - removed;
        return SackedBytes > before;
    }

    /// <summary>Forgets what lies below SND.UNA.</summary>
    public void AdvanceTo(SequenceNumber una)
    {
        int gone = 0;
        while (gone < Count && new SequenceNumber(_ranges[gone].Right) <= una)
        {
            SackedBytes -= Length(_ranges[gone]);
            gone++;
        }

        if (gone > 0)
        {
            Array.Copy(_ranges, gone, _ranges, 0, Count - gone);
            Count -= gone;
        }

        if (Count > 0 && new SequenceNumber(_ranges[0].Left) < una)
        {
            SackedBytes -= una - new SequenceNumber(_ranges[0].Left);
            _ranges[0] = new SackBlock(una.Value, _ranges[0].Right);
        }
    }

    /// <summary>Bytes that the guest has in [from, to).</summary>
    public int SackedBetween(SequenceNumber from, SequenceNumber to)
    {
        int bytes = 0;
        for (int i = 0; i < Count; i++)
        {
            SequenceNumber start = SequenceNumber.Max(new SequenceNumber(_ranges[i].Left), from);
            SequenceNumber end = SequenceNumber.Min(new SequenceNumber(_ranges[i].Right), to);
            bytes += end > start ? end - start : 0;
        }

        return bytes;
    }

    /// <summary>
    /// The first bytes at or after <paramref name="from"/> and below <paramref name="to"/> that the
    /// guest does not have; false if it has them all.
    /// </summary>
    public bool TryFindHole(
        SequenceNumber from, SequenceNumber to, out SequenceNumber start, out int lengthBytes)
    {
        start = from;
        SequenceNumber end = to;
        for (int i = 0; i < Count; i++)
        {
            SequenceNumber left = new(_ranges[i].Left);
            SequenceNumber right = new(_ranges[i].Right);
            if (left <= start && start < right)
            {
                start = right;
            }
            else if (left > start)
            {
                end = SequenceNumber.Min(left, to);
                break;
            }
        }

        lengthBytes = end - start;
        return lengthBytes > 0;
    }

    private static int Length(SackBlock block) =>
        new SequenceNumber(block.Right) - new SequenceNumber(block.Left);
}
