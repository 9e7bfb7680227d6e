using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Simulation;

/// <summary>
/// What a seed makes of a world: its link, its bounds, its servers and its flows.
/// </summary>
internal sealed class Scenario
{
    private const ushort PublishedPort = 8080;

    private readonly Random _random;
    private readonly SimulatedWorld _world;

    // Nothing is lost and no stream fills the link: each datagram must come back.
    private readonly bool _isCalm;
    private readonly int _seed;
    private readonly Dictionary<ushort, TcpTransfer> _published = [];
    private ushort _nextPort = 40_000;

    public Scenario(int seed)
    {
        _seed = seed;
        _random = new Random(seed);
        _isCalm = _random.Next(8) == 0;
        Faults faults = _isCalm ? new Faults() : ChooseFaults();
        StackSettings settings = VirtualNetwork.Settings with
        {
            Seed = new Seed128((ulong)seed, ~(ulong)seed),
            MtuBytes = Choose(1500, 1500, 576, 9000, 65_520),
            Limits = new StackLimits { TcpReceiveBytes = Choose(64 << 20, 64 << 20, 1 << 20) },
        };
        _world = new SimulatedWorld(seed, faults, settings, ChooseOffloads(faults));
        _world.Guest.Listen(PublishedPort, OnPublishedAccepted, ChooseOptions());
        int flows = _random.Next(1, 8);
        for (int i = 0; i < flows; i++)
        {
            AddFlow(_isCalm ? _random.Next(2, 4) : _random.Next(10));
        }
    }

    public void Run() => _world.Run();

    private T Choose<T>(params ReadOnlySpan<T> choices) => choices[_random.Next(choices.Length)];

    // By a random of its own, so that a world of former days is the same but for this. What cuts a
    // frame has room for its packets.
    private Offloads ChooseOffloads(Faults faults) =>
        faults.QueueFrames < 1_000 ? Offloads.None : new Random(~_seed).Next(3) switch
        {
            0 => Offloads.None,
            1 => Offloads.Checksum,
            _ => Offloads.Checksum | Offloads.TcpSegments4,
        };

    private Faults ChooseFaults() => new()
    {
        LostPerMille = Choose(0, 0, 5, 10, 50),
        DuplicatedPerMille = Choose(0, 0, 10, 50),
        ReorderedPerMille = Choose(0, 0, 10, 100),
        CorruptedPerMille = Choose(0, 0, 0, 10),
        Delay = Duration.FromMicroseconds(Choose(20, 100, 1_000, 20_000)),
        QueueFrames = Choose(1_000, 1_000, 100, 20),
    };

    private GuestTcpOptions ChooseOptions()
    {
        int buffer = Choose(256 << 10, 256 << 10, 65_535, 4_000);
        return new GuestTcpOptions
        {
            MaximumSegmentBytes = Choose(1460, 1460, 536, 100),

            // A scale coarser than the buffer would be a window that never opens.
            WindowScale = buffer > 100_000 ? Choose<byte?>(7, 7, null, 0, 14)
                : Choose<byte?>(7, null),
            Sack = Choose(true, true, false),
            Timestamps = Choose(true, true, false),
            ReceiveBufferBytes = buffer,
        };
    }

    private TransferPlan ChoosePlan()
    {
        bool guestLast = Choose(true, false);
        bool isSlow = Choose(true, false, false, false);
        return new TransferPlan(((ulong)_seed * 1_000) + _nextPort, ChooseLength(), ChooseLength())
        {
            GuestClosesLast = guestLast,
            HostClosesLast = !guestLast && Choose(true, false),
            GuestReadBytes = isSlow ? Choose(0, 500, 5_000) : 0,
            HostReadBytes = isSlow ? Choose(0, 500, 5_000) : 0,
        };
    }

    private int ChooseLength() => Choose(0, 1, 100, 10_000, 50_000, 300_000);

    private SimServer ChooseBuffers() => new()
    {
        Delay = Duration.FromMilliseconds(Choose(0, 0, 1, 50, 3_000)),
        SendBufferBytes = Choose(256 << 10, 256 << 10, 16 << 10, 2_000),
        ReceiveBufferBytes = Choose(256 << 10, 256 << 10, 16 << 10, 2_000),
    };

    private void AddFlow(int kind)
    {
        IpEndpoint server = new(VirtualNetwork.Far, _nextPort);
        ushort port = _nextPort++;
        switch (kind)
        {
            case 0:
                AddFailure(port, server);
                break;
            case 1:
                AddBreak(port, server);
                break;
            case 2:
                _world.Host.ServeUdp(server);
                _world.Flows.Add(new DatagramExchange(
                    _world.Guest, port, server, (ulong)_seed + port, _isCalm));
                break;
            case 3:
                IpAddress target = Choose(VirtualNetwork.Far, VirtualNetwork.Gateway);
                _world.Flows.Add(new PingExchange(_world.Guest, port, target, _isCalm));
                break;
            case 4 or 5:
                AddPublished(port);
                break;
            default:
                AddTransfer(port, server);
                break;
        }
    }

    private void AddTransfer(ushort port, IpEndpoint server)
    {
        GuestTcp guest = _world.Guest.Connect(port, server, ChooseOptions());
        TcpTransfer transfer = new(guest, null, ChoosePlan());
        SimServer served = _world.Host.Serve(server, ChooseBuffers());
        served.Accepted = connection => transfer.Host = connection;
        _world.Flows.Add(transfer);
    }

    private void AddPublished(ushort port)
    {
        IpEndpoint client = new(IpAddress.Parse("203.0.113.9"), port);
        IpEndpoint published = new(VirtualNetwork.Guest, PublishedPort);
        IHostStream stream = _world.Host.AcceptedStream(published, client, ChooseBuffers());
        TcpTransfer transfer = new(null, SimHost.ConnectionOf(stream), ChoosePlan());
        _published[port] = transfer;
        _world.Flows.Add(transfer);
        _world.Stack.Tcp.AcceptFromHost(stream, client, published, _world.Clock.Now);
    }

    private void OnPublishedAccepted(GuestTcp connection) =>
        _published[connection.Remote.Port].Guest = connection;

    private void AddFailure(ushort port, IpEndpoint server)
    {
        (HostError error, GuestTcpEnd end) = Choose(
            (HostError.Refused, GuestTcpEnd.Refused),
            (HostError.HostUnreachable, GuestTcpEnd.Unreachable),
            (HostError.TimedOut, GuestTcpEnd.TimedOut),
            (HostError.InProgress, GuestTcpEnd.TimedOut));
        _world.Host.Serve(server, new SimServer
        {
            Outcome = error, Delay = Duration.FromMilliseconds(Choose(0, 10, 500)),
        });
        _world.Flows.Add(new TcpFailure(_world.Guest.Connect(port, server), end));
    }

    private void AddBreak(ushort port, IpEndpoint server)
    {
        TcpBreak broken =
            new(_world.Guest.Connect(port, server, ChooseOptions()), Choose(true, false));
        _world.Host.Serve(server).Accepted = connection => broken.Host = connection;
        _world.Flows.Add(broken);
    }
}
