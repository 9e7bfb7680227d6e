using Slipway.Services;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>What there is in a running engine; all of it from any thread.</summary>
public sealed partial class NetworkEngine
{
    /// <summary>The flows of TCP and UDP.</summary>
    public IReadOnlyList<FlowEntry> ListFlows()
    {
        List<FlowEntry> list = [];
        _keeper.Stack.Tcp.ListTo(list);
        _keeper.Stack.Udp.ListTo(list);
        foreach (ShardWorker shard in _shards)
        {
            shard.ListTo(list);
        }

        return list;
    }

    /// <summary>
    /// What guests call an address of the outside, for display; null where it has no name.
    /// </summary>
    public string? FindName(IpAddress address) =>
        address == _configuration.HostAlias || address == _configuration.Ipv6.HostAlias
            ? "host.internal" : _dns.FindName(address);

    /// <summary>Whether a name is one that guests find the gateway by.</summary>
    public bool IsNameOfGateway(string name)
    {
        foreach (IpAddress address in _dns.FindOwn(name))
        {
            if (_keeper.Stack.Settings.IsGateway(address))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The leases of both families that have not ended.</summary>
    public IReadOnlyList<LeaseEntry> ListLeases()
    {
        DateTimeOffset now = SteadyTime.Shared.GetUtcNow();
        List<LeaseEntry> list = [];
        foreach (LeaseServer? server in (LeaseServer?[])[_dhcp, _dhcp6])
        {
            foreach (LeaseEntry lease in server?.Leases.Leases.Values ?? [])
            {
                if (lease.IsActive(now))
                {
                    list.Add(lease);
                }
            }
        }

        return list;
    }

    /// <summary>The guests' MAC addresses, and the ports that they are at.</summary>
    /// <exception cref="InvalidOperationException">Called from within a turn.</exception>
    public IReadOnlyList<StationEntry> ListStations()
    {
        List<StationEntry> list = [];
        Invoke(_ => _keeper.Stack.ListStationsTo(list));
        return list;
    }

    /// <summary>The zones that were configured and added; from any thread.</summary>
    public IReadOnlyList<DnsZone> ListDnsZones() => _dns.Zones;

    /// <summary>Puts other records in the place of the configured ones; from any thread.</summary>
    /// <exception cref="ConfigurationException">A name was added, or is a service's.</exception>
    public void ConfigureDnsRecords(IReadOnlyList<DnsNamedRecord> records)
    {
        if (_dns.Configure(records) is string taken)
        {
            throw new ConfigurationException(
                $"dns.records.{taken}", null,
                "was added while the engine runs, or is a service's; remove that, or take another "
                    + "name")
            {
                IsInUse = true,
            };
        }

        _configuration = _configuration with { DnsRecords = records };
    }

    /// <summary>Puts other zones in the place of the configured ones; from any thread.</summary>
    public void ConfigureDnsZones(IReadOnlyList<DnsZone> zones)
    {
        _dns.Configure(zones);
        _configuration = _configuration with { DnsZones = zones };
    }

    /// <summary>
    /// Adds a zone, or puts it in the place of the one with its name; from any thread.
    /// </summary>
    /// <exception cref="ArgumentException">A name or a pattern in it is none.</exception>
    /// <exception cref="InvalidOperationException">Too many were added.</exception>
    public void SetDnsZone(DnsZone zone) => _dns.SetZone(zone);

    /// <summary>
    /// Adds a name, or changes the addresses of one that was added; from any thread.
    /// </summary>
    /// <returns>
    /// False when the name is built in, configured or a service's, and stays as it is.
    /// </returns>
    /// <exception cref="ArgumentException">It is no domain name.</exception>
    public bool SetDnsRecord(string name, IReadOnlyList<IpAddress> addresses) =>
        !IsNameOfService(name) && _dns.SetRecord(name, addresses);

    /// <summary>The names that were configured and added, without zones; from any thread.</summary>
    public IReadOnlyList<DnsNamedRecord> ListDnsRecords() => _dns.Records;

    /// <summary>
    /// Adds a name with records of any type, or puts them in the place of those it was added with;
    /// from any thread.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="json">As in the configuration's "dns.records": "192.0.2.1", a list of
    /// addresses, or {"txt": ["..."]}.</param>
    /// <exception cref="ConfigurationException">
    /// It is wrong, or the name is built in, configured or a service's.
    /// </exception>
    public void SetDnsRecords(string name, string json)
    {
        (string domain, List<DnsRecordContent> data, uint? ttl) =
            ConfigurationReader.ParseRecord(name, json);
        bool isTaken = IsNameOfService(domain);
        try
        {
            isTaken = isTaken || !_dns.SetRecords(domain, data, ttl);
        }
        catch (InvalidOperationException full)
        {
            throw new ConfigurationException($"dns.records.{name}", null, full.Message, full);
        }

        if (isTaken)
        {
            throw new ConfigurationException(
                $"dns.records.{name}", null,
                "is built in, configured or a service's, and stays as it is; take another name")
            {
                IsInUse = true,
            };
        }
    }

    /// <summary>Forgets a name that was added; from any thread. False if there is none.</summary>
    /// <exception cref="ArgumentException">It is no domain name.</exception>
    public bool RemoveDnsRecord(string name) => !IsNameOfService(name) && _dns.RemoveRecord(name);
}
