using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Udp;

/// <summary>Ports of the gateway's that come and go.</summary>
public class UdpRelayTests : IDatagramService
{
    private readonly StackBench _bench = new();
    private int _received;

    [Fact]
    public void Relay_WhileItIsThere_ReceivesAndAnswers_AndIsUnreachableAfterwards()
    {
        Assert.True(_bench.Stack.Udp.TryAddRelay(this, out ushort port));
        Datagram datagram = new()
        {
            Destination = new(VirtualNetwork.Gateway, port), Payload = [1, 2],
        };
        _bench.Send(datagram.ToFrame());
        Datagram answer = _bench.TakeDatagram().Must();
        Assert.Equal((datagram.Destination, datagram.Source), (answer.Source, answer.Destination));
        _bench.Stack.Udp.RemoveRelay(port);
        _bench.Send(datagram.ToFrame());
        Assert.Equal(1, _received);
        Assert.Equal(3, _bench.TakeIcmp().Must().Type);
    }

    [Fact]
    public void Relays_AsManyAsThereArePorts_HaveOneEach()
    {
        HashSet<ushort> ports = [];
        while (_bench.Stack.Udp.TryAddRelay(this, out ushort port))
        {
            Assert.True(ports.Add(port));
        }

        Assert.Equal((16_384, 32_768, 49_151), (ports.Count, ports.Min(), ports.Max()));
        _bench.Stack.Udp.RemoveRelay(40_000);
        Assert.True(_bench.Stack.Udp.TryAddRelay(this, out ushort again));
        Assert.Equal(40_000, again);
    }

    [Fact]
    public void Relay_DoesNotTakeThePortOfAConfiguredService()
    {
        IpEndpoint place = new(VirtualNetwork.Gateway, 32_770);
        _bench.Stack.Settings.Services.Current = new ServiceTable(
            [
                new ServiceRule(
                    IpPrefix.Around(place.Address, 32), new PortRange(place.Port, place.Port),
                    IpProtocol.Udp,
                    new EndpointTarget(new IpEndpoint(IpAddress.IPv4Loopback, 9)), IsVirtual: true),
            ]);
        for (int i = 0; i < 10; i++)
        {
            Assert.True(_bench.Stack.Udp.TryAddRelay(this, out ushort port));
            Assert.NotEqual(place.Port, port);
        }
    }

    void IDatagramService.Receive(
        in GuestPacket packet, ushort sourcePort, ushort destinationPort,
        ReadOnlySpan<byte> payload, Instant now)
    {
        _received++;
        _bench.Stack.Udp.SendFromGateway(
            packet.Route, new IpEndpoint(packet.Destination, destinationPort),
            new IpEndpoint(packet.Source, sourcePort), payload);
    }
}
