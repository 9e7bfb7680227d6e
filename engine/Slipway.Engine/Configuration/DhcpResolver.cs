using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>Checks the configuration's "dhcp".</summary>
internal static class DhcpResolver
{
    public static DhcpConfiguration Resolve(
        DhcpDocument document, EngineConfiguration configuration)
    {
        DhcpConfiguration standard = new();
        List<string> search = [];
        foreach ((string key, string text) in
            ConfigurationResolver.Entries("dhcp.search", document.Search, "", []))
        {
            search.Add(SettingText.ParseDomain(key, text, text));
        }

        List<IpAddress> ntp = [];
        foreach ((string key, string text) in
            ConfigurationResolver.Entries("dhcp.ntp", document.Ntp, "", []))
        {
            ntp.Add(SettingText.ParseIPv4(key, text));
        }

        return new DhcpConfiguration
        {
            Enabled = document.Enabled ?? standard.Enabled,
            Domain = document.Domain is string domain
                ? SettingText.ParseDomain("dhcp.domain", domain, domain) : standard.Domain,
            Search = document.Search is null ? null : search,
            NtpServers = ntp,
            LeaseSeconds = document.LeaseSeconds is int seconds
                ? SettingText.CheckRange(
                    "dhcp.leaseSeconds", seconds, ConfigurationResolver.MinLeaseSeconds,
                    ConfigurationResolver.MaxLeaseSeconds, "seconds")
                : standard.LeaseSeconds,
            LeaseFile = SettingText.CheckFile("dhcp.leaseFile", document.LeaseFile),
            StaticLeases = ResolveStaticLeases(document, configuration),
        };
    }

    private static List<StaticLease> ResolveStaticLeases(
        DhcpDocument document, EngineConfiguration configuration)
    {
        List<StaticLease> leases = [];
        foreach (StaticLeaseDocument one in document.Leases ?? [])
        {
            string key = $"dhcp.leases[{leases.Count}]";
            IpAddress address = SettingText.ParseIPv4(key + ".address", one.Address);
            ConfigurationResolver.CheckGuest(key + ".address", one.Address, address, configuration);
            StaticLease lease = new(
                SettingText.ParseMac(key + ".mac", one.Mac), address,
                one.Name is null ? null
                    : SettingText.ParseDomain(key + ".name", one.Name, one.Name));
            foreach (StaticLease other in leases)
            {
                if (other.Address == lease.Address)
                {
                    throw new ConfigurationException(
                        key + ".address", one.Address,
                        $"belongs to {other.Mac} already; choose another");
                }

                if (other.Mac == lease.Mac)
                {
                    throw new ConfigurationException(
                        key + ".mac", one.Mac,
                        $"has the address {other.Address} already; keep one of both");
                }
            }

            leases.Add(lease);
        }

        return leases;
    }
}
