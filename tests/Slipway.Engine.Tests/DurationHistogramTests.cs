namespace Slipway.Engine.Tests;

public class DurationHistogramTests
{
    private readonly DurationHistogram _histogram = new();

    [Fact]
    public void Histogram_Empty_TellsNothing() =>
        Assert.Equal((0, 0), (_histogram.Percentile(0.5), _histogram.Longest));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(1_000)]
    [InlineData(1_048_575)]
    [InlineData(1_048_576)]
    [InlineData(60_000_000_000)]
    public void Percentile_OfADuration_IsAtMostAQuarterTooHigh(long nanoseconds)
    {
        _histogram.Add(nanoseconds);
        _histogram.Add(long.MaxValue);
        long told = _histogram.Percentile(0.5);
        Assert.InRange(told, nanoseconds, nanoseconds + (nanoseconds / 4));
    }

    [Fact]
    public void Percentiles_OfManyDurations_AreTheirRanks()
    {
        for (int i = 1; i <= 1_000; i++)
        {
            _histogram.Add(i * 1_000);
        }

        Assert.InRange(_histogram.Percentile(0.5), 500_000, 625_000);
        Assert.InRange(_histogram.Percentile(0.9), 900_000, 1_000_000);
        Assert.Equal(1_000_000, _histogram.Percentile(1));
        Assert.Equal(1_000_000, _histogram.Longest);
    }

    [Fact]
    public void Histogram_Cleared_StartsAnew()
    {
        _histogram.Add(5_000);
        _histogram.Add(-1);
        Assert.Equal(0, _histogram.Percentile(0.5));
        _histogram.Clear();
        Assert.Equal((0, 0), (_histogram.Percentile(1), _histogram.Longest));
    }

    [Fact]
    public void Durations_BelowAPowerOfTwo_AreCountedAndAdded()
    {
        foreach (long one in (long[])[1, 1_023, 1_024, 1_500, 4_096, 1L << 40])
        {
            _histogram.Add(one);
        }

        Assert.Equal(
            [2, 4, 5, 6], ((int[])[10, 12, 14, 63]).Select(_histogram.CountBelow));
        Assert.Equal(1 + 1_023 + 1_024 + 1_500 + 4_096 + (1L << 40), _histogram.Total);
        _histogram.Clear();
        Assert.Equal((0, 0), (_histogram.CountBelow(63), _histogram.Total));
    }
}
