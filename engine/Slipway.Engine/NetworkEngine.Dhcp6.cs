using Slipway.Services;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>The DHCPv6 server of an engine.</summary>
public sealed partial class NetworkEngine
{
    internal static Dhcp6Server MakeDhcp6Server(
        EngineConfiguration configuration, IEngineLog log)
    {
        Ipv6DhcpConfiguration dhcp = configuration.Ipv6Dhcp;
        List<Dhcp6StaticLease> leases = [];
        foreach (Ipv6StaticLease lease in dhcp.StaticLeases)
        {
            leases.Add(
                new Dhcp6StaticLease(lease.Address, lease.Mac, lease.Duid?.ToArray(), lease.Name));
        }

        Dhcp6Settings settings = new()
        {
            Prefix = configuration.Ipv6.Prefix,
            Gateway = configuration.Ipv6.Gateway,
            HostAlias = configuration.Ipv6.HostAlias,
            GatewayMac = configuration.GatewayMac,
            Domain = configuration.Dhcp.Domain,
            SearchDomains = configuration.Dhcp.FindSearchList(),
            AssignsAddresses = dhcp.Addresses,
            First = dhcp.First,
            Last = dhcp.Last,
            StaticLeases = leases,
            Reserved = ReservedIn(configuration),
            LeaseTime = TimeSpan.FromSeconds(dhcp.LeaseSeconds),
        };
        return new Dhcp6Server(settings, OpenStore(dhcp.LeaseFile, log));
    }

    private void Serve(Dhcp6Server server, GuestStack stack)
    {
        UdpLayer udp = stack.Udp;
        StackSettings settings = stack.Settings;
        bool Send(
            in GuestRoute route, ushort sourcePort, in IpEndpoint destination,
            ReadOnlySpan<byte> payload) => udp.SendFromGateway(
                route, new IpEndpoint(settings.GatewayFor(destination.Address), sourcePort),
                destination, payload);
        server.IsUsedByAnother = IsUsedByAnother;
        if (_dhcp is not null)
        {
            // A name is one guest's, whichever server it has asked.
            server.IsNamedElsewhere = _dhcp.HasNameOfAnother;
            _dhcp.IsNamedElsewhere = server.HasNameOfAnother;
        }

        udp.AddService(
            Dhcp6Endpoint.ServerPort,
            new Dhcp6Endpoint(server, Send, SteadyTime.Shared, _search));
    }

    private long _deniedNameMs = -1_000_000;

    private bool IsUsedByAnother(IpAddress address, MacAddress mac) =>
        _keeper.Stack.Neighbors.TryFind(address, out GuestRoute route) && route.Mac != mac;

    // A guest that asks for another name every time is not to fill the log.
    private void ReportDeniedName(LeaseEntry lease)
    {
        const long quietMs = 1_000;
        long now = Environment.TickCount64;
        if (now - _deniedNameMs < quietMs)
        {
            return;
        }

        _deniedNameMs = now;
        string has = lease.HostName is null ? "has no name" : $"is named {lease.HostName}";
        _log.Write(LogLevel.Warning,
            $"another guest has the name {lease.DeniedName}: {lease.Address} ({lease.Mac}) {has}; "
            + "give it a name of its own by dhcp.leases");
    }

    private static LeaseStore? OpenStore(string? path, IEngineLog log) => path is null ? null
        : new LeaseStore(path, message => log.Write(LogLevel.Warning, message));
}
