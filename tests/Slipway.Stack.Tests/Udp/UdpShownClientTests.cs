using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Udp;

/// <summary>Published UDP ports that tell their guest who the clients are.</summary>
public sealed class UdpShownClientTests
{
    private static readonly IpEndpoint Local = new(IpAddress.IPv4Any, 5_353);
    private static readonly IpEndpoint Guest = new(VirtualNetwork.Guest, 53);
    private static readonly IpEndpoint Client = new(IpAddress.Parse("203.0.113.50"), 4_000);
    private static readonly PublishedDatagrams Showing = new(new Origin(), false);

    private readonly StackBench _bench = new();
    private readonly SimDatagramServer _client;

    public UdpShownClientTests()
    {
        _client = _bench.Host.ServeUdp(Client, new SimDatagramServer { Answer = _ => [] });
        _bench.Introduce();
    }

    [Fact]
    public void Client_ThatIsShown_IsSeenAsItIsAndAnsweredByThePort()
    {
        Publish(Showing);
        Datagram request = FromClient(Client, [1, 2]);
        Assert.Equal((Client, Guest), (request.Source, request.Destination));
        Answer(request, [3]);
        Assert.Equal([3], Assert.Single(_client.Received));
        Assert.Equal(Local, _client.LastSource);
        Assert.Equal(0, _bench.Stack.Udp.Count);
    }

    [Fact]
    public void Guest_ThatSendsToOthersFromThatPort_HasAFlowOfItsOwn()
    {
        Publish(Showing);
        Datagram request = FromClient(Client, [1]);
        SimDatagramServer other = _bench.Host.ServeUdp(
            VirtualNetwork.FarEndpoint, new SimDatagramServer { Answer = _ => [] });
        Answer(request with { Source = VirtualNetwork.FarEndpoint }, [4]);
        Assert.Single(other.Received);
        Assert.NotEqual(Local, other.LastSource);
        Answer(request with { Destination = Guest with { Port = 54 } }, [5]);
        Assert.NotEqual(Local, _client.LastSource);
        Assert.Equal(2, _bench.Stack.Udp.Count);
    }

    [Fact]
    public void Guest_OfAPortThatIsClosed_SendsAsAnyOther()
    {
        UdpPublication publication = Publish(Showing);
        Datagram request = FromClient(Client, [1]);
        publication.Close();
        Answer(request, [3]);
        Assert.Single(_client.Received);
        Assert.NotEqual(Local, _client.LastSource);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("192.168.127.9")]
    [InlineData("169.254.1.1")]
    public void Client_ThatTheGuestWouldNotAnswerByTheGateway_IsAPortOfTheGateway(string address)
    {
        Publish(Showing);
        Datagram request = FromClient(new IpEndpoint(IpAddress.Parse(address), 4_000), [1]);
        Assert.Equal(VirtualNetwork.Gateway, request.Source.Address);
    }

    [Fact]
    public void Datagram_WithAProxyHeader_SaysWhoHasSentIt()
    {
        Publish(new PublishedDatagrams(null, true));
        Datagram request = FromClient(Client, [1, 2]);
        Assert.Equal(VirtualNetwork.Gateway, request.Source.Address);
        byte[] header = new byte[ProxyHeader.MaximumLengthBytes];
        int length = ProxyHeader.WriteUdp(header, Client, Local);
        Assert.Equal([.. header[..length], 1, 2], request.Payload);
        Answer(request, [3]);
        Assert.Equal([3], Assert.Single(_client.Received));
    }

    [Fact]
    public void Datagram_ThatHasNoRoomForItsHeader_IsDroppedAndCounted()
    {
        Publish(new PublishedDatagrams(null, true));
        _bench.Host.SendToHost(Client, Local, new byte[65_507]);
        _bench.Turn();
        Assert.Null(_bench.Port.Take());
        Assert.Equal(1, _bench.Dropped(DropReason.FrameTooLong));
    }

    private UdpPublication Publish(PublishedDatagrams datagrams)
    {
        Assert.Equal(
            HostError.None,
            _bench.Publish(Local, Guest, out UdpPublication? publication, datagrams));
        return publication!;
    }

    private Datagram FromClient(IpEndpoint client, byte[] payload)
    {
        _bench.Host.SendToHost(client, Local, payload);
        _bench.Turn();
        return Datagram.ParseFrame(_bench.Port.Take().Must());
    }

    private void Answer(Datagram request, byte[] payload) => _bench.Send((request with
    {
        Source = request.Destination, Destination = request.Source, Payload = payload,
    }).ToFrame());

    private sealed class Origin : IFlowOrigin
    {
        public bool ShowsClients => true;

        public void OnAnswered(HostError error)
        {
            // Datagrams are not answered.
        }
    }
}
