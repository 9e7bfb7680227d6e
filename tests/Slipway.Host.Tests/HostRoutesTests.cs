using System.Globalization;
using Slipway.Testing;

namespace Slipway.Host.Tests;

/// <summary>The host's way out by IPv6, as a network namespace of the test's own has it.</summary>
public sealed class HostRoutesTests : IDisposable
{
    private const string AddDefault = "ip -6 route add default via 2001:db8::1 dev d0";

    private readonly NetworkNamespace _space = new();
    private int _changes;

    public HostRoutesTests() => _space.Execute(
        "ip link set lo up; sysctl -qw net.ipv6.conf.default.accept_dad=0; "
            + "ip link add d0 type veth peer name d1; ip link set d1 up; ip link set d0 up");

    [Theory]
    [InlineData("true", false)]
    [InlineData("ip -6 addr add 2001:db8::2/64 dev d0", false)]
    [InlineData("ip -6 route add default via fe80::1 dev d0", false)]
    [InlineData("ip -6 addr add 2001:db8::2/64 dev d0; " + AddDefault, true)]
    [InlineData("ip -6 addr add fd00::2/64 dev d0; ip -6 route add default dev d0", true)]
    [InlineData(
        "ip -6 addr add 2001:db8::2/64 dev lo; ip -6 route add default via fe80::1 dev d0", false)]
    [InlineData(
        "ip -6 addr add 2001:db8::2/64 dev d0; ip -6 route add unreachable default", false)]
    [InlineData("ip -6 addr add 2001:db8::2/64 dev d0; ip -6 route add blackhole default", false)]
    [InlineData(
        "sysctl -qw net.ipv6.conf.d0.accept_dad=1; ip -6 addr add 2001:db8::2/64 dev d0; "
            + AddDefault, false)] // tentative, for a second
    public void Routes_ReadEitherWay_SayWhetherThereIsAWayOut(string command, bool expected)
    {
        _space.Execute(command);
        Watch((host, routes) =>
        {
            Assert.True(routes.IsKnown);
            Assert.True(Says(expected, host, useNetlink: true));
            using HostRoutes read = new(host.Reactor, () => { }, useNetlink: false);
            Assert.False(read.IsKnown);
            Assert.True(Says(expected, host, useNetlink: false));
        });
    }

    // An interface that has just come up may take a moment to have its carrier.
    private static bool Says(bool expected, HostFixture host, bool useNetlink)
    {
        bool isSaid = false;
        for (int i = 0; i < 100 && !isSaid; i++)
        {
            using HostRoutes routes = new(host.Reactor, () => { }, useNetlink);
            isSaid = routes.HasIpv6Default == expected;
            Thread.Sleep(isSaid ? 0 : 20);
        }

        return isSaid;
    }

    [Fact]
    public void Route_OfAnotherTable_IsNone()
    {
        _space.Execute("ip -6 addr add 2001:db8::2/64 dev d0; " + AddDefault + " table 77");
        Watch((_, routes) => Assert.False(routes.HasIpv6Default));
    }

    [Theory]
    [InlineData(AddDefault, "ip -6 route del default")]
    [InlineData(AddDefault, "ip link set d0 down")]
    [InlineData(AddDefault, "ip link del d0")]
    [InlineData(AddDefault, "ip -6 addr flush dev d0 scope global")]
    [InlineData(AddDefault, "sysctl -qw net.ipv6.conf.all.disable_ipv6=1")]
    [InlineData(AddDefault, "ip -6 route replace unreachable default metric 1; "
        + "ip -6 route del default via 2001:db8::1")]
    public void WayOut_AddedAndRemoved_IsToldEachTime(string add, string remove) => Watch(
        (host, routes) =>
        {
            Assert.False(routes.HasIpv6Default);
            _space.Execute("ip -6 addr add 2001:db8::2/64 dev d0; " + add);
            host.Until(() => _changes == 1, "the way out is told");
            Assert.True(routes.HasIpv6Default);
            _space.Execute(remove);
            host.Until(() => _changes == 2, "its end is told");
            Assert.False(routes.HasIpv6Default);
        });

    [Fact]
    public void WayOut_ThatReturnsBeforeItSettles_IsNotTold()
    {
        _space.Execute("ip -6 addr add 2001:db8::2/64 dev d0; " + AddDefault);
        Watch((host, routes) =>
        {
            _space.Execute("ip -6 route del default; " + AddDefault);
            Settle(host);
            Assert.Equal(0, _changes);
            Assert.True(routes.HasIpv6Default);
        });
    }

    [Fact]
    public void News_ThatWereLost_AreMadeUpForByReadingAll() => Watch((host, routes) =>
    {
        const string many =
            "for i in $(seq 4000); do echo route add 2001:db8:1::$i dev d0; done "
            + "| ip -6 -batch -; ";
        _space.Execute(many + "ip -6 addr add 2001:db8::2/64 dev d0; " + AddDefault);
        Assert.Contains(
            _space.Execute("cat /proc/self/net/netlink").Split('\n').Skip(1),
            line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                is [.., string drops, _] && drops != "0");
        host.Until(() => _changes == 1, "the way out is told");
        Assert.True(routes.HasIpv6Default);
    });

    /// <summary>A host that is a router has news all the time.</summary>
    [Fact]
    public void News_OfOtherRoutes_AreNotWorthReading() => Watch((host, _) =>
    {
        string batch = string.Join('\n', Enumerable.Range(1, 100).Select(i =>
            string.Create(CultureInfo.InvariantCulture, $"route add 2001:db8:1::{i:x} dev d0")));
        Settle(host);
        _space.Execute($"ip -6 -batch - <<EOF\n{batch}\nEOF");
        long before = GC.GetAllocatedBytesForCurrentThread();
        Settle(host);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    });

    public void Dispose() => _space.Dispose();

    private void Watch(Action<HostFixture, HostRoutes> test) => _space.Run(() =>
    {
        using HostFixture host = new();
        using HostRoutes routes = new(host.Reactor, () => _changes++);
        test(host, routes);
    });

    /// <summary>Longer than anything takes to settle.</summary>
    private static void Settle(HostFixture host)
    {
        for (int i = 0; i < 30; i++)
        {
            host.Turn(10_000_000);
        }
    }
}
