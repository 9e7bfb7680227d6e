using Slipway.Services;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// Makes the checked configuration out of the document and the command line. Single values first,
/// then what must fit the subnet, then what must not collide.
/// </summary>
internal static class ConfigurationResolver
{
    public const int MinMtuBytes = 576;
    public const int MaxMtuBytes = 65_520;
    public const int MinWorkers = 1;
    public const int MaxWorkers = 16;
    private const int MinPrefixLength = 8;
    private const int MaxPrefixLength = 30;
    public const int MinLeaseSeconds = 60;
    public const int MaxLeaseSeconds = 365 * 24 * 3600;
    public const int MaxCachedResponses = 65_536;
    public const int MinDnsBytesPerSecond = 65_536;
    public const int MaxDnsBytesPerSecond = 1 << 30;

    /// <param name="document">What the file says.</param>
    /// <param name="commandLine">What the options say, before the file.</param>
    /// <param name="defaults">What holds where neither speaks: subnet, MTU and log level.</param>
    public static EngineConfiguration Resolve(
        ConfigurationDocument document, CommandLineSettings commandLine,
        EngineConfiguration defaults)
    {
        EngineConfiguration configuration = defaults with
        {
            Links = ResolveLinks(document, commandLine),
            MtuBytes = commandLine.Mtu is string mtu
                ? SettingText.ParseInteger("--mtu", mtu, MinMtuBytes, MaxMtuBytes, "bytes")
                : document.Mtu is int bytes
                    ? SettingText.CheckRange("mtu", bytes, MinMtuBytes, MaxMtuBytes, "bytes")
                    : defaults.MtuBytes,
            Workers = ResolveWorkers(document, commandLine, defaults.Workers),
            Proxy = GuestProxyResolver.Resolve(document.Proxy ?? new ProxyDocument()),
            ProxyUpstream = ProxyResolver.Resolve(
                document.Proxy ?? new ProxyDocument(), commandLine),
            AllowsLinkLocal = document.LinkLocal ?? false,
            UdpFullCone = document.Udp?.FullCone ?? false,
            Limits = document.Limits?.Resolve() ?? new StackLimits(),
            Helper = document.Helper is string helper
                ? EngineConfiguration.ParseHelper("helper", helper) : defaults.Helper,
            Control = ResolveControl(document, commandLine),
            DrainTime = DrainResolver.Resolve(document, commandLine, defaults.DrainTime),
            RingBytes = commandLine.Ring is string ring ? RingSize.Parse("--ring", ring)
                : document.Ring is string size ? RingSize.Parse("ring", size) : 0,
            Sandbox = SandboxResolver.Resolve(
                document.Sandbox ?? new SandboxDocument(), commandLine),
            GuestControl = GuestControlResolver.Resolve(document.GuestControl),
            LogLevel = ResolveLogLevel(document, commandLine, defaults.LogLevel),
            LogFormat = LogFormatResolver.Resolve(document, commandLine),
            ReadyDescriptor = ResolveReadyDescriptor(document, commandLine),
        };
        configuration = ResolveNames(configuration, document.Dns ?? new DnsDocument(), commandLine);
        configuration = ResolveAddresses(configuration, document, commandLine);
        configuration = configuration with
        {
            Ipv6 = Ipv6Resolver.Resolve(
                document.Ipv6 ?? new Ipv6Document(), commandLine,
                isAliased: configuration.HostAlias is not null),
            Dhcp = DhcpResolver.Resolve(document.Dhcp ?? new DhcpDocument(), configuration),
            Ipv6Dhcp = Ipv6DhcpResolver.Resolve(
                document.Ipv6?.Dhcp ?? new Ipv6DhcpDocument(),
                new Dhcp6Settings
                {
                    Prefix = configuration.Ipv6.Prefix,
                    Gateway = configuration.Ipv6.Gateway,
                    HostAlias = configuration.Ipv6.HostAlias,
                },
                document.Dhcp?.LeaseFile),
        };
        configuration = configuration with
        {
            Services = ServiceResolver.ResolveAll(
                document.Services, document.Intercept, configuration),
        };
        return configuration with
        {
            Publish = PublishResolver.Resolve(document, commandLine, configuration),
        };
    }

    private static EngineConfiguration ResolveNames(
        EngineConfiguration configuration, DnsDocument names, CommandLineSettings commandLine) =>
        configuration with
        {
            DnsRecords =
                DnsRecordResolver.ResolveRecords(names.Records, commandLine.Dns),
            DnsZones = DnsRecordResolver.ResolveZones(names.Zones),
            DnsServers = NameServerResolver.ResolveServers(names.Servers),
            DnsDomains = NameServerResolver.ResolveDomains(names.Domains),
            DnsTlsCertificates = SettingText.CheckFile(
                "dns.tlsCertificates", names.TlsCertificates),
            DnsResolved = names.Resolved ?? configuration.DnsResolved,
            DnsBytesPerSecond = names.BytesPerSecond is int bytesPerSecond
                ? SettingText.CheckRange(
                    "dns.bytesPerSecond", bytesPerSecond, MinDnsBytesPerSecond,
                    MaxDnsBytesPerSecond, "bytes")
                : configuration.DnsBytesPerSecond,
            DnsCache = names.Cache is int kept
                ? SettingText.CheckRange("dns.cache", kept, 0, MaxCachedResponses, "answers")
                : configuration.DnsCache,
        };

    private static int ResolveWorkers(
        ConfigurationDocument document, CommandLineSettings commandLine, int otherwise) =>
        commandLine.Workers is string text
            ? SettingText.ParseInteger("--workers", text, MinWorkers, MaxWorkers, "threads")
            : document.Workers is int workers
                ? SettingText.CheckRange("workers", workers, MinWorkers, MaxWorkers, "threads")
                : otherwise;

    private static EngineConfiguration ResolveAddresses(
        EngineConfiguration configuration, ConfigurationDocument document,
        CommandLineSettings commandLine)
    {
        (string key, string? text) = commandLine.Subnet is null
            && document.Subnet is not null
            ? ("subnet", document.Subnet) : ("--subnet", commandLine.Subnet);
        IpPrefix subnet = text is null ? configuration.Subnet : ParseSubnet(key, text);
        bool aliased = !commandLine.NoHostAlias && (document.HostAlias ?? true);

        IpAddress gateway = document.Gateway is null
            ? subnet.At(1) : ParseInside("gateway", document.Gateway, subnet);
        IpAddress alias = document.HostAliasAddress is null
            ? new IpAddress(subnet.Last.High, subnet.Last.Low - 1)
            : ParseInside("hostAliasAddress", document.HostAliasAddress, subnet);
        if (aliased && alias == gateway)
        {
            throw document.HostAliasAddress is null && document.Gateway is null
                ? TooSmall(key, text)
                : new ConfigurationException(
                    document.HostAliasAddress is null ? "gateway" : "hostAliasAddress",
                    alias.ToString(),
                    "is both the gateway's and the host alias's address; choose another for one of "
                        + "them");
        }

        configuration = configuration with
        {
            Subnet = subnet,
            SubnetKey = key,
            Gateway = gateway,
            GatewayMac = document.GatewayMac is null
                ? configuration.GatewayMac
                : SettingText.ParseMac("gatewayMac", document.GatewayMac),
            HostAlias = aliased ? alias : null,
        };
        IpAddress first = subnet.At(1);
        while (first == gateway || first == configuration.HostAlias)
        {
            first = new IpAddress(first.High, first.Low + 1);
        }

        if (first == subnet.Last)
        {
            throw TooSmall(key, text);
        }

        configuration = configuration with { FirstGuest = first };
        if (document.Dhcp?.First is string wanted)
        {
            const string wantedKey = "dhcp.first";
            first = SettingText.ParseIPv4(wantedKey, wanted);
            CheckGuest(wantedKey, wanted, first, configuration);
        }

        return configuration with { FirstGuest = first };
    }

    private static ConfigurationException TooSmall(string key, string? subnet) => new(
        key, subnet,
        "has no room for the gateway, the host alias and a guest; use /29 or shorter, or /30 with "
            + "the host alias off");

    private static IpPrefix ParseSubnet(string key, string text)
    {
        if (!IpPrefix.TryParse(text, out IpPrefix subnet))
        {
            throw new ConfigurationException(
                key, text,
                "is not a network whose host bits are zero; write for example "
                    + "192.168.127.0/24");
        }

        if (!subnet.Network.IsIPv4)
        {
            throw new ConfigurationException(
                key, text,
                "is IPv6: that prefix is the key ipv6.prefix; write an IPv4 network such as "
                    + "192.168.127.0/24");
        }

        if (subnet.Length is < MinPrefixLength or > MaxPrefixLength)
        {
            throw new ConfigurationException(
                key, text,
                $"the prefix must be /{MinPrefixLength} to /{MaxPrefixLength}; write for "
                    + "example 192.168.127.0/24");
        }

        return subnet.Network.IPv4 >> 24 is not (0 or 127) && subnet.Network.IPv4 >> 28 < 0xe
            ? subnet
            : throw new ConfigurationException(
                key, text,
                "is not a network that guests can have; use a private one (RFC 1918) such as "
                    + "192.168.127.0/24");
    }

    /// <summary>An address that a machine in the subnet can have.</summary>
    private static IpAddress ParseInside(string key, string text, IpPrefix subnet)
    {
        IpAddress address = SettingText.ParseIPv4(key, text);
        CheckInside(key, text, address, subnet);
        return address;
    }

    private static void CheckInside(string key, string text, IpAddress address, IpPrefix subnet)
    {
        if (!subnet.Contains(address) || address == subnet.Network || address == subnet.Last)
        {
            IpAddress last = new(subnet.Last.High, subnet.Last.Low - 1);
            throw new ConfigurationException(
                key, text,
                $"is not an address of the subnet {subnet}; choose one from {subnet.At(1)} to "
                    + $"{last}");
        }
    }

    /// <summary>Refuses an address that is no guest's.</summary>
    public static void CheckGuest(
        string key, string text, IpAddress address, EngineConfiguration configuration)
    {
        if (!address.IsIPv4)
        {
            Ipv6Resolver.CheckGuest(key, text, address, configuration.Ipv6);
            return;
        }

        CheckInside(key, text, address, configuration.Subnet);
        if (address == configuration.Gateway || address == configuration.HostAlias)
        {
            string owner = address == configuration.Gateway ? "the gateway" : "the host alias";
            throw new ConfigurationException(
                key, text,
                $"{address} is {owner}; choose a guest's address such as "
                    + $"{configuration.FirstGuest}");
        }
    }

    private static List<LinkSpecification> ResolveLinks(
        ConfigurationDocument document, CommandLineSettings commandLine)
    {
        List<LinkSpecification> links = [];
        foreach ((string key, string text) in
            Entries("links", document.Links, "--link", commandLine.Links))
        {
            LinkSpecification link = LinkSpecification.Parse(key, text);
            foreach (LinkSpecification other in links)
            {
                if (Resource(other) == Resource(link))
                {
                    throw new ConfigurationException(
                        key, text, $"is the same as {other.Key} {other}; name each link once");
                }
            }

            links.Add(link);
        }

        return links;
    }

    /// <summary>
    /// What only one link can have: the device in its namespace, the path, the descriptor.
    /// </summary>
    private static string Resource(LinkSpecification link) => link switch
    {
        TapLinkSpecification tap => $"tap {tap.Name} {tap.NetworkNamespace}",
        StreamLinkSpecification stream => $"path {stream.Path}",
        DatagramLinkSpecification datagram => $"path {datagram.Path}",
        DescriptorLinkSpecification descriptor => $"descriptor {descriptor.Descriptor}",
        _ => link.ToString(),
    };

    private static ControlSpecification ResolveControl(
        ConfigurationDocument document, CommandLineSettings commandLine) =>
        commandLine.Control is string option ? ControlSpecification.Parse("--control", option)
            : document.Control is string text ? ControlSpecification.Parse("control", text)
            : ControlSpecification.Default;

    private static LogLevel ResolveLogLevel(
        ConfigurationDocument document, CommandLineSettings commandLine, LogLevel standard)
    {
        (string key, string? text) = commandLine.LogLevel is null
            ? ("logLevel", document.LogLevel) : ("--log-level", commandLine.LogLevel);
        return text switch
        {
            null => standard,
            "debug" => LogLevel.Debug,
            "information" or "info" => LogLevel.Information,
            "warning" or "warn" => LogLevel.Warning,
            "error" => LogLevel.Error,
            _ => throw new ConfigurationException(
                key, text, "must be debug, information, warning or error"),
        };
    }

    private static int? ResolveReadyDescriptor(
        ConfigurationDocument document, CommandLineSettings commandLine)
    {
        if (commandLine.ReadyFd is string text)
        {
            return SettingText.ParseInteger("--ready-fd", text, 0, int.MaxValue, "");
        }

        return document.ReadyFd is int descriptor
            ? SettingText.CheckRange("readyFd", descriptor, 0, int.MaxValue, "") : null;
    }

    /// <summary>A list's items, those of the file first, each with its key.</summary>
    public static IEnumerable<(string Key, string Text)> Entries(
        string key, List<string>? configured, string option, IReadOnlyList<string> given)
    {
        for (int i = 0; i < (configured?.Count ?? 0); i++)
        {
            yield return ($"{key}[{i}]", configured![i]);
        }

        foreach (string text in given)
        {
            yield return (option, text);
        }
    }
}
