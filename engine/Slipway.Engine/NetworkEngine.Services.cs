using Slipway.Services;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// Services at addresses and names, and intercepted traffic; at the start and while it runs.
/// </summary>
public sealed partial class NetworkEngine
{
    private readonly List<ServiceEntry> _services = [];

    // The same for other threads; replaced as a whole.
    private volatile ServiceEntry[] _servicesNow = [];

    // Addresses whose services have been removed while connections to them were open.
    private readonly HashSet<IpAddress> _keptAddresses = [];
    private readonly CancellationTokenSource _servicesStopping = new();
    private int _lastService;

    /// <summary>Adds a service, or intercepts traffic.</summary>
    /// <param name="json">
    /// One of the configuration's "services" or "intercept": {"name": "registry.internal", "port":
    /// 5000, "target": "unix:/run/registry.sock"}.
    /// </param>
    /// <exception cref="ConfigurationException">
    /// It is wrong, or its place or name is taken.
    /// </exception>
    /// <exception cref="InvalidOperationException">Called from within a turn.</exception>
    public ServiceEntry AddService(string json)
    {
        ServiceEntry? service = null;
        Invoke(_ => service = Add(ConfigurationReader.ParseService(
            json, new ServiceResolver(_configuration, Specifications()) { IsGuests = IsGuests })));
        return service!;
    }

    /// <summary>
    /// Takes a service away: new connections go their usual way, open ones go on. False when it has
    /// been removed before.
    /// </summary>
    /// <remarks>
    /// As long as connections are open an address of its own stays the engine's, which refuses new
    /// ones there; when they have ended, it is free with the next change of services.
    /// </remarks>
    /// <exception cref="InvalidOperationException">Called from within a turn.</exception>
    public bool RemoveService(int id)
    {
        bool isFound = false;
        Invoke(_ => isFound = Remove(id));
        return isFound;
    }

    /// <summary>Makes the services those that are wanted; those that stay are left alone.</summary>
    /// <exception cref="ConfigurationException">
    /// One cannot be had; all is as it was, but for their numbers.
    /// </exception>
    /// <exception cref="InvalidOperationException">Called from within a turn.</exception>
    public void SetServices(IReadOnlyList<ServiceSpecification> wanted)
    {
        ConfigurationException? refused = null;
        Invoke(_ =>
        {
            List<ServiceSpecification> before = Specifications();
            try
            {
                Become(wanted);
            }
            catch (ConfigurationException e)
            {
                refused = e;
                Become(before);
            }
        });
        if (refused is not null)
        {
            throw refused;
        }
    }

    /// <summary>The services that there are; from any thread.</summary>
    public IReadOnlyList<ServiceEntry> Services => _servicesNow;

    private List<ServiceSpecification> Specifications() =>
        _services.ConvertAll(service => service.Specification);

    private ServiceEntry Add(ServiceSpecification specification)
    {
        FreeAddresses();
        bool isNewAddress = specification.IsVirtual && !IsServed(specification.Address)
            && !_keptAddresses.Contains(specification.Address);
        if (isNewAddress && !Exclude(specification.Address))
        {
            throw new ConfigurationException(
                $"{specification.Key}.address", specification.Address.ToString(),
                "is leased to a guest; choose another, from the end of the subnet")
            {
                IsInUse = true,
            };
        }

        ServiceEntry service = new(++_lastService, specification, TargetOf(specification.Target));
        _services.Add(service);
        if (specification.Name is string name && FindNameFault(name) is string fault)
        {
            _services.Remove(service);
            if (isNewAddress)
            {
                Admit(specification.Address);
            }

            throw new ConfigurationException(
                $"{specification.Key}.name", name, fault)
            {
                IsInUse = true,
            };
        }

        if (specification.IsVirtual)
        {
            _keptAddresses.Remove(specification.Address);
        }

        TellTable();
        _log.Write(LogLevel.Information, $"service {specification}");
        return service;
    }

    private void Become(IReadOnlyList<ServiceSpecification> wanted)
    {
        List<ServiceSpecification> come = [.. wanted];
        List<ServiceEntry> go = [];
        foreach (ServiceEntry service in _services)
        {
            string text = service.Specification.ToString();
            int index = come.FindIndex(one => one.ToString() == text);
            if (index >= 0)
            {
                come.RemoveAt(index);
            }
            else
            {
                go.Add(service);
            }
        }

        go.ForEach(service => Remove(service.Id));
        come.ForEach(one => Add(one));
    }

    private bool Remove(int id)
    {
        int index = _services.FindIndex(service => service.Id == id);
        if (index < 0)
        {
            return false;
        }

        ServiceSpecification gone = _services[index].Specification;
        _services.RemoveAt(index);
        if (gone.Name is string name)
        {
            TellName(name);
        }

        if (gone.IsVirtual && !IsServed(gone.Address))
        {
            _keptAddresses.Add(gone.Address);
        }

        TellTable();
        FreeAddresses();
        return true;
    }

    /// <summary>Guests may have those addresses again to which nothing is open.</summary>
    private void FreeAddresses()
    {
        if (_keptAddresses.Count == 0)
        {
            return;
        }

        HashSet<IpAddress> free = [.. _keptAddresses];
        foreach (FlowEntry flow in ListFlows())
        {
            free.Remove(flow.Key.Remote.Address);
        }

        foreach (IpAddress address in free)
        {
            _keptAddresses.Remove(address);
            Admit(address);
        }

        TellTable();
    }

    private bool IsServed(IpAddress address) => _services.Exists(service =>
        service.Specification.IsVirtual && service.Specification.Address == address);

    private bool IsNameOfService(string name) => Array.Exists(
        _servicesNow, service => service.Specification.Name is string own
            && own.Equals(name.TrimEnd('.'), StringComparison.OrdinalIgnoreCase));

    private bool IsGuests(IpAddress address) =>
        _keeper.Stack.Neighbors.TryFind(address, out _);

    private bool Exclude(IpAddress address) =>
        (address.IsIPv4 ? _dhcp : (LeaseServer?)_dhcp6)?.Exclude(address) != false;

    private void Admit(IpAddress address) =>
        (address.IsIPv4 ? _dhcp : (LeaseServer?)_dhcp6)?.Admit(address);

    /// <summary>All workers find these services from their next packet on.</summary>
    private void TellTable()
    {
        List<ServiceRule> rules = [];
        foreach (ServiceEntry service in _services)
        {
            ServiceSpecification one = service.Specification;
            foreach (IpPrefix destination in one.Destinations)
            {
                rules.Add(new ServiceRule(
                    destination, one.Ports, one.Target.Protocol, service.Target, one.IsVirtual));
            }
        }

        _servicesNow = [.. _services];
        _keeper.Stack.Settings.Services.Current = new ServiceTable(rules, _keptAddresses);
    }

    /// <summary>Tells the name; why it cannot be told, and then it is not.</summary>
    private string? FindNameFault(string name)
    {
        if (!IsNameOfService(name) && _dns.Records.Any(record =>
            record.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
        {
            return "is a DNS record already; remove that first, or choose another";
        }

        try
        {
            return TellName(name) ? null : "is built in or configured already; choose another";
        }
        catch (InvalidOperationException full)
        {
            return $"finds no place: {full.Message}";
        }
    }

    /// <summary>The name has the addresses of all services that are called so.</summary>
    /// <returns>False when the name is somebody else's.</returns>
    private bool TellName(string name)
    {
        List<IpAddress> addresses = [];
        foreach (ServiceEntry service in _services)
        {
            if (service.Specification.Name == name)
            {
                foreach (IpPrefix destination in service.Specification.Destinations)
                {
                    bool isTold = !destination.Network.IsLinkLocal
                        && !addresses.Contains(destination.Network)
                        && (destination.Network.IsIPv4
                            || _keeper.Stack.Settings.Ipv6 is not null);
                    if (isTold)
                    {
                        addresses.Add(destination.Network);
                    }
                }
            }
        }

        if (addresses.Count > 0)
        {
            return _dns.SetRecord(name, addresses);
        }

        _dns.RemoveRecord(name);
        return true;
    }

    private ServiceTarget TargetOf(ServiceTargetSpecification target)
    {
        if (target.Path is string path)
        {
            return new UnixTarget(path, _log);
        }

        if (target.Host is not string name)
        {
            return new EndpointTarget(target.Endpoint);
        }

        NameTarget named = new(
            name, target.Endpoint.Port, _dns, _keeper.Stack.Settings, MailboxOf,
            _servicesStopping.Token);
        if (target.Protocol == IpProtocol.Udp)
        {
            named.Locate(0, out _); // looked up before the first datagram comes
        }

        return named;
    }

    // That of the worker whose sockets these are.
    private Mailbox MailboxOf(IHostNetwork network)
    {
        foreach (ShardWorker shard in _shards)
        {
            if (shard.Network == network)
            {
                return shard.Mailbox;
            }
        }

        return _keeper.Mailbox;
    }

    // Those addresses that DHCP never hands out.
    private static List<IpAddress> ReservedIn(EngineConfiguration configuration)
    {
        List<IpAddress> reserved = [];
        foreach (ServiceSpecification service in configuration.Services)
        {
            if (service.IsVirtual)
            {
                reserved.Add(service.Address);
            }
        }

        return reserved;
    }
}
