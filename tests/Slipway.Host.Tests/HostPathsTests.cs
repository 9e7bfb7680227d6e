using System.Net;
using System.Net.Sockets;
using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Host.Tests;

/// <summary>
/// Whether a connection has a way still, as a namespace of the test's own has it.
/// </summary>
public sealed class HostPathsTests : IDisposable
{
    private const string Near4 = "10.1.0.2";
    private const string Far4 = "10.2.0.9";
    private const string Near6 = "2001:db8:1::2";
    private const string Far6 = "2001:db8:2::9";

    private const string AddVpn = "ip link add v0 type veth peer name v1; ip link set v1 up; "
        + "ip link set v0 up; ";

    private readonly NetworkNamespace _space = new();

    public HostPathsTests() => _space.Execute(
        "ip link set lo up; sysctl -qw net.ipv6.conf.default.accept_dad=0; "
            + "ip link add d0 type veth peer name d1; ip link set d1 up; ip link set d0 up; "
            + "ip addr add 10.1.0.2/24 dev d0; ip route add default via 10.1.0.1; "
            + "ip addr add 2001:db8:1::2/64 dev d0; ip -6 route add default via 2001:db8:1::1");

    [Theory]
    [InlineData("true", Near4, Far4, true)]
    [InlineData("ip addr del 10.1.0.2/24 dev d0; ip addr add 10.1.0.3/24 dev d0; "
        + "ip route add default via 10.1.0.1", Near4, Far4, false)]
    [InlineData("ip route del default", Near4, Far4, false)]
    [InlineData("ip route del default; ip route add unreachable default", Near4, Far4, false)]
    [InlineData("ip route add blackhole 10.2.0.0/16", Near4, Far4, false)]
    [InlineData("ip link set d0 down", Near4, Far4, false)]
    [InlineData(AddVpn + "ip addr add 10.3.0.1/24 dev v0; ip route add 0.0.0.0/1 dev v0",
        Near4, Far4, true)] // a VPN comes up
    [InlineData("ip addr add 10.1.0.7/32 dev lo", "10.1.0.7", Far4, true)]
    [InlineData("true", Near6, Far6, true)]
    [InlineData("ip addr del 2001:db8:1::2/64 dev d0", Near6, Far6, false)]
    [InlineData("ip -6 route del default", Near6, Far6, false)]
    [InlineData("ip -6 route del default; ip -6 route add unreachable default", Near6, Far6, false)]
    [InlineData(AddVpn + "ip -6 route add 2001:db8:2::/64 dev v0", Near6, Far6, true)]
    [InlineData("sysctl -qw net.ipv6.conf.d0.accept_dad=1; "
        + "ip addr add 2001:db8:1::3/64 dev d0", "2001:db8:1::3", Far6, true)] // still tentative
    public void Path_AfterAChange_IsKnownToBeThereOrNot(
        string change, string local, string remote, bool expected)
    {
        _space.Execute(change);
        _space.Run(() =>
        {
            using HostFixture host = new();
            Assert.Equal(
                expected,
                host.Network.HasPath(IpAddress.Parse(local), IpAddress.Parse(remote)));
        });
    }

    [Fact]
    public void Stream_WhileItConnects_KnowsBothItsEnds() => _space.Run(() =>
    {
        using HostFixture host = new();
        IpEndpoint remote = new(IpAddress.Parse(Far4), 80);
        Assert.Equal(
            HostError.InProgress,
            host.Network.ConnectTcp(remote, new Owner(), out IHostStream? stream));
        Assert.Equal(IpAddress.Parse(Near4), stream!.LocalEndpoint.Address);
        Assert.Equal(remote, stream.RemoteEndpoint);
        stream.Close(reset: true);
    });

    [Fact]
    public void Stream_ThatWasAccepted_KnowsItsClient()
    {
        using HostFixture host = new();
        Owner owner = new();
        _ = HostSockets.Open(
            IpProtocol.Tcp, new IpEndpoint(host.Loopback, 0), out int descriptor);
        IHostListener listener = host.Network.WatchListener(descriptor, isUnix: false, owner);
        Socket client = host.ConnectTo(listener.LocalEndpoint.Port);
        host.Until(() => (owner.Seen & Readiness.Readable) != 0, "a client is there");
        Assert.Equal(HostError.None, listener.Accept(out IHostStream? stream, out _));
        Assert.Equal(
            (ushort)((IPEndPoint)client.LocalEndPoint!).Port, stream!.RemoteEndpoint.Port);
        stream.Close(reset: true);
        listener.Close();
    }

    public void Dispose() => _space.Dispose();
}
