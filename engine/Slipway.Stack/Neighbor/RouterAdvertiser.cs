using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Router advertisements (RFC 4861 section 6.2): the prefix, the MTU, name servers, where IPv4
/// hosts are (RFC 8781), and the default route while the host has one.
/// </summary>
/// <remarks>
/// Sent to who asks, to all every so often, and three times within a few seconds when what they say
/// changes. Where the host has no route the router's lifetime is 0, so that guests lose no time in
/// trying; the prefix stays, by which the gateway and the host alias are reached.
/// </remarks>
public sealed class RouterAdvertiser : ITimerOwner
{
    private const ushort RouterLifetimeSeconds = 1800;
    private const uint ValidSeconds = 86_400;
    private const uint PreferredSeconds = 14_400;
    private const int MaximumLengthBytes = 1_024;
    private const int ChangeRepeats = 3;

    /// <summary>Between two unasked ones (RFC 4861 section 6.2.1: at most 1800 s).</summary>
    private static readonly Duration Interval = Duration.FromSeconds(450);

    private static readonly Duration RepeatInterval = Duration.FromSeconds(2);

    private readonly StackSettings _settings;
    private readonly PacketOutput _output;
    private readonly PortSet _ports;
    private readonly TimerWheel _timers;
    private readonly TimerEntry _timer;
    private readonly byte[] _message = new byte[MaximumLengthBytes];
    private int _repeats;
    private bool _hostHasRoute;
    private ReadOnlyMemory<byte> _searchList;

    public RouterAdvertiser(
        StackSettings settings, PacketOutput output, PortSet ports, TimerWheel timers)
    {
        _settings = settings;
        _output = output;
        _ports = ports;
        _timers = timers;
        _timer = new TimerEntry(this);
        _searchList = settings.Ipv6?.SearchList ?? default;
    }

    /// <summary>Whether guests are told of a default route.</summary>
    public bool IsRouter => _hostHasRoute || _settings.Ipv6 is { IsAlwaysRouter: true };

    /// <summary>The host has come to have a default route, or has it no more.</summary>
    public void SetHostRoute(bool hostHasRoute, Instant now)
    {
        bool before = IsRouter;
        _hostHasRoute = hostHasRoute;
        if (IsRouter != before)
        {
            _repeats = ChangeRepeats;
            AdvertiseToAll(now);
        }
    }

    /// <summary>Tells of other search domains from now on.</summary>
    /// <param name="names">In wire form, one behind the other.</param>
    public void SetSearchList(ReadOnlyMemory<byte> names, Instant now)
    {
        _searchList = names;
        if (_settings.Ipv6 is not null)
        {
            _repeats = ChangeRepeats;
            AdvertiseToAll(now);
        }
    }

    /// <summary>A guest has come.</summary>
    public void OnPortOpened(IGuestPort port, Instant now)
    {
        if (_settings.Ipv6 is null)
        {
            return;
        }

        Advertise(port);
        if (!_timer.IsScheduled)
        {
            _timers.Schedule(_timer, now + Interval);
        }
    }

    /// <summary>Tells all on a port.</summary>
    public void Advertise(IGuestPort port) =>
        Advertise(NeighborDiscovery.AllNodesOf(port), Ipv6Multicast.AllNodes);

    /// <summary>Tells one guest.</summary>
    public void Advertise(in GuestRoute route, IpAddress destination)
    {
        if (_settings.Ipv6 is Ipv6Settings ipv6)
        {
            int length = Write(ipv6);
            NeighborDiscovery.Send(
                _output, route, _settings.GatewayLinkLocal, destination,
                _message.AsSpan(0, length));
        }
    }

    void ITimerOwner.OnTimer(TimerEntry entry, Instant now)
    {
        if (_ports.Count > 0)
        {
            AdvertiseToAll(now);
        }
    }

    private void AdvertiseToAll(Instant now)
    {
        for (int i = 0; i < _ports.Count; i++)
        {
            Advertise(_ports[i]);
        }

        _repeats = Math.Max(_repeats - 1, 0);
        _timers.Schedule(_timer, now + (_repeats > 0 ? RepeatInterval : Interval));
    }

    private int Write(Ipv6Settings ipv6)
    {
        RouterFlags flags = (ipv6.IsManaged ? RouterFlags.ManagedAddresses : 0)
            | (ipv6.HasOtherConfiguration ? RouterFlags.OtherConfiguration : 0);
        NdpOptionWriter options = RouterAdvertisement.Write(
            _message, PacketOutput.DefaultTtl, flags,
            IsRouter ? RouterLifetimeSeconds : (ushort)0, reachableTimeMs: 0,
            retransmitTimerMs: 0);
        options.AddLinkLayer(NdpOption.SourceLinkLayerAddress, _settings.GatewayMac);
        options.AddMtu((uint)_settings.MtuBytes);
        options.AddPrefix(new PrefixInformation(
            ipv6.Prefix, IsOnLink: true, IsAutonomous: true, ValidSeconds, PreferredSeconds));
        options.AddDnsServers(RouterLifetimeSeconds, [ipv6.Gateway]);
        if (ipv6.Nat64Prefix is IpPrefix nat64)
        {
            options.AddNat64Prefix(new Nat64Prefix(nat64, RouterLifetimeSeconds));
        }

        if (!_searchList.IsEmpty)
        {
            options.AddSearchList(RouterLifetimeSeconds, _searchList.Span);
        }

        return options.LengthBytes;
    }
}
