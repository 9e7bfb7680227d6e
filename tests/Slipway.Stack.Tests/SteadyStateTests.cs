using Slipway.Testing;

namespace Slipway.Stack.Tests;

/// <summary>The allocation tests' own measure: it must be able to fail.</summary>
public class SteadyStateTests
{
    private byte[] _kept = [];

    [Fact]
    public void Rounds_ThatAllocateNothing_Pass()
    {
        int rounds = 0;
        int prepared = 0;
        SteadyState.AllocatesNothing(10, () => rounds++, () => prepared++);
        Assert.Equal((10 * SteadyState.Windows, SteadyState.Windows), (rounds, prepared));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1_500)]
    public void Rounds_ThatAllocateEachTime_Fail(int size)
    {
        ExpectationException failure = Assert.Throws<ExpectationException>(
            () => SteadyState.AllocatesNothing(100, () => _kept = new byte[size]));
        Assert.Contains("windows of 100 rounds", failure.Message, StringComparison.Ordinal);
        Assert.Equal(size, _kept.Length);
    }

    [Fact]
    public void Rounds_ThatAllocateOnceAWindow_Fail()
    {
        int rounds = 0;
        Assert.Throws<ExpectationException>(() => SteadyState.AllocatesNothing(
            1_000, () => _kept = rounds++ % 1_000 == 999 ? new byte[8] : _kept));
    }

    [Fact]
    public void Rounds_OfWhichOneAllocates_Pass()
    {
        int rounds = 0;
        SteadyState.AllocatesNothing(
            100, () => _kept = rounds++ == 250 ? new byte[1_000] : _kept);
        Assert.Equal(1_000, _kept.Length);
    }
}
