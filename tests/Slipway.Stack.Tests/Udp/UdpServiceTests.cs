using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Udp;

public class UdpServiceTests : IDatagramService
{
    private readonly StackBench _bench = new();
    private readonly List<(
        IpEndpoint Source, IpEndpoint Destination, byte[] Payload)> _received = [];

    public UdpServiceTests()
    {
        _bench.Stack.Udp.AddService(53, this);
        _bench.Stack.Udp.AddService(67, this);
    }

    [Fact]
    public void Service_OnTheGateway_ReceivesAndAnswers()
    {
        Datagram query = new() { Destination = new(VirtualNetwork.Gateway, 53), Payload = [1, 2] };
        _bench.Send(query.ToFrame());
        var received = Assert.Single(_received);
        Assert.Equal((query.Source, query.Destination), (received.Source, received.Destination));
        Assert.Equal(query.Payload, received.Payload);
        Datagram answer = _bench.TakeDatagram().Must();
        Assert.Equal((query.Destination, query.Source), (answer.Source, answer.Destination));
        Assert.Equal([1, 2], answer.Payload);
    }

    [Fact]
    public void Service_AnsweringMoreThanTheMtu_IsFragmented()
    {
        Datagram query = new()
        {
            Destination = new(VirtualNetwork.Gateway, 53), Payload = new byte[4_000],
        };
        Array.ForEach(query.ToPacket().Fragment(1_480), _bench.Send);
        Assert.Equal(4_000, Datagram.Parse(_bench.TakeFragmented()).Payload.Length);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("10.1.2.3")]
    [InlineData("192.168.127.9")]
    public void Dhcp_ByBroadcast_ReachesItsServiceFromAnySource(string source)
    {
        IpEndpoint client = new(IpAddress.Parse(source), 68);
        _bench.Send(new EthernetFrame
        {
            Destination = MacAddress.Broadcast,
            Payload = new Datagram
            {
                Source = client, Destination = new(IpAddress.IPv4Broadcast, 67), Payload = [7],
            }
                .ToPacket().ToBytes(),
        }.ToBytes());
        Assert.Equal(client, Assert.Single(_received).Source);
    }

    [Theory]
    [InlineData("192.168.127.1")]
    [InlineData("192.168.127.254")]
    public void Dhcp_FromAnAddressOfTheEngine_IsDropped(string source)
    {
        _bench.Send(new Datagram
        {
            Source =
                new(IpAddress.Parse(source), 68), Destination = new(IpAddress.IPv4Broadcast, 67),
        }.ToFrame());
        Assert.Empty(_received);
        Assert.Equal(1, _bench.Dropped(DropReason.SpoofedAddress));
    }

    [Fact]
    public void Broadcast_ToAnotherService_IsDropped()
    {
        _bench.Send(new Datagram { Destination = new(IpAddress.IPv4Broadcast, 53) }.ToFrame());
        Assert.Empty(_received);
        Assert.Equal(1, _bench.Dropped(DropReason.Unroutable));
    }

    [Fact]
    public void Payload_OfEachShortLength_ReachesTheServiceAsItIs()
    {
        // CVE-2021-3592 .. 3595: short BOOTP and TFTP payloads.
        for (int length = 0; length < 10; length++)
        {
            _bench.Send(new Datagram
            {
                Destination = new(VirtualNetwork.Gateway, 67), Payload = new byte[length],
            }.ToFrame());
        }

        Assert.Equal(Enumerable.Range(0, 10), _received.Select(item => item.Payload.Length));
        byte[] whole = new Datagram { Destination = new(VirtualNetwork.Gateway, 67) }.ToBytes();
        for (int length = 0; length < 8; length++)
        {
            _bench.Send(new Datagram
            {
                Destination = new(VirtualNetwork.Gateway, 67),
            }.ToPacket() with { Payload = whole[..length] });
        }

        Assert.Equal(10, _received.Count);
        Assert.Equal(8, _bench.Counters.Malformeds(ParseError.Truncated));
    }

    void IDatagramService.Receive(
        in GuestPacket packet, ushort sourcePort, ushort destinationPort,
        ReadOnlySpan<byte> payload, Instant now)
    {
        IpEndpoint source = new(packet.Source, sourcePort);
        _received.Add((source, new(packet.Destination, destinationPort), payload.ToArray()));
        if (destinationPort == 53)
        {
            _bench.Stack.Udp.SendFromGateway(
                packet.Route, new IpEndpoint(packet.Destination, destinationPort), source, payload);
        }
    }
}
