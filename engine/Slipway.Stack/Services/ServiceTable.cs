using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Which destinations of guests are services, the most specific rule first: the longest prefix
/// that has one for the port, and of its rules the one with the fewest ports, and of those the
/// first. Immutable; read by all workers without a lock.
/// </summary>
/// <remarks>
/// A look-up masks the address once for each length of prefix that occurs in its family, and
/// nothing is allocated.
/// </remarks>
public sealed class ServiceTable
{
    /// <summary>Rules that a table has at the most.</summary>
    public const int MostRules = 1_024;

    public static readonly ServiceTable Empty = new([]);

    // The longest prefixes first.
    private readonly Length[] _ipv4;
    private readonly Length[] _ipv6;
    private readonly HashSet<IpAddress> _virtual = [];

    // Where neighbor solicitations for the virtual addresses are sent to.
    private readonly HashSet<IpAddress> _groups = [];

    /// <param name="rules">In the order that decides between equals.</param>
    /// <param name="kept">
    /// Virtual addresses whose services have been removed: connections that are open go on there.
    /// </param>
    /// <exception cref="ArgumentException">
    /// There are too many rules, or a virtual one is for more than one address.
    /// </exception>
    public ServiceTable(
        IReadOnlyList<ServiceRule> rules, params IReadOnlyCollection<IpAddress> kept)
    {
        if (rules.Count > MostRules)
        {
            throw new ArgumentException($"a table has at most {MostRules} rules", nameof(rules));
        }

        foreach (ServiceRule rule in rules)
        {
            if (rule.IsVirtual && rule.Destination.Length < FullLength(rule.Destination.Network))
            {
                throw new ArgumentException(
                    $"{rule.Destination} is no single address", nameof(rules));
            }

            if (rule.IsVirtual)
            {
                _virtual.Add(rule.Destination.Network);
            }
        }

        _virtual.UnionWith(kept);
        foreach (IpAddress address in _virtual)
        {
            if (!address.IsIPv4)
            {
                _groups.Add(Ipv6Multicast.SolicitedNode(address));
            }
        }

        _ipv4 = ByLength(rules, isIPv4: true);
        _ipv6 = ByLength(rules, isIPv4: false);
    }

    /// <summary>True for an address that is a service's alone.</summary>
    public bool IsVirtual(IpAddress address) => _virtual.Count > 0 && _virtual.Contains(address);

    /// <summary>True for the solicited-node group of a virtual address.</summary>
    public bool HasGroup(IpAddress group) => _groups.Count > 0 && _groups.Contains(group);

    /// <summary>The target of what a guest sends; null where it goes its usual way.</summary>
    /// <param name="protocol">TCP or UDP.</param>
    /// <param name="destination">As the guest names it.</param>
    /// <param name="isOwn">
    /// The address is one of the engine's own, which only a rule for just that address is about.
    /// </param>
    public ServiceTarget? Find(IpProtocol protocol, in IpEndpoint destination, bool isOwn)
    {
        IpAddress address = destination.Address;
        foreach (Length length in address.IsIPv4 ? _ipv4 : _ipv6)
        {
            if (isOwn && length.Bits < FullLength(address))
            {
                return null;
            }

            if (length.Rules.TryGetValue(
                IpPrefix.Around(address, length.Bits).Network, out ServiceRule[]? rules))
            {
                foreach (ServiceRule rule in rules)
                {
                    if (rule.Protocol == protocol && rule.Ports.Contains(destination.Port))
                    {
                        return rule.Target;
                    }
                }
            }
        }

        return null;
    }

    private static int FullLength(IpAddress address) => address.IsIPv4 ? 32 : 128;

    private static Length[] ByLength(IReadOnlyList<ServiceRule> rules, bool isIPv4)
    {
        SortedDictionary<int, Dictionary<IpAddress, List<ServiceRule>>> sorted = [];
        foreach (ServiceRule rule in rules)
        {
            IpPrefix destination = rule.Destination;
            if (destination.Network.IsIPv4 != isIPv4)
            {
                continue;
            }

            // Descending, since the dictionary ascends.
            sorted.TryAdd(-destination.Length, []);
            Dictionary<IpAddress, List<ServiceRule>> prefixes = sorted[-destination.Length];
            prefixes.TryAdd(destination.Network, []);
            List<ServiceRule> list = prefixes[destination.Network];
            int place = list.Count;
            while (place > 0 && Width(list[place - 1]) > Width(rule))
            {
                place--;
            }

            list.Insert(place, rule);
        }

        List<Length> lengths = [];
        foreach ((int negative, Dictionary<IpAddress, List<ServiceRule>> prefixes) in sorted)
        {
            Dictionary<IpAddress, ServiceRule[]> frozen = [];
            foreach ((IpAddress network, List<ServiceRule> list) in prefixes)
            {
                frozen.Add(network, [.. list]);
            }

            lengths.Add(new Length(-negative, frozen));
        }

        return [.. lengths];
    }

    private static int Width(ServiceRule rule) => rule.Ports.Last - rule.Ports.First;

    // The rules of all prefixes of one length, by their networks.
    private sealed record Length(int Bits, Dictionary<IpAddress, ServiceRule[]> Rules);
}
