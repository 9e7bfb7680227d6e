namespace Slipway.Stack;

/// <summary>
/// A TCP sequence number: 32 bits that wrap. Comparisons hold for numbers less than 2^31 apart
/// (RFC 9293 section 3.4).
/// </summary>
public readonly record struct SequenceNumber(uint Value)
{
    public static SequenceNumber operator +(SequenceNumber number, int by) =>
        new(number.Value + (uint)by);

    public static SequenceNumber operator -(SequenceNumber number, int by) =>
        new(number.Value - (uint)by);

    /// <summary>How far <paramref name="a"/> is ahead of <paramref name="b"/>, in bytes.</summary>
    public static int operator -(SequenceNumber a, SequenceNumber b) => (int)(a.Value - b.Value);

    public static bool operator <(SequenceNumber a, SequenceNumber b) => a - b < 0;

    public static bool operator >(SequenceNumber a, SequenceNumber b) => a - b > 0;

    public static bool operator <=(SequenceNumber a, SequenceNumber b) => a - b <= 0;

    public static bool operator >=(SequenceNumber a, SequenceNumber b) => a - b >= 0;

    public static SequenceNumber Max(SequenceNumber a, SequenceNumber b) => a > b ? a : b;

    public static SequenceNumber Min(SequenceNumber a, SequenceNumber b) => a < b ? a : b;
}
