namespace Slipway.Stack;

/// <summary>
/// A point of monotonic time, in nanoseconds since an arbitrary start. Time is passed in, never
/// asked for: the turn reads the clock once and hands it down, a test or the simulator makes its
/// own.
/// </summary>
public readonly record struct Instant(long Nanoseconds) : IComparable<Instant>
{
    /// <summary>Later than every deadline: "no deadline".</summary>
    public static readonly Instant Never = new(long.MaxValue);

    public static Instant operator +(Instant at, Duration by) =>
        new(at.Nanoseconds + by.Nanoseconds);

    public static Instant operator -(Instant at, Duration by) =>
        new(at.Nanoseconds - by.Nanoseconds);

    public static Duration operator -(Instant to, Instant from) =>
        new(to.Nanoseconds - from.Nanoseconds);

    public static bool operator <(Instant a, Instant b) => a.Nanoseconds < b.Nanoseconds;

    public static bool operator >(Instant a, Instant b) => a.Nanoseconds > b.Nanoseconds;

    public static bool operator <=(Instant a, Instant b) => a.Nanoseconds <= b.Nanoseconds;

    public static bool operator >=(Instant a, Instant b) => a.Nanoseconds >= b.Nanoseconds;

    public static Instant Min(Instant a, Instant b) => a < b ? a : b;

    public int CompareTo(Instant other) => Nanoseconds.CompareTo(other.Nanoseconds);
}
