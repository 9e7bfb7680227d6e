using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Udp;

public class UdpErrorTests
{
    private static readonly IpEndpoint Closed = new(VirtualNetwork.Far, 33_434);

    private readonly StackBench _bench = new();

    [Fact]
    public void Port_Closed_IsToldFromTheRemote()
    {
        Datagram datagram = new() { Destination = Closed, Payload = [1, 2, 3, 4] };
        _bench.Send(datagram.ToFrame());
        IcmpPacket error = _bench.TakeIcmp().Must(
            Expect.Icmp(3, 3), Expect.Quotes(datagram.Source, Closed, IpProtocol.Udp));
        Assert.Equal((VirtualNetwork.Far, VirtualNetwork.Guest), (error.Source, error.Destination));
        Assert.Equal(datagram.ToBytes(), error.Quote.Payload);
    }

    [Fact]
    public void Port_ClosedAtTheHost_IsToldFromTheAlias()
    {
        Datagram datagram = new() { Destination = new(VirtualNetwork.HostAlias, 9) };
        _bench.Send(datagram.ToFrame());
        IcmpPacket error = _bench.TakeIcmp().Must(
            Expect.Icmp(3, 3),
            Expect.Quotes(datagram.Source, datagram.Destination, IpProtocol.Udp));
        Assert.Equal(VirtualNetwork.HostAlias, error.Source);
    }

    [Fact]
    public void Traceroute_ByDatagrams_NamesEachRouter()
    {
        IpAddress[] routers = [IpAddress.Parse("203.0.113.1"), IpAddress.Parse("203.0.113.2")];
        Array.ForEach(routers, _bench.Host.Routers.Add);
        List<(IpAddress, byte, byte)> hops = [];
        for (byte ttl = 1; ttl <= 4; ttl++)
        {
            Datagram probe = new()
            {
                Destination = new(Closed.Address, (ushort)(33_434 + ttl)), Payload = new byte[32],
            };
            _bench.Send(probe.ToPacket() with { Ttl = ttl });
            IcmpPacket answer = _bench.TakeIcmp().Must(
                Expect.Quotes(probe.Source, probe.Destination, IpProtocol.Udp));
            hops.Add((answer.Source, answer.Type, answer.Code));
        }

        Assert.Equal(
            [
                (VirtualNetwork.Gateway, 11, 0), (routers[0], 11, 0), (routers[1], 11, 0),
                (Closed.Address, 3, 3)], hops);
    }

    [Fact]
    public void Datagram_LongerThanThePathWithDf_IsToldTheMtuOnce()
    {
        _bench.Host.PathMtuBytes = 1_200;
        SimDatagramServer server = _bench.Host.ServeUdp(Closed);
        Datagram datagram = new() { Destination = Closed, Payload = new byte[1_300] };
        _bench.Send(datagram.ToPacket() with { DontFragment = true });
        IcmpPacket error = _bench.TakeIcmp().Must(
            Expect.Icmp(3, 4), Expect.Quotes(datagram.Source, Closed, IpProtocol.Udp));
        Assert.Equal((1_200, VirtualNetwork.Gateway), (error.MtuBytes, error.Source));
        Assert.Null(_bench.Port.Take());
        Assert.Empty(server.Received);

        _bench.Send(datagram.ToPacket() with { DontFragment = false });
        Assert.Single(server.Received);
    }

    [Fact]
    public void Errors_OfAFlow_DoNotStopItsOtherRemotes()
    {
        IpEndpoint open = new(IpAddress.Parse("198.51.100.8"), 7);
        _bench.Host.ServeUdp(open);
        for (int i = 0; i < 20; i++)
        {
            _bench.Send(new Datagram { Destination = Closed }.ToFrame());
            _bench.TakeIcmp().Must(Expect.Icmp(3, 3));
            _bench.Send(new Datagram { Destination = open, Payload = [(byte)i] }.ToFrame());
            Assert.Equal([(byte)i], _bench.TakeDatagram().Must().Payload);
        }
    }

    [Fact]
    public void GatewayPort_WithoutAService_IsPortUnreachable()
    {
        // gvisor-tap-vsock #78, CVE-2025-9074: nothing of the host answers on the gateway.
        Datagram datagram = new() { Destination = new(VirtualNetwork.Gateway, 80), Payload = [1] };
        _bench.Send(datagram.ToFrame());
        IcmpPacket error = _bench.TakeIcmp().Must(
            Expect.Icmp(3, 3),
            Expect.Quotes(datagram.Source, datagram.Destination, IpProtocol.Udp));
        Assert.Equal(VirtualNetwork.Gateway, error.Source);
        Assert.Equal(0, _bench.Host.OpenSockets);
    }
}
