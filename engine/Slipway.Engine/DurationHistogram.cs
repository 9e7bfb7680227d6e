using System.Numerics;

namespace Slipway.Engine;

/// <summary>
/// Durations counted by powers of two of a nanosecond, each power in four parts: a percentile is at
/// most a quarter too high. One thread writes; any thread reads, and may miss what is just added.
/// </summary>
internal sealed class DurationHistogram
{
    private const int PartBits = 2;
    private const int Parts = 1 << PartBits;
    private readonly long[] _counts = new long[64 * Parts];
    private long _longest;
    private long _total;

    /// <summary>The sum of all, in nanoseconds.</summary>
    public long Total => Volatile.Read(ref _total);

    /// <summary>The longest duration, in nanoseconds.</summary>
    public long Longest => Volatile.Read(ref _longest);

    /// <summary>Counts a duration; negative ones count as none.</summary>
    public void Add(long nanoseconds)
    {
        long bounded = Math.Max(0, nanoseconds);
        _counts[IndexOf(bounded)]++;
        _longest = Math.Max(_longest, bounded);
        _total += bounded;
    }

    public void Clear()
    {
        Array.Clear(_counts);
        _longest = 0;
        _total = 0;
    }

    /// <summary>How many were counted that are shorter than a power of two of a nanosecond; with
    /// a power of 63 all.</summary>
    /// <param name="power">At least 2.</param>
    public long CountBelow(int power)
    {
        long count = 0;
        foreach (ref long one in _counts.AsSpan(0, (power - PartBits + 1) << PartBits))
        {
            count += Volatile.Read(ref one);
        }

        return count;
    }

    /// <summary>
    /// The nanoseconds that a share of the durations (0 to 1) does not exceed; 0 without any.
    /// </summary>
    public long Percentile(double share)
    {
        long total = 0;
        foreach (ref long count in _counts.AsSpan())
        {
            total += Volatile.Read(ref count);
        }

        long wanted = Math.Max(1, (long)Math.Ceiling(share * total));
        long seen = 0;
        for (int index = 0; index < _counts.Length; index++)
        {
            seen += Volatile.Read(ref _counts[index]);
            if (seen >= wanted)
            {
                return Math.Min(HighestOf(index), Longest);
            }
        }

        return 0;
    }

    // Below one part a nanosecond the value itself; above, its power and the two bits behind.
    private static int IndexOf(long nanoseconds)
    {
        int power = BitOperations.Log2((ulong)nanoseconds | 1);
        return power < PartBits ? (int)nanoseconds
            : ((power - PartBits + 1) << PartBits)
                + (int)((nanoseconds >> (power - PartBits)) & (Parts - 1));
    }

    private static long HighestOf(int index)
    {
        if (index < Parts)
        {
            return index;
        }

        int shift = (index >> PartBits) - 1;
        return ((long)(Parts + (index & (Parts - 1)) + 1) << shift) - 1;
    }
}
