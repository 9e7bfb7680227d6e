namespace Slipway.Stack.Tests.Flows;

/// <summary>
/// What one writer did to one key, and whether reads of it are linearizable.
/// </summary>
/// <remarks>
/// Theory of operation. A table is a set of registers, one a key, and linearizability is local
/// (Herlihy and Wing, 1990, theorem 1): it suffices to check each key by itself. A register with
/// one writer is linearizable if each read can be given a write that it read from, so that
/// (Lamport, "On interprocess communication", 1986) the write had begun before the read ended, the
/// next one had not ended before the read began, and no read is given an older write than a read
/// that had ended before it began. Contents are unique, but for nothing, which each removal leaves:
/// such a read gets the oldest removal that fits, which binds later reads least.
/// </remarks>
internal sealed class RegisterHistory
{
    // The first: nothing, since ever.
    private readonly List<Write> _writes = [new(0, long.MinValue, long.MinValue)];

    public int WriteCount => _writes.Count - 1;

    /// <summary>Adds the writer's next change; version 0 is a removal.</summary>
    public void Add(int version, long start, long end) => _writes.Add(new(version, start, end));

    /// <summary>The first read that no order of events explains, or null.</summary>
    public TableRead? FindFault(IEnumerable<TableRead> reads)
    {
        TableRead[] byEnd = [.. reads.OrderBy(read => read.End)];

        // floors[i]: the newest write given to the first i reads by their end.
        int[] floors = new int[byEnd.Length + 1];
        long[] ends = [.. byEnd.Select(read => read.End)];
        for (int i = 0; i < byEnd.Length; i++)
        {
            int write = OldestFor(byEnd[i], floors[CountBelow(ends, byEnd[i].Start)]);
            if (write < 0)
            {
                return byEnd[i];
            }

            floors[i + 1] = Math.Max(floors[i], write);
        }

        return null;
    }

    private static int CountBelow(long[] sorted, long limit)
    {
        int index = Array.BinarySearch(sorted, limit);
        return index < 0 ? ~index : index; // stamps are unique
    }

    private int OldestFor(TableRead read, int floor)
    {
        int first = Math.Max(floor, LastEndedBefore(read.Start));
        for (int i = first; i < _writes.Count && _writes[i].Start < read.End; i++)
        {
            if (_writes[i].Version == read.Version)
            {
                return i;
            }
        }

        return -1;
    }

    // Writes do not overlap, so their ends are in order.
    private int LastEndedBefore(long time)
    {
        int low = 0;
        int high = _writes.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            (low, high) = _writes[middle].End < time ? (middle, high) : (low, middle - 1);
        }

        return low;
    }

    private readonly record struct Write(int Version, long Start, long End);
}
