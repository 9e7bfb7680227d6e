namespace Slipway.Stack.Tests.Flows;

/// <summary>The check itself: histories that are linearizable, and such that are not.</summary>
public class RegisterHistoryTests
{
    // Added at 10 to 13, removed at 20 to 23, added anew at 30 to 33.
    private readonly RegisterHistory _history = new();

    public RegisterHistoryTests()
    {
        _history.Add(1, 10, 13);
        _history.Add(0, 20, 23);
        _history.Add(2, 30, 33);
    }

    [Theory]
    [InlineData(0, 1, 2)] // before the first write
    [InlineData(0, 11, 12)] // during it: either
    [InlineData(1, 11, 12)]
    [InlineData(1, 14, 15)]
    [InlineData(1, 21, 40)] // began while it was still there
    [InlineData(0, 21, 40)]
    [InlineData(2, 21, 40)]
    [InlineData(2, 41, 42)]
    public void Read_OfWhatWasThereMeanwhile_Passes(int version, long start, long end) =>
        Assert.Null(_history.FindFault([new TableRead(0, version, start, end)]));

    [Theory]
    [InlineData(1, 1, 2)] // not written yet
    [InlineData(0, 14, 15)] // lost
    [InlineData(1, 24, 25)] // removed already
    [InlineData(2, 24, 25)]
    [InlineData(0, 34, 35)]
    [InlineData(1, 34, 35)]
    [InlineData(7, 14, 15)] // never written
    public void Read_OfWhatWasNotThere_Fails(int version, long start, long end) =>
        Assert.NotNull(_history.FindFault([new TableRead(0, version, start, end)]));

    [Fact]
    public void Reads_ThatGoBackInTime_Fail()
    {
        // Both overlap the removal, but the second began after the first had ended.
        TableRead[] reads = [new(0, 0, 14, 21), new(0, 1, 22, 24)];
        Assert.Equal(reads[1], _history.FindFault(reads));
        Assert.Null(_history.FindFault([reads[0] with { End = 25 }, reads[1]]));
        Assert.Null(_history.FindFault([new(0, 1, 14, 21), new(0, 0, 22, 24)]));
    }

    [Fact]
    public void Reads_OfNothing_CountAsTheOldestThatFits()
    {
        // The first may have been before all writes, so that the second may see the first of them.
        Assert.Null(_history.FindFault([new(0, 0, 1, 21), new(0, 1, 22, 26)]));
        Assert.NotNull(_history.FindFault([new(0, 2, 14, 31), new(0, 0, 32, 34)]));
    }
}
