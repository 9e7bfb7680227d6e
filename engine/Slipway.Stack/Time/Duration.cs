namespace Slipway.Stack;

/// <summary>A span of time in nanoseconds.</summary>
public readonly record struct Duration(long Nanoseconds) : IComparable<Duration>
{
    public static readonly Duration Zero;

    public long Milliseconds => Nanoseconds / 1_000_000;

    public static Duration FromMicroseconds(long value) => new(value * 1_000);

    public static Duration FromMilliseconds(long value) => new(value * 1_000_000);

    public static Duration FromSeconds(long value) => new(value * 1_000_000_000);

    public static Duration operator +(Duration a, Duration b) => new(a.Nanoseconds + b.Nanoseconds);

    public static Duration operator -(Duration a, Duration b) => new(a.Nanoseconds - b.Nanoseconds);

    public static Duration operator *(Duration a, long by) => new(a.Nanoseconds * by);

    public static Duration operator /(Duration a, long by) => new(a.Nanoseconds / by);

    public static bool operator <(Duration a, Duration b) => a.Nanoseconds < b.Nanoseconds;

    public static bool operator >(Duration a, Duration b) => a.Nanoseconds > b.Nanoseconds;

    public static bool operator <=(Duration a, Duration b) => a.Nanoseconds <= b.Nanoseconds;

    public static bool operator >=(Duration a, Duration b) => a.Nanoseconds >= b.Nanoseconds;

    public static Duration Min(Duration a, Duration b) => a < b ? a : b;

    public static Duration Max(Duration a, Duration b) => a > b ? a : b;

    public int CompareTo(Duration other) => Nanoseconds.CompareTo(other.Nanoseconds);
}
