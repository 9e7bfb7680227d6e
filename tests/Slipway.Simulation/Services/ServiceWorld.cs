using Slipway.Engine;
using Slipway.Services;
using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Simulation;

/// <summary>
/// Several guests with faulty links, the whole stack, and the gateway's DHCP and DNS, on one fake
/// clock.
/// </summary>
internal sealed class ServiceWorld : IDisposable
{
    private static readonly Duration Longest = Duration.FromSeconds(7 * 24 * 3600);
    private const int MostTurnsAtOnce = 100_000;
    private const int RoutineTimers = 1; // router advertisements, while a guest is there

    private readonly Instant _end;

    public ServiceWorld(
        StackSettings settings, DhcpSettings dhcp, DnsSettings dns, IEnumerable<SimName> names)
    {
        Host = new SimHost(Clock);
        SimServices services = new(Host);
        Stack = new GuestStack(settings, Counters, Host, Host, services);
        Time = new SimulatedTime(Clock);
        Dhcp = new DhcpServer(dhcp, store: null, Time)
        {
            IsUsedByAnother = (address, mac) =>
                Stack.Neighbors.TryFind(address, out GuestRoute route) && route.Mac != mac,
        };
        Stack.Udp.AddService(
            DhcpMessage.ServerPort,
            new DhcpEndpoint(Dhcp, Stack.Udp, VirtualNetwork.Gateway, Time, search: null));
        Dns = new SimDns(dns, new SimResolver(Clock, names), Time, Dhcp) { Udp = Stack.Udp };
        Stack.Udp.AddService(SimDns.Port, Dns);
        foreach (IpAddress gateway in (IpAddress[])
            [VirtualNetwork.Gateway, VirtualNetwork.Gateway6])
        {
            services.Serve(new IpEndpoint(gateway, SimDns.Port)).Accepted =
                connection => Dns.Accept(connection, services.Link);
        }

        _end = Clock.Now + Longest;
    }

    public FakeClock Clock { get; } = new();

    public Counters Counters { get; } = new();

    public SimHost Host { get; }

    public GuestStack Stack { get; }

    public SimulatedTime Time { get; }

    public DhcpServer Dhcp { get; }

    public SimDns Dns { get; }

    public List<ServiceGuest> Guests { get; } = [];

    public List<SimulatedFlow> Flows { get; } = [];

    private Instant NextEvent
    {
        get
        {
            Instant next = Instant.Min(Host.NextEvent, Dns.NextEvent);
            bool isRoutine = Stack.Timers.Count == RoutineTimers
                && Stack.Tcp.Count + Stack.Udp.Count == 0 && Stack.ReassemblyCount == 0
                && !Stack.HasPendingWork;
            next = isRoutine ? next : Instant.Min(next, Stack.NextDeadline);
            next = Guests.Aggregate(next, (one, guest) => Instant.Min(one, guest.NextEvent));
            return Flows.Aggregate(next, (one, flow) => Instant.Min(one, flow.NextStep));
        }
    }

    public void Add(ServiceGuest guest)
    {
        guest.AddressChanged = () => MustHoldAlone(guest);
        Guests.Add(guest);
    }

    /// <summary>Runs until nothing is left to happen, then checks what must hold.</summary>
    public void Run()
    {
        // What happens last may be that the stack closes a connection, and that is noticed, too.
        do
        {
            Step();
            RunEvents();
            Step();
        }
        while (NextEvent != Instant.Never);
        Verify();
    }

    public void Dispose()
    {
        Dns.Dispose();
        Dhcp.Dispose();
    }

    public override string ToString() =>
        $"now {Clock.Now.Nanoseconds}, stack {Stack.NextDeadline.Nanoseconds} with "
        + $"{Stack.Timers.Count} timers, host {Host.NextEvent.Nanoseconds}, {Dns}; "
        + $"{string.Join("; ", Guests.Select(guest => guest.Dhcp))}; {string.Join("; ", Flows)}";

    private void RunEvents()
    {
        for (Instant next = NextEvent; next != Instant.Never; next = NextEvent)
        {
            if (Clock.Now >= _end)
            {
                Assert.Fail($"it does not end: {this}");
            }

            Clock.AdvanceTo(next);
            Step();
        }
    }

    private void Step()
    {
        int turns = 0;
        bool hasMore;
        do
        {
            if (turns++ == MostTurnsAtOnce)
            {
                Assert.Fail($"it spins: {this}");
            }

            Guests.ForEach(guest => guest.Step());
            for (int i = 0; i < Flows.Count; i++)
            {
                Flows[i].Step(Clock.Now); // which may begin another
            }

            Guests.ForEach(guest => guest.Flush());
            hasMore = Dns.Step();
            Host.Dispatch(Clock.Now);
            Stack.Advance(Clock.Now);
        }
        while (hasMore || Stack.HasPendingWork || Host.NextEvent <= Clock.Now);
    }

    private void MustHoldAlone(ServiceGuest guest)
    {
        if (guest.Dhcp.Held is IpAddress own)
        {
            ServiceGuest? other = Guests.Find(one => one != guest && one.Dhcp.Held == own
                && one.Dhcp.Expires > Clock.Now);
            Assert.True(other is null, $"two guests have {own}: {guest.Dhcp} and {other?.Dhcp}");
        }
    }

    private void Verify()
    {
        Assert.All(Guests, guest => Assert.True(guest.Dhcp.IsDone, guest.Dhcp.ToString()));
        Assert.All(Flows, flow => Assert.True(flow.IsDone, flow.ToString()));
        Assert.All(Flows, flow => flow.Verify());

        Assert.True(Dns.WorkCount == 0, $"the DNS server is still at work: {Dns}");
        Assert.All(Dns.Server.Bounds, bound => Assert.Equal(0, bound.Used));
        Assert.Equal(0, Time.Count);
        Assert.Equal(0, Stack.Tcp.Count);
        Assert.Equal(0, Stack.Udp.Count);
        Assert.Equal(0, Stack.ReassemblyCount);
        Assert.Equal(0, Stack.Tcp.Chunks.RentedBytes);
        Assert.Equal(0, Host.OpenSockets);
        Guests.ForEach(guest => guest.Unplug());
        for (int i = 0; i < 10 && Stack.NextDeadline != Instant.Never; i++)
        {
            Clock.AdvanceTo(Stack.NextDeadline); // what was due anyway, and nobody is there
            Stack.Advance(Clock.Now);
        }

        Assert.Equal(0, Stack.Timers.Count);
        Dispose();
        Assert.True(Dns.Resolver.IsDisposed);
    }
}
