using Slipway.Services;
using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Simulation;

/// <summary>
/// What a seed makes of guests that want addresses and names: short leases, a pool that is too
/// small, clients that vanish, a flood of those that nobody is, a resolver that hangs.
/// </summary>
internal sealed class ServiceScenario : IDisposable
{
    // Names by getaddrinfo, which the simulated resolver stands in for; no other file.
    private static readonly string s_switchPath = MakeSwitchFile();

    private readonly Random _random;
    private readonly ServiceWorld _world;
    private readonly Happenings _happenings = new();
    private readonly SimName[] _names;
    private readonly int _guests;
    private readonly int _leaseSeconds;
    private readonly int _poolSize;

    // Nothing is lost and there is room for everybody: all must succeed.
    private readonly bool _isCalm;
    private ushort _nextPort = 20_000;

    public ServiceScenario(int seed)
    {
        _random = new Random(seed ^ 0x1ea5e);
        _isCalm = _random.Next(4) == 0;
        _guests = _random.Next(2, 6);
        _leaseSeconds = Choose(60, 120, 600, 3_600);
        _poolSize = _isCalm ? 100 : Choose(100, _guests, _guests - 1, 1);
        _names = [.. Enumerable.Range(1, _random.Next(2, 7)).Select(ChooseName)];
        _world = new ServiceWorld(
            VirtualNetwork.Settings6 with { Seed = new Seed128((ulong)seed, (ulong)seed * 99) },
            ChooseDhcp(), ChooseDns(), _names);
        Faults faults = _isCalm ? new Faults() : ChooseFaults();
        for (int number = 1; number <= _guests; number++)
        {
            AddGuest(number, faults);
        }

        _world.Flows.Add(_happenings);
        ChooseHappenings();
        for (int asks = _random.Next(2, 25); asks > 0; asks--)
        {
            AddAsk();
        }
    }

    public void Run()
    {
        _world.Run();
        Assert.All(_world.Guests, guest => Assert.True(
            !_isCalm || guest.Dhcp.GrantCount > 0, $"{guest.Dhcp} has had no address"));
    }

    public void Dispose() => _world.Dispose();

    private T Choose<T>(params ReadOnlySpan<T> choices) => choices[_random.Next(choices.Length)];

    private Instant In(long milliseconds) =>
        _world.Clock.Now + Duration.FromMilliseconds(milliseconds);

    private SimName ChooseName(int number) => new(
        $"name{number}.example", Choose(0, 1, 3, 40),
        Choose(
            Duration.Zero, Duration.FromMilliseconds(20), Duration.FromMilliseconds(900),
            Duration.FromSeconds(8), Duration.FromSeconds(15), SimName.Never))
    {
        Code = Choose(
            DnsResponseCode.NoError, DnsResponseCode.NoError, DnsResponseCode.NoError,
            DnsResponseCode.NameError, DnsResponseCode.ServerFailure),
    };

    private DhcpSettings ChooseDhcp() => new()
    {
        First = IpAddress.FromIPv4(VirtualNetwork.HostAlias.IPv4 - (uint)_poolSize),
        LeaseTime = TimeSpan.FromSeconds(_leaseSeconds),
        OfferTime = TimeSpan.FromSeconds(Choose(20, 5)),
        MaxLeases = _isCalm ? 4_096 : Choose(4_096, _poolSize, _poolSize + 1),
        MaxOffers = _isCalm ? 64 : Choose(64, 4, 1),
    };

    // What has run out is not kept: the wait for others would be one more that the world has to
    // follow.
    private DnsSettings ChooseDns() => new()
    {
        NameServiceSwitchPath = s_switchPath,
        HostsPath = s_switchPath + "/none",
        ResolverConfigurationPath = s_switchPath + "/none",
        FileCheckInterval = TimeSpan.FromDays(10),
        MaxCachedResponses = Choose(4_096, 2, 0),
        StaleTime = TimeSpan.Zero,
        MaxOutstandingPerGuest = _isCalm ? 256 : Choose(256, 2, 1),
        MaxStreamsPerGuest = _isCalm ? 32 : Choose(32, 1),
    };

    private Faults ChooseFaults() => new()
    {
        LostPerMille = Choose(0, 0, 20, 200),
        DuplicatedPerMille = Choose(0, 0, 50, 300),
        ReorderedPerMille = Choose(0, 50, 300),
        Delay = Duration.FromMicroseconds(Choose(20, 1_000, 50_000, 300_000)),
        QueueFrames = Choose(1_000, 20),
    };

    private void AddGuest(int number, Faults faults)
    {
        List<DhcpPlan> plans = [];
        long at = _random.Next(30_000);
        for (int i = Choose(1, 1, 2, 4); i > 0; i--)
        {
            long until = at + 60_000 + _random.NextInt64(_leaseSeconds * 3_000L);
            plans.Add(new DhcpPlan(
                In(at), In(until), Choose(true, false), Choose(true, true, false)));

            // Longer than a packet is under way: a RELEASE that comes late ends what came after.
            at = until + 10_000 + _random.NextInt64(_leaseSeconds * 1_500L);
        }

        ServiceGuest guest = new(
            number, _world.Clock, _world.Stack, faults, new Random(_random.Next()), plans);
        if (Choose(true, false))
        {
            guest.Card.Address6 = IpAddress.Parse($"fd5a:94ef:e40c::{number + 1:x}");
            guest.Card.Announce();
        }

        _world.Add(guest);
    }

    private void ChooseHappenings()
    {
        if (_isCalm)
        {
            return;
        }

        for (int i = _random.Next(3); i > 0; i--)
        {
            ServiceGuest guest = _world.Guests[_random.Next(_guests)];
            long at = _random.NextInt64(_leaseSeconds * 3_000L);
            switch (_random.Next(2))
            {
                case 0:
                    int number = 100 + i;
                    _happenings.At(In(at), guest.Unplug);
                    _happenings.At(
                        In(at + _random.NextInt64(_leaseSeconds * 1_200L)),
                        () => Replug(guest, number));
                    break;
                default:
                    AddFlood(guest, at);
                    break;
            }
        }
    }

    private static void Replug(ServiceGuest guest, int number)
    {
        if (guest.Port.IsClosed)
        {
            guest.PlugIn(number);
        }
    }

    private void AddFlood(ServiceGuest guest, long at)
    {
        int rounds = _random.Next(1, 20);
        for (int round = 0; round < rounds; round++)
        {
            int from = round * 20;
            _happenings.At(In(at + (round * 500)), () =>
            {
                for (int i = from; i < from + 20; i++)
                {
                    guest.DiscoverAs(
                        MacAddress.Read([2, 1, 0, 0, (byte)(i >> 8), (byte)i]), (uint)i);
                }
            });
        }
    }

    private void AddAsk()
    {
        ServiceGuest guest = _world.Guests[_random.Next(_guests)];
        Instant at = In(_random.NextInt64(Choose(60_000, 60_000, _leaseSeconds * 3_000L)));
        bool isIpv6 = guest.Card.Address6 is not null && Choose(true, false);
        IpEndpoint server = new(
            isIpv6 ? VirtualNetwork.Gateway6 : VirtualNetwork.Gateway, SimDns.Port);
        ushort port = _nextPort++;
        ushort edns = Choose<ushort>(0, 1_232);
        if (Choose(true, true, false))
        {
            // Several at once, so that some are the same.
            SimName name = _names[_random.Next(_names.Length)];
            for (int i = Choose(1, 1, 2, 5); i > 0; i--)
            {
                _world.Flows.Add(new DnsDatagramAsk(
                    guest, _nextPort++, ChooseQuery(name, edns), server, at, _isCalm,
                    _world.Flows));
            }
        }
        else
        {
            DnsQueryMessage[] queries = [.. Enumerable.Range(0, _random.Next(1, 8)).Select(_ =>
                ChooseQuery(_names[_random.Next(_names.Length)], edns))];
            _world.Flows.Add(new DnsStreamAsk(
                guest, port, queries, server, Choose(Enum.GetValues<DnsStreamManner>()), at,
                _isCalm));
        }
    }

    private DnsQueryMessage ChooseQuery(SimName name, ushort edns) =>
        new(_nextPort++, name, Choose(DnsType.A, DnsType.Aaaa), edns);

    private static string MakeSwitchFile()
    {
        string path = Path.Combine(
            Directory.CreateTempSubdirectory("slipway-simulation").FullName, "nsswitch.conf");
        File.WriteAllText(path, "hosts: files resolve dns\n");
        return path;
    }
}
