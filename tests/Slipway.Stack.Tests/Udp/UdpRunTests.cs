using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Udp;

/// <summary>Many datagrams in one turn: joined on the way, apart at both ends.</summary>
public sealed class UdpRunTests
{
    private const Offloads Card = Offloads.Checksum | Offloads.UdpSegments;
    private static readonly IpEndpoint Server = new(VirtualNetwork.Far, 7);
    private static readonly StreamPattern Pattern = new(5);

    private readonly StackBench _bench = new();

    private static readonly int[][] Sizes =
    [
        [1_200, 1_200, 1_200, 1_200, 1_200],
        [1_200, 1_200, 700, 1_200, 1_200, 0, 0, 1_200],
        [1, 1, 1, 2, 1],
        [1_472, 1_472, 1_473, 1_473, 4_000, 4_000],
        [20_000, 20_000, 20_000, 20_000],
        [.. Enumerable.Repeat(1_000, 150)],
        [.. Enumerable.Repeat(1_170, 56)], // 65,520 bytes: more than one send may have
    ];

    public static TheoryData<Offloads, int[]> Runs
    {
        get
        {
            TheoryData<Offloads, int[]> runs = [];
            foreach (int[] sizes in Sizes)
            {
                runs.Add(Offloads.None, sizes);
                runs.Add(Card, sizes);
            }

            return runs;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Datagrams_OfOneTurn_ComeBackOneByOneAndInOrder(Offloads offloads, int[] sizes)
    {
        _bench.Port.Offloads = offloads;
        _bench.Host.ServeUdp(Server);
        int sent = 0;
        foreach (int size in sizes)
        {
            Ipv4Packet packet = Datagram(size, sent).ToPacket();
            foreach (Ipv4Packet piece in packet.Payload.Length > 1_480
                ? packet.Fragment(1_480) : [packet])
            {
                Send(piece.ToFrame());
            }

            sent += size;
        }

        _bench.Turn();
        AssertArrived(sizes, _bench.Port.TakeAll());
    }

    [Theory]
    [InlineData(5_000, 1_400)]
    [InlineData(65_000, 1_472)]
    [InlineData(3, 1)]
    public void Segments_ThatTheGuestLeftUncut_ReachTheHostApart(int length, int segment)
    {
        _bench.Port.Offloads = Card;
        _bench.Host.ServeUdp(Server);
        (byte[] frame, FrameOffload offload) =
            OffloadingCard.Leave(Datagram(length, 0), segment);
        _bench.Stack.OnFrame(_bench.Port, frame, offload, _bench.Clock.Now);
        _bench.Turn();
        int[] sizes = [.. Enumerable.Range(0, (length + segment - 1) / segment)
            .Select(i => Math.Min(segment, length - (i * segment)))];
        AssertArrived(sizes, _bench.Port.TakeAll());
    }

    [Fact]
    public void Run_ToALinkThatCuts_IsOneFrame()
    {
        _bench.Port.Offloads = Card;
        _bench.Host.ServeUdp(Server);
        int before = _bench.Port.SentCount;
        for (int i = 0; i < 30; i++)
        {
            Send(Datagram(1_400, i * 1_400).ToFrame());
        }

        _bench.Turn();
        Assert.InRange(_bench.Port.SentCount - before, 1, 3);
        Assert.Equal(30, _bench.Port.TakeAll().Length);
    }

    [Theory]
    [InlineData(1_400, 1_000, 500)]
    [InlineData(1_200, 1_200, 400)]
    public void Segments_BehindALongerDatagram_KeepTheirBounds(int first, int length, int segment)
    {
        _bench.Port.Offloads = Card;
        _bench.Host.ServeUdp(Server);
        Send(Datagram(first, 0).ToFrame());
        (byte[] frame, FrameOffload offload) =
            OffloadingCard.Leave(Datagram(length, first), segment);
        _bench.Stack.OnFrame(_bench.Port, frame, offload, _bench.Clock.Now);
        _bench.Turn();
        AssertArrived(
            [first, .. Enumerable.Repeat(segment, length / segment)], _bench.Port.TakeAll());
    }

    [Fact]
    public void Segments_ToAClientOfAPublishedPort_ArriveApart()
    {
        IpEndpoint local = new(IpAddress.IPv4Any, 5_353);
        IpEndpoint guest = new(VirtualNetwork.Guest, 53);
        IpEndpoint client = new(IpAddress.Parse("203.0.113.50"), 4_000);
        SimDatagramServer server =
            _bench.Host.ServeUdp(client, new SimDatagramServer { Answer = _ => [] });
        Assert.Equal(HostError.None, _bench.Publish(local, guest, out _));
        _bench.Introduce();
        _bench.Host.SendToHost(client, local, [1]);
        _bench.Turn();
        Datagram request = Testing.Datagram.Parse(Ipv4Packet.ParseFrame(_bench.Port.Take()!));
        (byte[] frame, FrameOffload offload) = OffloadingCard.Leave(
            new Datagram
            {
                Source = guest, Destination = request.Source, Payload = new byte[3_000],
            },
            1_000);
        _bench.Stack.OnFrame(_bench.Port, frame, offload, _bench.Clock.Now);
        _bench.Turn();
        Assert.Equal([1_000, 1_000, 1_000], server.Received.Select(payload => payload.Length));
    }

    [Fact]
    public void Datagrams_ToTwoServers_KeepApart()
    {
        IpEndpoint other = new(VirtualNetwork.Far, 8);
        _bench.Host.ServeUdp(Server);
        _bench.Host.ServeUdp(other);
        for (int i = 0; i < 10; i++)
        {
            Datagram datagram = Datagram(100, i * 100) with
            {
                Destination = i % 2 == 0 ? Server : other,
            };
            Send(datagram.ToFrame());
        }

        _bench.Turn();
        Datagram[] got = [.. _bench.Port.TakeAll().Select(frame =>
            Testing.Datagram.Parse(Ipv4Packet.ParseFrame(frame)))];
        Assert.Equal(10, got.Length);
        Assert.Equal(5, got.Count(datagram => datagram.Source == other));
    }

    [Fact]
    public void Run_ToAGuestThatWritesWholeFrames_IsWholeFrames()
    {
        _bench.Port.Offloads = Card;
        _bench.Host.ServeUdp(Server);
        int before = _bench.Port.SentCount;
        for (int i = 0; i < 10; i++)
        {
            _bench.Stack.OnFrame(
                _bench.Port, Datagram(100, i * 100).ToFrame(), _bench.Clock.Now);
        }

        _bench.Turn();
        Assert.Equal(10, _bench.Port.SentCount - before);
    }

    private void Send(byte[] frame)
    {
        FrameOffload offload =
            _bench.Port.Offloads == Offloads.None ? default : OffloadingCard.Open(frame);
        _bench.Stack.OnFrame(_bench.Port, frame, offload, _bench.Clock.Now);
    }

    private static Datagram Datagram(int length, int offset) => new()
    {
        Destination = Server, Payload = Pattern.Bytes(offset, length).ToArray(),
    };

    private static void AssertArrived(int[] sizes, byte[][] frames)
    {
        List<Datagram> got = [];
        List<Ipv4Packet> fragments = [];
        foreach (byte[] frame in frames)
        {
            Ipv4Packet packet = Ipv4Packet.ParseFrame(frame);
            fragments.Add(packet);
            if (!packet.MoreFragments)
            {
                got.Add(Testing.Datagram.Parse(fragments[0] with
                {
                    MoreFragments = false,
                    Payload = [.. fragments.SelectMany(fragment => fragment.Payload)],
                }));
                fragments.Clear();
            }
        }

        Assert.Equal(sizes, got.Select(datagram => datagram.Payload.Length));
        int offset = 0;
        foreach (Datagram datagram in got)
        {
            Pattern.Verify(offset, datagram.Payload);
            offset += datagram.Payload.Length;
        }
    }
}
