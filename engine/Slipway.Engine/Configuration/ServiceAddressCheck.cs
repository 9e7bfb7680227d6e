using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>Which addresses a service may have, and which destinations guests send to.</summary>
internal static class ServiceAddressCheck
{
    /// <summary>Refuses an address that is somebody's, or that nobody can send to.</summary>
    public static void Check(
        string key, string text, IpAddress address, EngineConfiguration configuration,
        Func<IpAddress, bool> isGuests)
    {
        CheckRouted(key, text, new IpPrefix(address, address.IsIPv4 ? 32 : 128), configuration);
        if (address == configuration.HostAlias || address == configuration.Ipv6.HostAlias)
        {
            throw new ConfigurationException(
                key, text,
                "is the host alias, whose ports are the host's own; choose another address, or "
                    + "add one of \"intercept\"");
        }

        IpPrefix subnet = configuration.Subnet;
        if (address == subnet.Network || address == subnet.Last
            || address == configuration.Ipv6.Prefix.Network)
        {
            throw new ConfigurationException(
                key, text, "is the network's own or its broadcast address; choose another");
        }

        if (!IsFree(address, configuration) || isGuests(address))
        {
            throw new ConfigurationException(
                key, text, "is a guest's (a lease, a TAP or the first one to be leased); choose "
                    + "another, from the end of the subnet")
            {
                IsInUse = true,
            };
        }
    }

    /// <summary>
    /// True for one that is neither the engine's nor a guest's by what is configured.
    /// </summary>
    public static bool IsFree(IpAddress address, EngineConfiguration configuration)
    {
        if (address == configuration.Gateway || address == configuration.HostAlias)
        {
            return false;
        }

        // TAPs that are configured here have the first addresses.
        ulong taps = 1;
        foreach (LinkSpecification link in configuration.Links)
        {
            taps += link is TapLinkSpecification ? 1UL : 0;
        }

        IpAddress first = configuration.FirstGuest;
        if (address.IsIPv4 && address.Low >= first.Low && address.Low - first.Low < taps)
        {
            return false;
        }

        foreach (StaticLease lease in configuration.Dhcp.StaticLeases)
        {
            if (lease.Address == address)
            {
                return false;
            }
        }

        foreach (Ipv6StaticLease lease in configuration.Ipv6Dhcp.StaticLeases)
        {
            if (lease.Address == address)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Refuses what no guest's packet is sent to, or what never leaves its link.</summary>
    public static void CheckRouted(
        string key, string text, IpPrefix prefix, EngineConfiguration configuration)
    {
        IpAddress network = prefix.Network;
        if (!network.IsIPv4 && configuration.Ipv6.Mode == Ipv6Mode.Off)
        {
            throw new ConfigurationException(
                key, text, "cannot be reached while IPv6 is off; take --ipv6 auto");
        }

        bool isRouted = prefix.Length == 0 || (network.IsIPv4
            ? network.IPv4 >> 24 is not (0 or 127) && network.IPv4 >> 28 < 0xe
            : !DestinationMap.HoldsIPv4(network) && !network.IsMulticast && !network.IsLinkLocal);
        if (!isRouted)
        {
            throw new ConfigurationException(
                key, text,
                "is not where guests' packets go (loopback, multicast, link-local or reserved); "
                    + "name a unicast one");
        }
    }
}
