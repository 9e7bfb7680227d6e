using System.Diagnostics;

namespace Slipway.Engine.Tests;

/// <summary>Turns that take too long are told while they do.</summary>
public sealed class TurnWatchTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Turn_ThatDoesNotEnd_IsToldBeforeItEnds_AndOnce(int workers)
    {
        using LiveEngine world = new($$"""{ "workers": {{workers}} }""");
        bool isTold = false;
        world.Engine.Invoke(_ => isTold = Await(() => Lines(world).Length > 0));

        Assert.True(isTold, "nothing was said while the turn lasted");
        string line = Assert.Single(Lines(world));
        Assert.StartsWith("Warning: a turn of worker 0 takes ", line, StringComparison.Ordinal);
        Assert.Contains("ms and longer: Commands, at ", line, StringComparison.Ordinal);
        Assert.True(Await(() => world.Engine.SlowTurns >= 1));
        Assert.True(
            world.Engine.LongestSlowTurn >= TimeSpan.FromMilliseconds(100),
            $"{world.Engine.LongestSlowTurn}");
    }

    [Fact]
    public void SlowTurns_SoonAfterOneThatWasTold_AreCountedButNotSaid()
    {
        using LiveEngine world = new();
        for (int i = 1; i <= 3; i++)
        {
            world.Engine.Invoke(_ => Await(() => world.Engine.SlowTurns >= i));
            Assert.True(world.Engine.SlowTurns >= i);
        }

        Assert.Single(Lines(world));
    }

    [Fact]
    public void Turn_AfterALongIdleTime_IsWatchedAsAnyOther()
    {
        using LiveEngine world = new();
        Thread.Sleep(500); // the watch sleeps by then
        bool isSeen = false;
        world.Engine.Invoke(_ => isSeen = Await(() => world.Engine.SlowTurns > 0));
        Assert.True(isSeen);
    }

    [Fact]
    public void Engine_ThatWorksAsItShould_IsNotTold()
    {
        using LiveEngine world = new();
        for (int i = 0; i < 1_000; i++)
        {
            world.Engine.Invoke(_ => { });
        }

        // A busy machine may have stopped a turn for so long: that is told rightly.
        Assert.Equal(Lines(world).Length > 0, world.Engine.SlowTurns > 0);
    }

    private static string[] Lines(LiveEngine world) =>
        [.. world.Said.Where(line => line.Contains("a turn of", StringComparison.Ordinal))];

    private static bool Await(Func<bool> condition)
    {
        Stopwatch waited = Stopwatch.StartNew();
        while (!condition() && waited.Elapsed < s_patience)
        {
            Thread.Sleep(5);
        }

        return condition();
    }
}
