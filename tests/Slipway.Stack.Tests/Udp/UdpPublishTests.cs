using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Udp;

public class UdpPublishTests
{
    private static readonly IpEndpoint Local = new(IpAddress.IPv4Any, 5_353);
    private static readonly IpEndpoint Guest = new(VirtualNetwork.Guest, 53);
    private static readonly IpEndpoint Client = new(IpAddress.Parse("203.0.113.50"), 4_000);
    private static readonly IpEndpoint OtherClient = new(IpAddress.Parse("203.0.113.50"), 4_001);

    private readonly StackBench _bench = new();
    private readonly SimDatagramServer _client;
    private readonly SimDatagramServer _otherClient;

    public UdpPublishTests()
    {
        // A client takes what the published socket sends to its endpoint.
        _client = _bench.Host.ServeUdp(Client, new SimDatagramServer { Answer = _ => [] });
        _otherClient = _bench.Host.ServeUdp(
            OtherClient, new SimDatagramServer { Answer = _ => [] });
        Assert.Equal(
            HostError.None,
            _bench.Publish(Local, Guest, out UdpPublication? publication));
        Publication = publication!;
    }

    private UdpPublication Publication { get; }

    [Fact]
    public void Client_OfAPublishedPort_IsAPortOfTheGatewayAndIsAnswered()
    {
        _bench.Introduce();
        Datagram request = FromClient(Client, [1, 2]);
        Assert.Equal(
            (VirtualNetwork.Gateway, Guest), (request.Source.Address, request.Destination));
        Assert.Equal([1, 2], request.Payload);

        Answer(request, [3, 4, 5]);
        Assert.Equal([3, 4, 5], Assert.Single(_client.Received));
        Assert.Equal(Local, _client.LastSource);
    }

    [Fact]
    public void Clients_OfOnePort_HaveTheirOwnAnswers()
    {
        _bench.Introduce();
        Datagram one = FromClient(Client, [1]);
        Datagram two = FromClient(OtherClient, [2]);
        Assert.NotEqual(one.Source, two.Source);
        Assert.Equal(one.Source, FromClient(Client, [3]).Source);
        Answer(two, [22]);
        Answer(one, [11]);
        Assert.Equal([11], Assert.Single(_client.Received));
        Assert.Equal([22], Assert.Single(_otherClient.Received));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65_507)]
    public void Datagram_OfAnySize_PassesBothWays(int size)
    {
        _bench.Introduce();
        byte[] payload = new byte[size];
        Random.Shared.NextBytes(payload);
        _bench.Host.SendToHost(Client, Local, payload);
        _bench.Turn();
        Datagram request = Datagram.Parse(_bench.TakeFragmented());
        Assert.Equal(payload, request.Payload);
        Datagram answer = request with
        {
            Source = request.Destination, Destination = request.Source,
        };
        Array.ForEach(answer.ToPacket().Fragment(1_480), _bench.Send);
        Assert.Equal(payload, Assert.Single(_client.Received));
    }

    [Fact]
    public void Guest_NotHeardYet_IsAskedForAndGetsTheFirstDatagrams()
    {
        for (byte i = 0; i < 5; i++)
        {
            _bench.Host.SendToHost(Client, Local, [i]);
        }

        _bench.Turn();
        Assert.Equal(Guest.Address, _bench.TakeArp().Must().Target);
        Assert.Null(_bench.Port.Take());
        Assert.Equal(2, _bench.Dropped(DropReason.NoNeighbor));

        _bench.Send(new ArpFrame
        {
            Operation = 2, Target = VirtualNetwork.Gateway, Destination = VirtualNetwork.GatewayMac,
        }.ToFrame());
        byte[] payloads = [
            .. _bench.Port.TakeAll().Select(frame => Datagram.ParseFrame(frame).Payload[0])];
        Assert.Equal([0, 1, 2], payloads);
    }

    [Fact]
    public void Guest_ThatNeverAnswers_LosesThem()
    {
        _bench.Host.SendToHost(Client, Local, [1]);
        _bench.Wait(Duration.FromSeconds(4));
        _bench.Port.TakeAll();
        _bench.Introduce();
        Assert.Null(_bench.Port.Take());
    }

    [Fact]
    public void Client_IdleForThreeMinutes_IsForgotten()
    {
        _bench.Introduce();
        Datagram request = FromClient(Client, [1]);
        _bench.Wait(Duration.FromSeconds(179));
        Answer(request, [2]);
        _bench.Wait(Duration.FromSeconds(179));
        Answer(request, [2]);
        Assert.Equal(2, _client.Received.Count);
        _bench.Wait(Duration.FromSeconds(181));
        Assert.Equal(0, _bench.Stack.Udp.PublishedClientCount);
        Answer(request, [3]);
        _bench.TakeIcmp().Must(Expect.Icmp(3, 3));
    }

    [Fact]
    public void Clients_OverTheBound_EvictTheIdlest()
    {
        StackBench bench = new(
            VirtualNetwork.Settings with { Limits = new StackLimits { UdpPublishedClients = 10 } });
        bench.Introduce();
        bench.Publish(Local, Guest, out _);
        for (ushort i = 0; i < 1_000; i++)
        {
            bench.Host.SendToHost(new(Client.Address, (ushort)(1_000 + i)), Local, [1]);
            bench.Turn();
        }

        Assert.Equal(1_000, bench.Port.TakeAll().Length);
        Assert.Equal(10, bench.Stack.Udp.PublishedClientCount);
    }

    [Fact]
    public void Answer_OfAnotherGuest_IsRefused()
    {
        RecordingPort second = _bench.Open(2);
        _bench.Introduce();
        Datagram request = FromClient(Client, [1]);
        second.TakeAll();
        _bench.SendAsOther(
            (request with
            {
                Source = new(StackBench.OtherGuest, 53), Destination = request.Source,
            }).ToPacket(), second);
        _bench.TakeIcmp(second).Must(Expect.Icmp(3, 3));
        Assert.Empty(_client.Received);
    }

    [Fact]
    public void Client_ThatHasClosed_IsToldToTheGuest()
    {
        _bench.Introduce();
        IpEndpoint gone = new(Client.Address, 9);
        Datagram request = FromClient(gone, [1]);
        Answer(request, [2]);
        _bench.TakeIcmp().Must(
            Expect.Icmp(3, 3), Expect.Quotes(Guest, request.Source, IpProtocol.Udp));
    }

    [Fact]
    public void Port_TakenAtTheHost_IsAnError()
    {
        Assert.Equal(
            HostError.AddressInUse,
            _bench.Publish(Local, Guest, out UdpPublication? second));
        Assert.Null(second);
    }

    [Fact]
    public void Publication_Closed_ForgetsItsClientsAndSocket()
    {
        _bench.Introduce();
        FromClient(Client, [1]);
        Publication.Close();
        Publication.Close();
        Assert.Equal(0, _bench.Host.OpenSockets);
        Assert.Equal(0, _bench.Stack.Udp.PublishedClientCount);
        Assert.Equal(HostError.None, _bench.Publish(Local, Guest, out _));
    }

    private Datagram FromClient(IpEndpoint client, byte[] payload)
    {
        Assert.True(_bench.Host.SendToHost(client, Local, payload));
        _bench.Turn();
        return _bench.TakeDatagram().Must();
    }

    private void Answer(Datagram request, byte[] payload) => _bench.Send(
        (request with
        {
            Source = request.Destination, Destination = request.Source, Payload = payload,
        }).ToFrame());
}
