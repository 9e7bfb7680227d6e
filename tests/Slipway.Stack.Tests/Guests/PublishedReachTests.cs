using Slipway.Stack.Tests.Tcp;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Guests;

/// <summary>Published ports of other groups' guests, by way of the host's loopback.</summary>
public sealed class PublishedReachTests
{
    private const int First = 1;
    private const int Other = 2;
    private const int Web = 5;
    private static readonly IpEndpoint s_alias = new(VirtualNetwork.HostAlias, 8080);
    private static readonly IpEndpoint s_alias6 = new(VirtualNetwork.HostAlias6, 8080);

    [Theory]
    [InlineData(GuestGroup.Isolated, GuestGroup.Common, false)]
    [InlineData(GuestGroup.Isolated, GuestGroup.Isolated, false)]
    [InlineData(GuestGroup.Common, GuestGroup.Isolated, false)]
    [InlineData(Web, GuestGroup.Common, false)]
    [InlineData(Web, Web + 1, false)]
    [InlineData(Web, Web, true)]
    [InlineData(GuestGroup.Common, GuestGroup.Common, true)]
    public void Connect_ByTheAlias_StandsWithinAGroup(int own, int others, bool stands)
    {
        StackBench bench = Bench(own, others);
        bench.Host.Serve(new IpEndpoint(IpAddress.IPv4Loopback, 8080));
        Publish(bench, IpProtocol.Tcp, IpAddress.IPv4Loopback, Other);
        Assert.Equal(stands, Connects(bench, s_alias));
        Assert.Equal(stands ? 0 : 1, bench.Dropped(DropReason.OtherGroup));
    }

    [Fact]
    public void Connect_ByTheAliasOfIPv6_IsRefusedToo()
    {
        StackBench bench = Bench(GuestGroup.Isolated, GuestGroup.Common, isIpv6: true);
        bench.Host.Serve(new IpEndpoint(IpAddress.IPv6Loopback, 8080));
        Publish(bench, IpProtocol.Tcp, IpAddress.IPv6Any, Other);
        bench.Send((TcpScript.Syn with
        {
            Source = VirtualNetwork.GuestEndpoint6, Destination = s_alias6,
        }).ToPacket6());
        Assert.True(Segment.ParseFrame(bench.Port.TakeAll()[^1]).Has(TcpFlags.Reset));
        Assert.Equal(0, bench.Host.ConnectCount);
    }

    /// <summary>Its own port, others of the host's, and the host's own addresses.</summary>
    [Fact]
    public void Connect_OfAnIsolatedGuestToElsewhere_Stands()
    {
        StackBench bench = Bench(GuestGroup.Isolated, GuestGroup.Common);
        bench.Host.Serve(new IpEndpoint(IpAddress.IPv4Loopback, 8080));
        bench.Host.Serve(new IpEndpoint(IpAddress.IPv4Loopback, 8081));
        bench.Host.Serve(new IpEndpoint(VirtualNetwork.Far, 8080));
        Publish(bench, IpProtocol.Tcp, IpAddress.IPv4Any, First);
        Assert.True(Connects(bench, s_alias));
        Publish(bench, IpProtocol.Tcp, IpAddress.IPv4Any, Other);
        Assert.True(Connects(bench, s_alias with { Port = 8081 }));
        Assert.True(Connects(bench, new IpEndpoint(VirtualNetwork.Far, 8080)));
        Publish(bench, IpProtocol.Udp, IpAddress.IPv4Any, Other);
        Assert.True(Connects(bench, s_alias with { Port = 8080 }));
    }

    /// <summary>Whoever comes there next is not known: it may be of another group.</summary>
    [Fact]
    public void Connect_WhileTheGuestIsNotThere_IsRefused()
    {
        StackBench bench = Bench(GuestGroup.Common, GuestGroup.Isolated);
        bench.Host.Serve(new IpEndpoint(IpAddress.IPv4Loopback, 8080));
        Publish(bench, IpProtocol.Tcp, IpAddress.IPv4Loopback, link: 0);
        Assert.False(Connects(bench, s_alias));
    }

    /// <summary>The socket listens before it is known whose the port is.</summary>
    [Fact]
    public void Connect_WhileThePortIsBeingOpened_IsRefused()
    {
        StackBench bench = Bench(GuestGroup.Common, GuestGroup.Isolated);
        bench.Host.Serve(new IpEndpoint(IpAddress.IPv4Loopback, 8080));
        PublishedTarget opening = new(
            IpProtocol.Tcp, new IpEndpoint(IpAddress.IPv4Loopback, 8079), 2);
        bench.Settings.Published.Begin(opening);
        Assert.False(Connects(bench, s_alias));
        bench.Settings.Published.End(opening);
        Assert.True(Connects(bench, s_alias));
    }

    /// <summary>A request by the proxy may outlive the link that it came by.</summary>
    [Fact]
    public void Link_ThatHasGone_IsOfNoGroup()
    {
        IpEndpoint host = new(IpAddress.IPv4Loopback, 8080);
        PublishedReach reach = new();
        reach.OnPortOpened(First, GuestGroup.Isolated);
        reach.OnPortOpened(Other, GuestGroup.Common);
        reach.OnPortOpened(Web, GuestGroup.Common);
        reach.Set([new PublishedTarget(IpProtocol.Tcp, host, 1) { Link = Other }]);
        Assert.True(reach.Refuses(IpProtocol.Tcp, host, First));
        Assert.False(reach.Refuses(IpProtocol.Tcp, host, Web));
        reach.OnPortClosed(First);
        Assert.True(reach.Refuses(IpProtocol.Tcp, host, First));
        reach.OnPortClosed(Other);
        Assert.True(reach.Refuses(IpProtocol.Tcp, host, Web));
    }

    [Fact]
    public void Datagram_ByTheAlias_IsPortUnreachable()
    {
        StackBench bench = Bench(GuestGroup.Isolated, GuestGroup.Common);
        bench.Host.ServeUdp(new IpEndpoint(IpAddress.IPv4Loopback, 8080));
        Datagram datagram = new() { Destination = s_alias, Payload = [1, 2, 3] };
        bench.Send(datagram.ToFrame());
        bench.Wait(Duration.FromMilliseconds(1));
        Assert.Equal([1, 2, 3], Datagram.ParseFrame(bench.Port.TakeAll()[^1]).Payload);

        // The flow that stands goes nowhere either.
        Publish(bench, IpProtocol.Udp, IpAddress.IPv4Any, Other);
        bench.Send(datagram.ToFrame());
        IcmpPacket error = IcmpPacket.Parse(Ipv4Packet.ParseFrame(bench.Port.TakeAll()[^1]));
        Assert.Equal((3, 3), (error.Type, error.Code));
        Assert.Equal(1, bench.Dropped(DropReason.OtherGroup));
    }

    private static StackBench Bench(int own, int others, bool isIpv6 = false)
    {
        StackBench bench = new(isIpv6 ? VirtualNetwork.Settings6 : VirtualNetwork.Settings);
        bench.Stack.OnPortClosed(bench.Port, bench.Clock.Now);
        bench.Stack.GroupOf = port => port.Id == First ? own : others;
        bench.Stack.OnPortOpened(bench.Port, bench.Clock.Now);
        bench.Port.TakeAll();
        bench.Open(Other);
        return bench;
    }

    private static void Publish(
        StackBench bench, IpProtocol protocol, IpAddress address, int link) =>
        bench.Settings.Published.Set(
            [new PublishedTarget(protocol, new IpEndpoint(address, 8080), 1) { Link = link }]);

    private static ushort s_nextPort = 3_000;

    private static bool Connects(StackBench bench, IpEndpoint to)
    {
        bench.Send((TcpScript.Syn with
        {
            Source = new IpEndpoint(VirtualNetwork.Guest, s_nextPort++), Destination = to,
        }).ToFrame());
        Segment answer = Segment.ParseFrame(bench.Port.TakeAll()[^1]);
        Assert.True(answer.Has(TcpFlags.Syn) != answer.Has(TcpFlags.Reset));
        return answer.Has(TcpFlags.Syn);
    }
}
