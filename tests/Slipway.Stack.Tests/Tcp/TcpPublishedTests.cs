using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Tcp;

/// <summary>Clients of published ports: the engine sends the SYN.</summary>
public sealed class TcpPublishedTests
{
    private static readonly IpEndpoint GuestServer = new(VirtualNetwork.Guest, 8080);
    private static readonly IpEndpoint Client = new(IpAddress.Parse("127.0.0.1"), 50_000);

    private readonly TcpScript _script = new();

    [Fact]
    public void Client_GuestAccepts_BytesFlowBothWays()
    {
        SimConnection client = Accept(out Segment syn);
        Segment answer = Answer(syn);
        _script.Send(answer);
        _script.Expect(Expect.Flags(TcpFlags.Acknowledgment), Expect.Acknowledges(answer.End));

        client.Write([1, 2]);
        _script.Turn();
        _script.Expect(Expect.Payload([1, 2]), Expect.Sequence(syn.End));
        _script.Send(answer with
        {
            Flags = TcpFlags.Acknowledgment, Sequence = answer.End, Acknowledgment = syn.End + 2,
                Payload = [3],
            Options = SegmentOptions.None,
        });

        Assert.Equal([3], client.ReadAll());
        Assert.Equal(0, client.Unread);
    }

    [Fact]
    public void Syn_ComesFromTheGateway_WithMssScaleAndSack()
    {
        Accept(out Segment syn);

        Assert.Equal(VirtualNetwork.Gateway, syn.Source.Address);
        Assert.Equal(GuestServer, syn.Destination);
        Assert.Equal((ushort?)1460, syn.Options.MaximumSegmentSize);
        Assert.True(syn.Options.SackPermitted);
        Assert.NotNull(syn.Options.WindowScale);
    }

    [Fact]
    public void Client_GuestRefuses_IsReset()
    {
        SimConnection client = Accept(out Segment syn);

        _script.Send(Answer(syn) with
        {
            Sequence = 0, Flags = TcpFlags.Reset | TcpFlags.Acknowledgment,
                Options = SegmentOptions.None,
        });

        Assert.True(client.WasReset);
        Assert.Equal(0, _script.Layer.Count);
    }

    [Fact]
    public void Client_ResetWithWrongAck_IsIgnored()
    {
        SimConnection client = Accept(out Segment syn);

        _script.Send(Answer(syn) with
        {
            Flags = TcpFlags.Reset | TcpFlags.Acknowledgment, Acknowledgment = syn.End + 5,
        });

        Assert.False(client.WasReset);
    }

    [Fact]
    public void Syn_NotAnswered_IsRetransmittedThenGivenUp()
    {
        SimConnection client = Accept(out Segment syn);

        _script.Elapse(Duration.FromSeconds(1));
        _script.Expect(Expect.Flags(TcpFlags.Syn), Expect.Sequence(syn.Sequence));
        _script.Elapse(Duration.FromSeconds(300));

        Assert.True(client.WasReset);
        Assert.Equal(0, _script.Layer.Count);
    }

    [Fact]
    public void Syn_AnsweredWithWrongAck_GetsReset()
    {
        Accept(out Segment syn);

        _script.Send(Answer(syn) with { Acknowledgment = syn.End + 7 });

        _script.Expect(Expect.Flags(TcpFlags.Reset), Expect.Sequence(syn.End + 7));
    }

    [Fact]
    public void ClientsData_BeforeTheHandshake_IsKept()
    {
        SimConnection client = Accept(out Segment syn);
        client.Write([1, 2, 3]);
        client.ShutdownSend();
        _script.Turn();

        _script.Send(Answer(syn));

        List<Segment> segments = _script.TakeAll();
        Assert.Equal([1, 2, 3], segments.SelectMany(segment => segment.Payload));
        Assert.True(segments[^1].Has(TcpFlags.Fin));
    }

    [Fact]
    public void Client_LeavesBeforeTheHandshake_GuestIsReset()
    {
        SimConnection client = Accept(out Segment syn);
        client.Reset();
        _script.Turn();
        _script.TakeAll();

        _script.Send(Answer(syn));

        Assert.True(_script.TakeAll().Exists(segment => segment.Has(TcpFlags.Reset)));
        Assert.Equal(0, _script.Layer.Count);
    }

    [Fact]
    public void TwoClients_WithTheSamePort_GetDifferentOnes()
    {
        Accept(out Segment first);
        IpEndpoint other = Client with { Address = IpAddress.Parse("127.0.0.9") };
        _script.Layer.AcceptFromHost(
            _script.Host.AcceptedStream(GuestServer, other), other, GuestServer, _script.Clock.Now);
        _script.Turn();

        Assert.NotEqual(first.Source.Port, _script.Expect(Expect.Flags(TcpFlags.Syn)).Source.Port);
    }

    [Fact]
    public void UnknownGuest_IsResolvedFirst()
    {
        IHostStream stream = _script.Host.AcceptedStream(GuestServer, Client);
        _script.Layer.AcceptFromHost(stream, Client, GuestServer, _script.Clock.Now);

        _script.Turn();
        _script.TakeAllFrames();
        _script.Layer.OnNeighborResolved(VirtualNetwork.Guest, _script.Route, _script.Clock.Now);
        _script.Turn();

        _script.Expect(Expect.Flags(TcpFlags.Syn));
    }

    [Fact]
    public void UnknownGuest_NeverAnswers_ClientIsReset()
    {
        IHostStream stream = _script.Host.AcceptedStream(GuestServer, Client);
        _script.Layer.AcceptFromHost(stream, Client, GuestServer, _script.Clock.Now);

        _script.Elapse(Duration.FromSeconds(300));

        Assert.True(SimHost.ConnectionOf(stream).WasReset);
        Assert.Equal(0, _script.Layer.Count);
    }

    [Theory]
    [InlineData("203.0.113.9", "203.0.113.9")]
    [InlineData("10.0.0.9", "10.0.0.9")]
    [InlineData("127.0.0.1", "192.168.127.1")]
    [InlineData("192.168.127.77", "192.168.127.1")]
    [InlineData("192.168.127.254", "192.168.127.1")]
    [InlineData("169.254.1.1", "192.168.127.1")]
    [InlineData("2001:db8::9", "192.168.127.1")]
    [InlineData("0.0.0.0", "192.168.127.1")]
    public void Client_ThatIsShown_IsSeenWhereTheGuestsAnswersReachIt(
        string client, string expected)
    {
        IpEndpoint endpoint = new(IpAddress.Parse(client), 50_000);
        Origin origin = new();
        _script.LearnGuest();
        IHostStream stream = _script.Host.AcceptedStream(GuestServer, endpoint);
        _script.Layer.AcceptFromHost(
            stream, endpoint, GuestServer, _script.Clock.Now, origin);
        _script.Turn();
        Segment syn = _script.Expect(Expect.Flags(TcpFlags.Syn));
        Assert.Equal(new IpEndpoint(IpAddress.Parse(expected), 50_000), syn.Source);

        Segment answer = Answer(syn);
        _script.Send(answer);
        _script.Send(answer with
        {
            Flags = TcpFlags.Acknowledgment, Sequence = answer.End, Payload = [3],
            Options = SegmentOptions.None,
        });
        Assert.Equal([3], SimHost.ConnectionOf(stream).ReadAll());
        Assert.Equal([HostError.None], origin.Answers);
    }

    [Fact]
    public void Connections_OfAnOriginThatIsClosed_AreResetOnBothSides()
    {
        Origin origin = new();
        _script.LearnGuest();
        IHostStream stream = _script.Host.AcceptedStream(GuestServer, Client);
        _script.Layer.AcceptFromHost(stream, Client, GuestServer, _script.Clock.Now, origin);
        _script.Turn();
        _script.Send(Answer(_script.Expect(Expect.Flags(TcpFlags.Syn))));
        _script.TakeAll();
        SimConnection other = Accept(out _);
        _script.TakeAll();

        _script.Layer.Abort(origin, _script.Clock.Now);

        _script.Expect(Expect.Flags(TcpFlags.Reset | TcpFlags.Acknowledgment));
        Assert.True(SimHost.ConnectionOf(stream).WasReset);
        Assert.False(other.WasReset);
        Assert.Equal(1, _script.Layer.Count);
        Assert.Equal([HostError.None], origin.Answers);
    }

    private static Segment Answer(Segment syn) => new()
    {
        Source = syn.Destination,
        Destination = syn.Source,
        Sequence = 500,
        Acknowledgment = syn.End,
        Flags = TcpFlags.Syn | TcpFlags.Acknowledgment,
        Options = new SegmentOptions { MaximumSegmentSize = 1460 },
    };

    private SimConnection Accept(out Segment syn)
    {
        _script.LearnGuest();
        IHostStream stream = _script.Host.AcceptedStream(GuestServer, Client);
        _script.Layer.AcceptFromHost(stream, Client, GuestServer, _script.Clock.Now);
        _script.Turn();
        syn = _script.Expect(Expect.Flags(TcpFlags.Syn));
        return SimHost.ConnectionOf(stream);
    }

    private sealed class Origin : IFlowOrigin
    {
        public bool ShowsClients => true;

        public List<HostError> Answers { get; } = [];

        public void OnAnswered(HostError error) => Answers.Add(error);
    }
}
