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
internal sealed class ServiceWorld : SteppedWorld, IDisposable
{
    private static readonly Duration Longest = Duration.FromSeconds(7 * 24 * 3600);
    private const int RoutineTimers = 1; // router advertisements, while a guest is there

    public ServiceWorld(
        StackSettings settings, DhcpSettings dhcp, DnsSettings dns, IEnumerable<SimName> names)
        : base(Longest)
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
    }

    public Counters Counters { get; } = new();

    public SimHost Host { get; }

    public GuestStack Stack { get; }

    public SimulatedTime Time { get; }

    public DhcpServer Dhcp { get; }

    public SimDns Dns { get; }

    public List<ServiceGuest> Guests { get; } = [];

    protected override Instant NextEvent
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

    public void Dispose()
    {
        Dns.Dispose();
        Dhcp.Dispose();
    }

    public override string ToString() =>
        $"now {Clock.Now.Nanoseconds}, stack {Stack.NextDeadline.Nanoseconds} with "
        + $"{Stack.Timers.Count} timers, host {Host.NextEvent.Nanoseconds}, {Dns}; "
        + $"{string.Join("; ", Guests.Select(guest => guest.Dhcp))}; {string.Join("; ", Flows)}";

    protected override bool TakeTurn()
    {
        Guests.ForEach(guest => guest.Step());
        StepFlows();
        Guests.ForEach(guest => guest.Flush());
        bool hasMore = Dns.Step();
        Host.Dispatch(Clock.Now);
        Stack.Advance(Clock.Now);
        return hasMore || Stack.HasPendingWork || Host.NextEvent <= Clock.Now;
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

    protected override void Verify()
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
