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

    /// <summary>The leases of both families that have not ended.</summary>
    public IReadOnlyList<LeaseEntry> ListLeases()
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
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

    /// <inheritdoc cref="DnsServer.SetRecord"/>
    public bool SetDnsRecord(string name, IReadOnlyList<IpAddress> addresses) =>
        _dns.SetRecord(name, addresses);

    /// <inheritdoc cref="DnsServer.RemoveRecord"/>
    public bool RemoveDnsRecord(string name) => _dns.RemoveRecord(name);
}
