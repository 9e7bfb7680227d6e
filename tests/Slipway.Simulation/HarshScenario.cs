using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Simulation;

/// <summary>
/// What a seed makes of a bad day: tables that hold next to nothing, links that go and come back,
/// hosts that hang and reset, floods beside honest flows, in both families.
/// </summary>
internal sealed class HarshScenario
{
    private const ushort PublishedPort = 8080;

    private static readonly IpAddress Far6 = VirtualNetwork.Far6;

    private readonly Random _random;
    private readonly SimulatedWorld _world;
    private readonly Happenings _happenings = new();
    private readonly Dictionary<ushort, HarshTransfer> _published = [];
    private readonly int _seed;

    // Nothing but its own programs ends a connection.
    private readonly bool _isRoomy;
    private readonly bool _isLinkSteady;
    private ushort _nextPort = 30_000;

    public HarshScenario(int seed)
    {
        _seed = seed;
        _random = new Random(seed ^ 0x5eed);
        _isRoomy = _random.Next(3) == 0;
        Faults faults = ChooseFaults();
        StackSettings settings = VirtualNetwork.Settings6 with
        {
            Seed = new Seed128((ulong)seed, (ulong)seed * 77),
            MtuBytes = Choose(1500, 1500, 1280, 9000),
            Limits = _isRoomy ? new StackLimits() : ChooseLimits(),
        };
        _world = new SimulatedWorld(seed, faults, settings, Offloads.None)
        {
            RoutineTimers = 1,
        };
        _world.Guest.Address6 = VirtualNetwork.Guest6;
        _world.Guest.Announce();
        _world.Guest.Listen(PublishedPort, OnPublishedAccepted, ChooseOptions());
        _world.Flows.Add(_happenings);
        _isLinkSteady = _random.Next(2) == 0;
        ChooseHappenings(faults);
        int flows = _random.Next(2, 10);
        for (int i = 0; i < flows; i++)
        {
            AddFlow(_random.Next(12));
        }
    }

    public void Run()
    {
        _world.Run();
        bool isAnyNotFound = _published.Values.Any(transfer => transfer.WasNotFound);
        Assert.True(!isAnyNotFound || _world.Counters.Dropped(DropReason.NoNeighbor) > 0,
            "a guest is not found only where nobody has answered for it");
    }

    private T Choose<T>(params ReadOnlySpan<T> choices) => choices[_random.Next(choices.Length)];

    private Instant In(int milliseconds) =>
        _world.Clock.Now + Duration.FromMilliseconds(milliseconds);

    private StackLimits ChooseLimits() => new()
    {
        TcpFlows = Choose(1, 2, 4, 16), TcpHalfOpen = Choose(1, 2, 8),
        UdpFlows = Choose(1, 2, 8), UdpRemotesPerFlow = Choose(1, 2),
        UdpPublishedClients = Choose(1, 2), EchoFlows = Choose(1, 2),
        SwitchAddresses = Choose(1, 2, 8), Neighbors = Choose(4, 8),
        ReassemblyPackets = Choose(1, 2), ReassemblyBytes = Choose(64 << 10, 128 << 10),
        TcpReceiveBytes = Choose(32 << 10, 64 << 10, 1 << 20),
        TcpWindowBytes = Choose(16 << 10, 64 << 10, 1 << 20),
        IcmpErrorsPerSecond = Choose(1, 10, 1_000),
    };

    private Faults ChooseFaults() => new()
    {
        LostPerMille = Choose(0, 0, 5, 30, 100),
        DuplicatedPerMille = Choose(0, 0, 20, 100),
        ReorderedPerMille = Choose(0, 20, 200),
        CorruptedPerMille = Choose(0, 0, 0, 10),
        Delay = Duration.FromMicroseconds(Choose(20, 200, 5_000, 50_000)),
        QueueFrames = Choose(1_000, 100, 10, 2),
    };

    private GuestTcpOptions ChooseOptions() => new()
    {
        MaximumSegmentBytes = Choose(1220, 536, 88),
        WindowScale = Choose<byte?>(7, 2, null),
        Sack = Choose(true, true, false),
        Timestamps = Choose(true, false),
        ReceiveBufferBytes = Choose(64 << 10, 16 << 10, 3_000),
    };

    private SimServer ChooseServer() => new()
    {
        Delay = Duration.FromMilliseconds(Choose(0, 0, 5, 400, 6_000)),
        SendBufferBytes = Choose(64 << 10, 8 << 10, 1_000, 97),
        ReceiveBufferBytes = Choose(64 << 10, 8 << 10, 1_000, 97),
    };

    // A link that goes, stays away or comes back; one that is full for a while; descriptors that
    // are used up for a while.
    private void ChooseHappenings(Faults faults)
    {
        if (!_isLinkSteady)
        {
            int down = _random.Next(0, 5_000);
            _happenings.At(In(down), _world.Unplug);
            bool tells = Choose(true, true, false);
            for (int flaps = _random.Next(0, 4); flaps > 0; flaps--)
            {
                int up = down + _random.Next(1, 20_000);
                _happenings.At(In(up), () =>
                {
                    _world.PlugIn();
                    if (tells)
                    {
                        _world.Guest.Announce();
                    }
                });
                down = up + _random.Next(1, 5_000);
                if (flaps > 1)
                {
                    _happenings.At(In(down), _world.Unplug);
                }
            }
        }

        if (Choose(true, false, false))
        {
            int full = _random.Next(0, 2_000);
            _happenings.At(In(full), () => _world.SetFaults(
                faults with { LostPerMille = 1_000 }));
            _happenings.At(In(full + _random.Next(10, 3_000)), () => _world.SetFaults(faults));
        }

        if (!_isRoomy && Choose(true, false))
        {
            int used = _random.Next(0, 3_000);
            _happenings.At(In(used), () => _world.Host.SocketLimit = _random.Next(0, 4));
            _happenings.At(In(used + 4_000), () => _world.Host.SocketLimit = int.MaxValue);
        }
    }

    private HarshPlan ChoosePlan(ushort port)
    {
        int who = _random.Next(6);
        return new HarshPlan(
            ((ulong)_seed * 1_000) + port,
            Choose(0, 1, 700, 20_000, 60_000), Choose(0, 1, 700, 20_000, 60_000))
        {
            HostHangsUntil = Choose(true, false, false) ? In(_random.Next(100_000)) : default,
            GuestHangsUntil = Choose(true, false, false) ? In(_random.Next(100_000)) : default,
            HostResetsAt = who == 0 ? Choose(0, 1, 5_000) : -1,
            GuestResetsAt = who == 1 ? Choose(0, 1, 5_000) : -1,
            ReadBytes = Choose(64 << 10, 64 << 10, 999, 100),
            ClosesEarly = Choose(true, false),
            IsSafe = _isRoomy && _isLinkSteady,
        };
    }

    private void AddFlow(int kind)
    {
        bool isIPv4 = Choose(true, false);
        IpEndpoint server = new(isIPv4 ? VirtualNetwork.Far : Far6, _nextPort);
        ushort port = _nextPort++;
        switch (kind)
        {
            case 0:
                AddDatagrams(port, server);
                break;
            case 1:
                _world.Flows.Add(new PingExchange(
                    _world.Guest, port, Choose(VirtualNetwork.Far, VirtualNetwork.Gateway),
                    isReliable: false));
                break;
            case 2:
                AddFlood(port);
                break;
            case 3:
                AddRefusal(port, server);
                break;
            case 4 or 5 or 6:
                AddPublished(port, isIPv4);
                break;
            default:
                AddTransfer(port, server);
                break;
        }
    }

    private void AddTransfer(ushort port, IpEndpoint server)
    {
        SimServer served = _world.Host.Serve(server, ChooseServer());
        _happenings.At(In(_random.Next(3_000)), () =>
        {
            HarshTransfer transfer = new(
                _world.Guest.Connect(port, server, ChooseOptions()), null, ChoosePlan(port));
            served.Accepted = transfer.Accept;
            _world.Flows.Add(transfer);
        });
    }

    private void AddPublished(ushort port, bool isIPv4)
    {
        IpEndpoint client = new(
            isIPv4 ? IpAddress.Parse("203.0.113.9") : IpAddress.Parse("2001:db8::9"), port);
        IpEndpoint published = new(
            isIPv4 ? VirtualNetwork.Guest : VirtualNetwork.Guest6, PublishedPort);
        _happenings.At(In(_random.Next(3_000)), () =>
        {
            IHostStream stream = _world.Host.AcceptedStream(published, client, ChooseServer());
            HarshTransfer transfer = new(null, SimHost.ConnectionOf(stream), ChoosePlan(port));
            _published[port] = transfer;
            _world.Flows.Add(transfer);
            _world.Stack.Tcp.AcceptFromHost(stream, client, published, _world.Clock.Now);
        });
    }

    private void OnPublishedAccepted(GuestTcp connection)
    {
        if (_published.TryGetValue(connection.Remote.Port, out HarshTransfer? transfer))
        {
            transfer.Guest ??= connection;
        }
    }

    private void AddDatagrams(ushort port, IpEndpoint server)
    {
        _world.Host.ServeUdp(server);
        _world.Flows.Add(new DatagramExchange(
            _world.Guest, port, server, (ulong)_seed + port, isReliable: false));
    }

    private void AddRefusal(ushort port, IpEndpoint server)
    {
        _world.Host.Serve(server, new SimServer
        {
            Outcome = Choose(
                HostError.Refused, HostError.HostUnreachable, HostError.TimedOut,
                HostError.InProgress, HostError.NoResources),
            Delay = Duration.FromMilliseconds(Choose(0, 100)),
            FailsAtOnce = Choose(true, false, false),
        });
        _world.Guest.Connect(port, server);
    }

    // SYNs to black holes, first fragments, or datagrams of many ports, all at once.
    private void AddFlood(ushort port)
    {
        int kind = _random.Next(3);
        IpEndpoint hole = new(VirtualNetwork.Far, port);
        _world.Host.Serve(hole, new SimServer { Outcome = HostError.InProgress });
        _happenings.At(In(_random.Next(2_000)), () =>
        {
            for (int i = 0; i < 60; i++)
            {
                IpEndpoint source = new(VirtualNetwork.Guest, (ushort)(50_000 + i));
                Datagram datagram = new()
                {
                    Source = source, Destination = hole, Payload = new byte[1_000],
                };
                _world.SendRaw(kind switch
                {
                    0 => new Segment
                    {
                        Source = source, Destination = hole, Flags = TcpFlags.Syn,
                    }.ToFrame(),
                    1 => (datagram.ToPacket() with
                    {
                        Identification = (ushort)i, MoreFragments = true,
                    }).ToFrame(),
                    _ => datagram.ToFrame(),
                });
            }
        });
    }
}
