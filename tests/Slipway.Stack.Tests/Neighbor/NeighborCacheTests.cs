using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Neighbors;

public class NeighborCacheTests : INeighborKeeper, INeighborWaiter
{
    private static readonly IpAddress Guest = VirtualNetwork.Guest;

    private readonly TimerWheel _timers = new();
    private readonly RecordingPort _port = new();
    private readonly NeighborCache _cache;
    private readonly List<IpAddress> _noted = [];
    private readonly List<IpAddress> _asked = [];
    private readonly List<(IpAddress Address, MacAddress? Mac)> _told = [];
    private Instant _now = new(1);

    public NeighborCacheTests() =>
        _cache = new NeighborCache(VirtualNetwork.Settings, this, _timers);

    private GuestRoute Route => new(_port, VirtualNetwork.GuestMac);

    [Fact]
    public void Guest_IsBelievedOnceConfirmed_AndOnlyAsConfirmed()
    {
        Assert.False(Learn());
        _cache.Confirm(Guest, Route, _now);
        Assert.True(Learn());
        Assert.False(_cache.Learn(Guest, StackBench.OtherMac, _port, _now));
        Assert.False(_cache.Learn(Guest, VirtualNetwork.GuestMac, new RecordingPort(2), _now));
        Assert.False(_cache.Learn(StackBench.OtherGuest, VirtualNetwork.GuestMac, _port, _now));
        Assert.True(Learn());
        Assert.True(_cache.TryFind(Guest, out GuestRoute route));
        Assert.Equal(Route, route);
    }

    [Fact]
    public void Belief_IsNotedTwiceASecond_AndEndsWithoutAnswer()
    {
        _cache.Confirm(Guest, Route, _now);
        for (int i = 0; i < 49; i++)
        {
            Advance(100);
            Assert.True(Learn());
        }

        Assert.InRange(_noted.Count, 8, 10);
        Advance(200);
        Assert.False(Learn());
        Assert.False(_cache.TryFind(Guest, out _));
        Assert.Equal(0, _cache.Count);
        Assert.Equal(Instant.Never, _timers.NextDeadline);
    }

    [Fact]
    public void Belief_ThatIsConfirmedAgain_Lasts()
    {
        _cache.Confirm(Guest, Route, _now);
        for (int i = 0; i < 200; i++)
        {
            Advance(100);
            Assert.True(Learn());
            if (_noted.Count > 0)
            {
                _noted.Clear();
                _cache.Confirm(Guest, Route, _now);
            }
        }
    }

    [Fact]
    public void Revoked_IsForgottenAtOnce()
    {
        _cache.Confirm(Guest, Route, _now);
        Assert.True(Learn());
        _cache.Revoke(Guest);
        Assert.False(Learn());
        _cache.Revoke(Guest);
    }

    [Fact]
    public void ClosedPort_TakesItsGuestsAlong()
    {
        _cache.Confirm(Guest, Route, _now);
        _cache.Confirm(
            StackBench.OtherGuest, new GuestRoute(new RecordingPort(2), StackBench.OtherMac), _now);
        Assert.True(Learn());
        _cache.OnPortClosed(_port);
        Assert.False(Learn());
        Assert.True(_cache.TryFind(StackBench.OtherGuest, out _));
    }

    [Fact]
    public void Resolve_AsksOnce_AndTellsAllWhoWait()
    {
        _cache.Resolve(Guest, this, _now);
        _cache.Resolve(Guest, this, _now);
        _cache.Resolve(Guest, new OtherWaiter(this), _now);
        Assert.Equal([Guest], _asked);
        _cache.Resolved(Guest, Route, _now);
        Assert.Equal([(Guest, Route.Mac), (Guest, Route.Mac)], _told);

        _cache.Resolve(Guest, this, _now);
        Assert.Equal(3, _told.Count); // known by now
        Assert.Single(_asked);
    }

    [Fact]
    public void Resolve_InVain_IsTold_AndMayBeAskedAgain()
    {
        _cache.Resolve(Guest, this, _now);
        _cache.Failed(Guest, _now);
        Assert.Equal([(Guest, null)], _told);
        _cache.Resolve(Guest, this, _now);
        Assert.Equal([Guest, Guest], _asked);
    }

    [Fact]
    public void FullTable_ForgetsTheOldest()
    {
        StackSettings settings = VirtualNetwork.Settings with
        {
            Limits = new StackLimits { Neighbors = 2 },
        };
        NeighborCache cache = new(settings, this, _timers);
        cache.Confirm(Guest, Route, _now);
        cache.Confirm(StackBench.OtherGuest, Route, _now);
        cache.Confirm(IpAddress.Parse("192.168.127.4"), Route, _now);
        Assert.Equal(2, cache.Count);
        Assert.False(cache.TryFind(Guest, out _));
    }

    void INeighborKeeper.Note(IpAddress guest, in GuestRoute route) => _noted.Add(guest);

    void INeighborKeeper.Resolve(IpAddress guest) => _asked.Add(guest);

    void INeighborWaiter.OnNeighborResolved(
        IpAddress address, in GuestRoute route, Instant now) => _told.Add((address, route.Mac));

    void INeighborWaiter.OnNeighborFailed(IpAddress address, Instant now) =>
        _told.Add((address, null));

    private bool Learn() => _cache.Learn(Guest, VirtualNetwork.GuestMac, _port, _now);

    private void Advance(int milliseconds)
    {
        _now += Duration.FromMilliseconds(milliseconds);
        _timers.Advance(_now);
    }

    private sealed class OtherWaiter(INeighborWaiter waiter) : INeighborWaiter
    {
        public void OnNeighborResolved(IpAddress address, in GuestRoute route, Instant now) =>
            waiter.OnNeighborResolved(address, route, now);

        public void OnNeighborFailed(IpAddress address, Instant now) =>
            waiter.OnNeighborFailed(address, now);
    }
}
