namespace Slipway.Services.Tests;

/// <summary>What is to last so long does, however the clock on the wall is set.</summary>
public sealed class SteadyTimeTests
{
    private static readonly DateTimeOffset s_start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private DateTimeOffset _wall = s_start;
    private long _boot = 77_000_000_000;

    [Fact]
    public void Time_AtTheStart_IsTheWalls()
    {
        SteadyTime time = Make();
        Assert.Equal(s_start, time.GetUtcNow());
        Assert.Equal(0, time.WallAheadSeconds);
    }

    [Theory]
    [InlineData(-10 * 24)]
    [InlineData(-1)]
    [InlineData(3)]
    [InlineData(365 * 24)]
    public void Time_WhenTheWallsClockIsSet_GoesOnAsItWas(int hours)
    {
        SteadyTime time = Make();
        _wall += TimeSpan.FromHours(hours);
        Pass(TimeSpan.FromSeconds(60));

        Assert.Equal(s_start.AddSeconds(60), time.GetUtcNow());
        Assert.Equal(hours * 3600L, time.WallAheadSeconds);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(240)]
    public void Time_OfASuspendedHost_Counts(int hours)
    {
        SteadyTime time = Make();
        Pass(TimeSpan.FromHours(hours));
        Assert.Equal(s_start.AddHours(hours), time.GetUtcNow());
        Assert.Equal(0, time.WallAheadSeconds);
    }

    [Fact]
    public void Upstream_ThatFailedBeforeTheClockWasPutBack_IsTriedAgainInTime()
    {
        SteadyTime time = Make();
        UpstreamHealth health = new(TimeSpan.FromSeconds(60), time);
        Assert.True(ProxyServer.TryParse("http://one.example:3128", out ProxyServer one, out _));
        Assert.True(ProxyServer.TryParse("http://two.example:3128", out ProxyServer two, out _));
        health.Fail(one);
        Assert.Equal([two, one], health.Order([one, two]));
        _wall -= TimeSpan.FromDays(10);
        Pass(TimeSpan.FromSeconds(61));
        Assert.Equal([one, two], health.Order([one, two]));
    }

    [Fact]
    public void Engine_ByDefault_MeasuresLeasesNamesAndUpstreamsSteadily()
    {
        Assert.Same(SteadyTime.Shared, new ProxyUpstreamConfiguration().Time);
        Assert.Same(TimeProvider.System, SteadyTime.WallOf(SteadyTime.Shared));
        ManualTime manual = new();
        Assert.Same(manual, SteadyTime.WallOf(manual));
        TimeSpan apart = SteadyTime.Shared.GetUtcNow() - TimeProvider.System.GetUtcNow();
        Assert.InRange(apart.TotalSeconds, -3600, 3600);
    }

    private SteadyTime Make() => new(() => _wall, () => _boot);

    private void Pass(TimeSpan by)
    {
        _wall += by;
        _boot += by.Ticks * 100;
    }
}
