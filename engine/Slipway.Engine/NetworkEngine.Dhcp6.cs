using Slipway.Services;

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
            GatewayMac = configuration.GatewayMac,
            Domain = configuration.Dhcp.Domain,
            SearchDomains = configuration.Dhcp.Search,
            AssignsAddresses = dhcp.Addresses,
            First = dhcp.First,
            Last = dhcp.Last,
            StaticLeases = leases,
            LeaseTime = TimeSpan.FromSeconds(dhcp.LeaseSeconds),
        };
        settings = configuration.HostAlias is null
            ? settings with { HostAlias = null } : settings;
        return new Dhcp6Server(settings, OpenStore(dhcp.LeaseFile, log));
    }

    private static LeaseStore? OpenStore(string? path, IEngineLog log) => path is null ? null
        : new LeaseStore(path, message => log.Write(LogLevel.Warning, message));
}
