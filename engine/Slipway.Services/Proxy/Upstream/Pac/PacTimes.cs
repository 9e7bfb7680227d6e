using System.Globalization;

namespace Slipway.Services;

/// <summary>
/// weekdayRange, dateRange and timeRange of PAC files. Both ends of a range count, and one that
/// ends before it begins goes round the end of the week, the year or the day.
/// </summary>
internal static class PacTimes
{
    private static readonly string[] Days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

    private static readonly string[] Months =
        ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

    /// <summary>(DAY[, DAY][, "GMT"]).</summary>
    public static bool WeekdayRange(IReadOnlyList<string> arguments, TimeProvider time)
    {
        List<string> rest = Split(arguments, time, out DateTimeOffset now);
        int[] days = [.. rest.Select(day => Array.IndexOf(Days, day.ToUpperInvariant()))];
        int today = (int)now.DayOfWeek;
        return days.Length is 1 or 2 && !days.Contains(-1)
            && IsBetween([days[0]], [today], [days[^1]], wraps: true);
    }

    /// <summary>
    /// (DAY), (MONTH), (YEAR), two of one kind, or two dates of day, month and year in this order
    /// with parts left out; each with "GMT" behind it.
    /// </summary>
    public static bool DateRange(IReadOnlyList<string> arguments, TimeProvider time)
    {
        List<string> rest = Split(arguments, time, out DateTimeOffset now);
        int half = rest.Count == 1 ? 1 : rest.Count / 2;
        if (rest.Count is not (1 or 2 or 4 or 6)
            || ReadDate(rest[..half]) is not int?[] from
            || ReadDate(rest[^half..]) is not int?[] to)
        {
            return false;
        }

        int[] current = [now.Year, now.Month, now.Day];
        List<int> low = [];
        List<int> today = [];
        List<int> high = [];
        for (int i = 0; i < current.Length; i++)
        {
            if (from[i].HasValue != to[i].HasValue)
            {
                return false;
            }

            if (from[i] is int first && to[i] is int last)
            {
                low.Add(first);
                today.Add(current[i]);
                high.Add(last);
            }
        }

        return IsBetween(low, today, high, wraps: from[0] is null);
    }

    /// <summary>(HOUR), (H, H), (H, M, H, M) or (H, M, S, H, M, S), each with "GMT".</summary>
    public static bool TimeRange(IReadOnlyList<string> arguments, TimeProvider time)
    {
        List<string> rest = Split(arguments, time, out DateTimeOffset now);
        List<int> numbers = [];
        foreach (string text in rest)
        {
            if (!TryReadNumber(text, out int number))
            {
                return false;
            }

            numbers.Add(number);
        }

        int[] current = [now.Hour, now.Minute, now.Second];
        return numbers.Count switch
        {
            1 => current[0] == numbers[0],
            2 or 4 or 6 => IsBetween(
                numbers[..(numbers.Count / 2)], current[..(numbers.Count / 2)],
                numbers[(numbers.Count / 2)..], wraps: true),
            _ => false,
        };
    }

    private static List<string> Split(
        IReadOnlyList<string> arguments, TimeProvider time, out DateTimeOffset now)
    {
        List<string> rest = [.. arguments];
        bool isUtc = rest.Count > 0
            && rest[^1].Equals("GMT", StringComparison.OrdinalIgnoreCase);
        if (isUtc)
        {
            rest.RemoveAt(rest.Count - 1);
        }

        now = isUtc ? time.GetUtcNow() : time.GetLocalNow();
        return rest;
    }

    /// <summary>Year, month and day of a date, those that it has; null where it is none.</summary>
    private static int?[]? ReadDate(List<string> parts)
    {
        int?[] date = [null, null, null];
        foreach (string part in parts)
        {
            int month = Array.IndexOf(Months, part.ToUpperInvariant());
            (int place, int value) = month >= 0 ? (1, month + 1)
                : !TryReadNumber(part, out int number) ? (-1, 0)
                : number > 31 ? (0, number) : (2, number);
            if (place < 0 || date[place] is not null)
            {
                return null;
            }

            date[place] = value;
        }

        return date;
    }

    private static bool IsBetween(
        IReadOnlyList<int> low, IReadOnlyList<int> value, IReadOnlyList<int> high, bool wraps)
    {
        bool isAfterLow = Compare(low, value) <= 0;
        bool isBeforeHigh = Compare(value, high) <= 0;
        return wraps && Compare(low, high) > 0
            ? isAfterLow || isBeforeHigh : isAfterLow && isBeforeHigh;
    }

    private static int Compare(IReadOnlyList<int> one, IReadOnlyList<int> other)
    {
        for (int i = 0; i < one.Count; i++)
        {
            if (one[i] != other[i])
            {
                return one[i].CompareTo(other[i]);
            }
        }

        return 0;
    }

    // A number of JavaScript comes as "9" or, written as one, "9.0".
    private static bool TryReadNumber(string text, out int number)
    {
        bool isNumber = double.TryParse(
            text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            && value is >= 0 and < 10_000;
        number = isNumber ? (int)value : 0;
        return isNumber;
    }
}
