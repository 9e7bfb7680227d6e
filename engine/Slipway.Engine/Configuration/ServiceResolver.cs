using System.Globalization;
using Slipway.Services;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// Checks "services" and "intercept" one by one, against the network and those that are there
/// already; at the start, and while the engine runs.
/// </summary>
/// <param name="configuration">The network, with its static leases.</param>
/// <param name="others">Those that are there already.</param>
internal sealed class ServiceResolver(
    EngineConfiguration configuration, IReadOnlyList<ServiceSpecification> others)
{
    private const string GatewayWord = "gateway";

    // Explicit addresses of items further down, which are not to be given to a name before.
    private readonly HashSet<IpAddress> _named = [];

    /// <summary>Whether a guest has an address; while the engine runs.</summary>
    public Func<IpAddress, bool> IsGuests { get; init; } = _ => false;

    /// <summary>All of a configuration's, in the order of the file.</summary>
    public static List<ServiceSpecification> ResolveAll(
        List<ServiceDocument>? services, List<InterceptDocument>? intercepts,
        EngineConfiguration configuration)
    {
        List<ServiceSpecification> all = [];
        ServiceResolver resolver = new(configuration, all);
        foreach (ServiceDocument document in services ?? [])
        {
            if (IpAddress.TryParse(document.Address, out IpAddress address))
            {
                resolver._named.Add(address);
            }
        }

        for (int i = 0; i < services?.Count; i++)
        {
            string key = $"services[{i}]";
            all.Add(resolver.Resolve(key, services[i]));
        }

        for (int i = 0; i < intercepts?.Count; i++)
        {
            string key = $"intercept[{i}]";
            all.Add(resolver.Resolve(key, intercepts[i]));
        }

        return all;
    }

    /// <exception cref="ConfigurationException">Names the key, the value and the
    /// remedy.</exception>
    public ServiceSpecification Resolve(string key, ServiceDocument document)
    {
        int port = SettingText.CheckRange(key + ".port", document.Port, 1, ushort.MaxValue, "");
        ServiceTargetSpecification target = ResolveTarget(key + ".target", document.Target);
        string? name = document.Name is null ? null
            : SettingText.ParseDomain(key + ".name", document.Name, document.Name);
        if (name is not null && name == target.Host)
        {
            throw new ConfigurationException(
                key + ".target", target.Text,
                "is the service itself; name what of the host answers for it");
        }

        CheckName(key + ".name", name);
        IReadOnlyList<IpPrefix> destinations =
            ResolveDestinations(key, document, name, (ushort)port, out bool isVirtual);
        return Checked(key + ".port", $"{port}", new ServiceSpecification
        {
            Name = name,
            Destinations = destinations,
            Ports = new PortRange((ushort)port, (ushort)port),
            Target = target,
            IsVirtual = isVirtual,
            Key = key,
        });
    }

    /// <inheritdoc cref="Resolve(string, ServiceDocument)"/>
    public ServiceSpecification Resolve(string key, InterceptDocument document)
    {
        ServiceTargetSpecification target = ResolveTarget(key + ".target", document.Target);
        IpPrefix destination = ResolveDestination(key + ".destination", document.Destination);
        return Checked(key + ".destination", document.Destination, new ServiceSpecification
        {
            Destinations = [destination],
            Ports = document.Ports is string ports ? ParsePorts(key + ".ports", ports)
                : PortRange.All,
            Target = target,
            Key = key,
        });
    }

    private ServiceTargetSpecification ResolveTarget(string key, string text)
    {
        ServiceTargetSpecification target = ServiceTargetSpecification.Parse(key, text);
        IpAddress address = target.Endpoint.Address;
        if (target.Path is not null || target.Host is not null
            || !(configuration.Subnet.Contains(address)
                || configuration.Ipv6.Prefix.Contains(address)))
        {
            return target;
        }

        throw new ConfigurationException(
            key, text,
            $"{address} is an address of the guests' network, which the host does not reach; name "
                + "one of the host such as 127.0.0.1");
    }

    private void CheckName(string key, string? name)
    {
        foreach (DnsNamedRecord record in configuration.DnsRecords)
        {
            if (string.Equals(record.Name.TrimEnd('.'), name, StringComparison.OrdinalIgnoreCase))
            {
                throw new ConfigurationException(
                    key, name, $"is a DNS record with {record.Data} already; keep one of both");
            }
        }
    }

    private IReadOnlyList<IpPrefix> ResolveDestinations(
        string key, ServiceDocument document, string? name, ushort port, out bool isVirtual)
    {
        isVirtual = true;
        if (document.Address is not string text)
        {
            return [Single(Allocate(
                key,
                name ?? throw new ConfigurationException(
                    key, null, "has neither name nor address; give it one of them")))];
        }

        IpAddress gateway = configuration.Gateway;
        IpAddress gateway6 = configuration.Ipv6.Gateway;
        IpAddress? given = text == GatewayWord ? null
            : SettingText.ParseAddress(key + ".address", text, text);
        if (given is IpAddress address && address != gateway && address != gateway6)
        {
            ServiceAddressCheck.Check(key + ".address", text, address, configuration, IsGuests);
            return [Single(address)];
        }

        isVirtual = false;
        if (GatewayPorts.OwnerOf(port, configuration.Proxy) is string owner)
        {
            throw new ConfigurationException(
                key + ".port", port.ToString(CultureInfo.InvariantCulture),
                $"of the gateway is the engine's own ({owner}); choose another port, or another "
                    + "address");
        }

        return given is IpAddress one ? [Single(one)] :
        [
            Single(gateway), Single(gateway6),
            Single(IpAddress.LinkLocal(configuration.GatewayMac)),
        ];
    }

    /// <summary>That of a service with the same name, or the highest that is nobody's.</summary>
    private IpAddress Allocate(string key, string name)
    {
        foreach (ServiceSpecification other in others)
        {
            if (other.Name == name && other.IsVirtual && other.Address.IsIPv4)
            {
                return other.Address;
            }
        }

        IpPrefix subnet = configuration.Subnet;
        for (uint at = subnet.Last.IPv4 - 1; at > configuration.FirstGuest.IPv4; at--)
        {
            IpAddress address = IpAddress.FromIPv4(at);
            if (!_named.Contains(address) && FindVirtual(address) is null
                && ServiceAddressCheck.IsFree(address, configuration) && !IsGuests(address))
            {
                return address;
            }
        }

        throw new ConfigurationException(
            key + ".name", name, $"there is no free address for it in the subnet {subnet}; give it "
                + "one elsewhere by the key address");
    }

    private IpPrefix ResolveDestination(string key, string text)
    {
        if (!IpPrefix.TryParse(text, out IpPrefix prefix))
        {
            prefix = IpAddress.TryParse(text, out IpAddress address) ? Single(address)
                : throw new ConfigurationException(
                    key, text,
                    "is neither a network whose host bits are zero nor an address; write for "
                        + "example 10.1.0.0/16");
        }

        IpAddress network = prefix.Network;
        if (prefix == Single(network) && (network == configuration.Gateway
            || network == configuration.Ipv6.Gateway || FindVirtual(network) is not null))
        {
            throw new ConfigurationException(
                key, text, "is an address of the engine's own; add one of \"services\" there");
        }

        bool isAlias = network == configuration.HostAlias
            || network == configuration.Ipv6.HostAlias;
        if ((Covers(configuration.Subnet, prefix) || Covers(configuration.Ipv6.Prefix, prefix))
            && !isAlias)
        {
            throw new ConfigurationException(
                key, text,
                "lies in the guests' own network, where they talk to one another directly; name "
                    + "one outside, or add one of \"services\"");
        }

        ServiceAddressCheck.CheckRouted(key, text, prefix, configuration);
        return prefix;
    }

    private ServiceSpecification Checked(string key, string text, ServiceSpecification one)
    {
        int rules = one.Destinations.Count;
        foreach (ServiceSpecification other in others)
        {
            rules += other.Destinations.Count;
            if (other.Target.Protocol == one.Target.Protocol && other.Ports == one.Ports)
            {
                foreach (IpPrefix destination in one.Destinations)
                {
                    if (other.Destinations.Contains(destination))
                    {
                        throw new ConfigurationException(
                            key, text, $"is taken by {other.Key} ({other}); keep one of both")
                        {
                            IsInUse = true,
                        };
                    }
                }
            }
        }

        return rules <= ServiceTable.MostRules ? one : throw new ConfigurationException(
            one.Key, null,
            $"is one too many: there are at most {ServiceTable.MostRules} of \"services\" and "
                + "\"intercept\" together, and a port of the gateway counts three times");
    }

    private ServiceSpecification? FindVirtual(IpAddress address)
    {
        foreach (ServiceSpecification other in others)
        {
            if (other.IsVirtual && other.Address == address)
            {
                return other;
            }
        }

        return null;
    }

    private static PortRange ParsePorts(string key, string text)
    {
        int dash = text.IndexOf('-', StringComparison.Ordinal);
        string first = dash < 0 ? text : text[..dash];
        string last = dash < 0 ? text : text[(dash + 1)..];
        return TryParsePort(first, out ushort low) && TryParsePort(last, out ushort high)
            && low <= high
            ? new PortRange(low, high)
            : throw new ConfigurationException(
                key, text, "is neither a port from 1 to 65535 nor a range of them; write for "
                    + "example 80 or 80-90");
    }

    private static bool TryParsePort(string text, out ushort port) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port)
        && port > 0;

    private static bool Covers(IpPrefix outer, IpPrefix inner) =>
        outer.Network.IsIPv4 == inner.Network.IsIPv4 && outer.Length <= inner.Length
        && outer.Contains(inner.Network);

    private static IpPrefix Single(IpAddress address) => new(address, address.IsIPv4 ? 32 : 128);
}
