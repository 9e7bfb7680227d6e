using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Slipway.Host;
using Slipway.Links;
using Slipway.Linux;
using Slipway.Services;
using Slipway.Stack;
using Slipway.Wire;
using ServiceLease = Slipway.Services.StaticLease;

namespace Slipway.Engine;

/// <summary>
/// Puts the engine together. What cannot be had fails here, before anything runs.
/// </summary>
public sealed partial class NetworkEngine
{
    /// <summary>The well-known prefix (RFC 6052 section 2.1).</summary>
    private static readonly IpPrefix s_nat64 = IpPrefix.Parse("64:ff9b::/96");

    private NetworkEngine(
        EngineConfiguration configuration, IEngineLog log, StackSettings settings,
        FlowSharding sharding, EngineEnvironment environment)
    {
        _log = log;
        _hasOwnTime = environment.Clock is null;
        _configuration = configuration;
        _sharding = sharding;
        _dhcp = configuration.Dhcp.Enabled ? MakeDhcpServer(configuration, log) : null;
        _dhcp6 = configuration.Ipv6Dhcp.Enabled && settings.Ipv6 is not null
            ? MakeDhcp6Server(configuration, log) : null;
        foreach (LeaseServer? server in (LeaseServer?[])[_dhcp, _dhcp6])
        {
            server?.NameDenied = ReportDeniedName;
        }

        _listSandbox = environment.Sandbox;
        MakeResolvers(environment.Resolvers);
        _dns = new DnsServer(
            ToDnsSettings(configuration) with
            {
                Lookups = _nameProcess, DebugLog = line => log.Write(LogLevel.Debug, line),
            },
            _dhcp, _dhcp6);
        _proxy = MakeProxy(
            configuration, settings, _dns, environment, log, out _upstreams);
        _pages = MakePages(environment);
        _keeper = new KeeperWorker(
            settings, _dns, new ResponseBudget(configuration.DnsBytesPerSecond), _proxy, _pages,
            sharding, environment.Clock);
        _keeper.PortClosed = OnPortClosed;
        _keeper.TurnEnds = FollowPublished;
        _search = configuration.Dhcp.Search is null ? new SearchListFollower(
            configuration.Dhcp, _keeper.Mailbox, _keeper.Reactor.Time, OnSearchList) : null;
        if (_dhcp6 is not null)
        {
            Serve(_dhcp6, _keeper.Stack);
        }
    }

    // What may fail when something has been opened, which is then closed.
    private void Open(StackSettings settings, FlowSharding sharding)
    {
        EngineConfiguration configuration = _configuration;
        if (settings.Ipv6 is not null)
        {
            _routes = new HostRoutes(_keeper.Reactor, TellRoute);
            TellRoute();
        }

        _networkNews = new NetworkNews(
            _keeper.Reactor, NetworkNews.AllGroups, null, OnNetworkChanged);
        _networkNews.Start();
        if (_dhcp is not null)
        {
            GuestStack stack = _keeper.Stack;
            stack.Udp.AddService(
                DhcpEndpoint.ServerPort,
                new DhcpEndpoint(
                    _dhcp, stack.Udp, configuration.Gateway, SteadyTime.Shared, _search));
            _dhcp.IsUsedByAnother = IsUsedByAnother;
        }

        for (int index = 1; index < configuration.Workers; index++)
        {
            ShardWorker shard = new(settings, sharding, index, _keeper);
            _shards.Add(shard);
            _keeper.Add(shard);
        }

        Connect();
        foreach (ServiceSpecification service in configuration.Services)
        {
            Add(service);
        }

        foreach (PublishSpecification publication in configuration.Publish)
        {
            using PublishedSockets sockets = OpenSockets(publication);
            Publish(publication, sockets);
        }

        foreach (LinkSpecification specification in configuration.Links)
        {
            _keeper.Add(Open(specification, configuration), GroupOf(specification));
        }

        if (configuration.RingBytes > 0)
        {
            StartRing(configuration.RingBytes, snapLengthBytes: 0);
        }

        _keeper.Start(_keeper.Reactor.Time);
    }

    /// <summary>
    /// Opens the links and the published ports; nothing is received before <see cref="Run"/>.
    /// </summary>
    /// <exception cref="ConfigurationException">
    /// A socket, a port or a device is taken or may not be had; everything opened before is closed.
    /// </exception>
    public static NetworkEngine Create(
        EngineConfiguration configuration, IEngineLog log, EngineEnvironment? environment = null)
    {
        environment ??= new EngineEnvironment();
        StackSettings settings = ToStackSettings(configuration, environment.Seed);
        FlowSharding sharding = new(settings, configuration.Workers);
        NetworkEngine engine = new(configuration, log, settings, sharding, environment);
        try
        {
            engine.Open(settings, sharding);
            return engine;
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }

    private void OnNetworkChanged()
    {
        _dns.OnNetworkChanged();
        Instant now = _keeper.Reactor.Time;
        _search?.Look(now, null); // a VPN brings its domains with it
        _keeper.Stack.Tcp.OnNetworkChanged(now);
        foreach (ShardWorker shard in _shards)
        {
            shard.PostNetworkChanged();
        }
    }

    private void OnSearchList(IReadOnlyList<string> domains, Instant now)
    {
        _dhcp?.SetSearchList(domains);
        _dhcp6?.SetSearchList(domains);
        _keeper.Stack.Router.SetSearchList(EncodeNames(domains), now);
    }

    // Guests have a default route of IPv6 as long as the host has one.
    private void TellRoute() =>
        _keeper.Stack.Router.SetHostRoute(_routes!.HasIpv6Default, _keeper.Reactor.Time);

    // A ring from each worker to each other one.
    private void Connect()
    {
        List<Worker> workers = [_keeper, .. _shards];
        foreach (Worker from in workers)
        {
            foreach (Worker to in workers)
            {
                if (from != to)
                {
                    from.Connect(to);
                }
            }
        }
    }

    private GuestLink Open(LinkSpecification specification, EngineConfiguration configuration)
    {
        void Report(string message) => _log.Write(LogLevel.Warning, message);
        int mtu = configuration.MtuBytes;
        try
        {
            return specification switch
            {
                TapLinkSpecification tap => TapLink.Open(
                    new TapSettings
                    {
                        Name = tap.Name,
                        NetworkNamespace = tap.NetworkNamespace,
                        Configure = tap.Configure,
                        Address = NextTapAddress(configuration),
                        Subnet = configuration.Subnet,
                        Gateway = configuration.Gateway,
                        MtuBytes = mtu,
                        Offload = tap.Offload,
                        Queues = configuration.Workers,
                        Opened = tap.Opened,
                    },
                    Report),
                StreamLinkSpecification stream => StreamLink.Listen(
                    ProtocolOf(stream.Framing), stream.Path, mtu, Report),
                VsockLinkSpecification vsock => StreamLink.ListenVsock(
                    ProtocolOf(LinkFraming.Connect), vsock.Port, mtu, Report),
                DatagramLinkSpecification datagram => DatagramLink.Listen(datagram.Path, mtu,
                    Report),
                VhostUserLinkSpecification vhostUser =>
                    VhostUserLink.Listen(vhostUser.Path, mtu, Report),
                DescriptorLinkSpecification { Framing: LinkFraming.Tap } given =>
                    TapLink.FromDescriptor(given.Descriptor, mtu, given.Offload, Report),
                DescriptorLinkSpecification { Framing: LinkFraming.VhostUser } given =>
                    VhostUserLink.FromDescriptor(given.Descriptor, mtu, Report),
                DescriptorLinkSpecification { Framing: LinkFraming.Datagram } given =>
                    DatagramLink.FromDescriptor(given.Descriptor, mtu, Report),
                DescriptorLinkSpecification given => StreamLink.FromDescriptor(
                    ProtocolOf(given.Framing), given.Descriptor, mtu, Report),
                _ => throw new InvalidOperationException($"{specification} has no link"),
            };
        }
        catch (LinkException e)
        {
            throw new ConfigurationException(specification.Key, specification.ToString(),
                e.Message, e);
        }
    }

    private StreamProtocol ProtocolOf(LinkFraming framing) => framing switch
    {
        LinkFraming.SeqPacket => StreamProtocol.SeqPacket,
        LinkFraming.Connect => StreamProtocol.Connect,
        LinkFraming.Vpnkit => StreamProtocol.Vpnkit(
            _configuration.MtuBytes, (mac, wanted) => _dhcp is null ? null
                : _dhcp.Reserve(mac, wanted, SteadyTime.Shared.GetUtcNow())),
        _ => StreamProtocol.Stream,
    };

    /// <summary>
    /// TAPs that are configured here have the first addresses, in the order of the links.
    /// </summary>
    private IpAddress NextTapAddress(EngineConfiguration configuration)
    {
        IpAddress next = configuration.FirstGuest;
        foreach (GuestLink link in _keeper.Links)
        {
            next = link is TapLink ? new IpAddress(next.High, next.Low + 1) : next;
        }

        return next;
    }

    private static StackSettings ToStackSettings(EngineConfiguration configuration, Seed128? given)
    {
        Span<byte> seed = stackalloc byte[16];
        SystemRandom.Fill(seed);
        return new StackSettings
        {
            Subnet = configuration.Subnet,
            Gateway = configuration.Gateway,
            GatewayMac = configuration.GatewayMac,
            HostAlias = configuration.HostAlias,
            Ipv6 = ToIpv6Settings(configuration),
            MtuBytes = configuration.MtuBytes,
            Limits = configuration.Limits.ShareOf(configuration.Workers),
            AllowsLinkLocal = configuration.AllowsLinkLocal,
            UdpFullCone = configuration.UdpFullCone,
            Seed = given ?? new Seed128(
                BinaryPrimitives.ReadUInt64LittleEndian(seed),
                BinaryPrimitives.ReadUInt64LittleEndian(seed[8..])),
        };
    }

    private static DnsSettings ToDnsSettings(EngineConfiguration configuration) => new()
    {
        Subnet = configuration.Subnet,
        Gateway = configuration.Gateway,
        HostAlias = configuration.HostAlias,
        Ipv6 = ToIpv6Settings(configuration) is not Ipv6Settings ipv6 ? null
            : new DnsIpv6Settings(
                ipv6.Prefix, ipv6.Gateway, ipv6.HostAlias, ipv6.Nat64Prefix),
        Records = configuration.DnsRecords,
        Zones = configuration.DnsZones,
        MaxCachedResponses = configuration.DnsCache,
        NameServers = configuration.DnsServers,
        Domains = configuration.DnsDomains,
        UsesResolved = configuration.DnsResolved,
        TlsAuthorities = LoadAuthorities(configuration),
    };

    private static X509Certificate2Collection? LoadAuthorities(EngineConfiguration configuration)
    {
        if (!DnsFeatures.HasTls)
        {
            RefuseTls(configuration);
            return null;
        }

        if (configuration.DnsTlsCertificates is not string path)
        {
            return null;
        }

        try
        {
            X509Certificate2Collection authorities = [];
            authorities.ImportFromPemFile(path);
            return authorities.Count > 0
                ? authorities : throw new CryptographicException("no certificate in it");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException
            or CryptographicException)
        {
            throw new ConfigurationException(
                "dns.tlsCertificates", path,
                $"cannot be used ({error.Message}); name a PEM file of certificates", error);
        }
    }

    // A build without TLS must not ask in the clear who was to be asked over TLS.
    private static void RefuseTls(EngineConfiguration configuration)
    {
        const string remedy =
            "needs DNS over TLS, which this build leaves out; name a server by its address alone";
        foreach (NameServerEndpoint server in configuration.DnsServers.Concat(
            configuration.DnsDomains.SelectMany(domain => domain.NameServers)))
        {
            if (server.IsTls)
            {
                throw new ConfigurationException("dns", server.ToString(), remedy);
            }
        }
    }

    /// <summary>Null where guests have no IPv6.</summary>
    private static Ipv6Settings? ToIpv6Settings(EngineConfiguration configuration)
    {
        Ipv6Configuration ipv6 = configuration.Ipv6;
        bool isOff = ipv6.Mode == Ipv6Mode.Off
            || (ipv6.Mode == Ipv6Mode.Auto && !Socket.OSSupportsIPv6)
            || configuration.MtuBytes < Ipv6Header.MinimumMtuBytes;
        return isOff ? null : new Ipv6Settings
        {
            Prefix = ipv6.Prefix,
            Gateway = ipv6.Gateway,
            HostAlias = ipv6.HostAlias,
            IsAlwaysRouter = ipv6.Mode == Ipv6Mode.On,
            IsManaged = ipv6.IsManaged,
            HasOtherConfiguration = ipv6.HasOtherConfiguration,
            SearchList = EncodeNames(configuration.Dhcp.FindSearchList()),
            Nat64Prefix = ipv6.HasNat64 ? s_nat64 : null,
        };
    }

    // Names in wire form, one behind the other.
    private static byte[] EncodeNames(IReadOnlyList<string> names)
    {
        List<byte> all = [];
        Span<byte> name = stackalloc byte[DomainName.MaxLengthBytes];
        foreach (string text in names)
        {
            if (DomainName.TryParse(text, name, out int length))
            {
                all.AddRange(name[..length]);
            }
        }

        return [.. all];
    }

    private static DhcpServer MakeDhcpServer(EngineConfiguration configuration, IEngineLog log)
    {
        DhcpConfiguration dhcp = configuration.Dhcp;
        List<ServiceLease> leases = [];
        foreach (StaticLease lease in dhcp.StaticLeases)
        {
            leases.Add(new ServiceLease(lease.Address, lease.Mac, HostName: lease.Name));
        }

        DhcpSettings settings = new()
        {
            Subnet = configuration.Subnet,
            Gateway = configuration.Gateway,
            HostAlias = configuration.HostAlias,
            First = configuration.FirstGuest,
            NtpServers = dhcp.NtpServers,
            Domain = dhcp.Domain,
            SearchDomains = dhcp.FindSearchList(),
            MtuBytes = configuration.MtuBytes,
            StaticLeases = leases,
            Reserved = ReservedIn(configuration),
            LeaseTime = TimeSpan.FromSeconds(dhcp.LeaseSeconds),
        };
        return new DhcpServer(settings, OpenStore(dhcp.LeaseFile, log));
    }
}
