using System.Globalization;
using Slipway.Links;

namespace Slipway.Engine;

/// <summary>How much memory the last frames may have: "16MiB", "512KiB" or "1GiB".</summary>
public static class RingSize
{
    private static readonly (string Unit, long Bytes)[] s_units =
        [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30)];

    /// <exception cref="ConfigurationException">It is none, or out of bounds.</exception>
    public static int Parse(string key, string text)
    {
        foreach ((string unit, long bytes) in s_units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && int.TryParse(
                    text.AsSpan()[..^unit.Length], NumberStyles.None,
                    CultureInfo.InvariantCulture, out int count)
                && count * bytes is >= CaptureRing.SmallestBytes and <= CaptureRing.LargestBytes)
            {
                return (int)(count * bytes);
            }
        }

        throw new ConfigurationException(
            key, text, "must be from 1MiB to 1GiB; write for example 16MiB");
    }
}
