using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>Makes the checked IPv6 side out of the document and the command line.</summary>
internal static class Ipv6Resolver
{
    private const int PrefixLength = 64;
    private const ulong GatewayIdentifier = 0x01;
    private const ulong HostAliasIdentifier = 0xfe;

    public static Ipv6Configuration Resolve(
        Ipv6Document document, CommandLineSettings commandLine, bool isAliased)
    {
        IpPrefix prefix = document.Prefix is null
            ? new Ipv6Configuration().Prefix : ParsePrefix(document.Prefix);
        IpAddress gateway = document.Gateway is null
            ? prefix.At(GatewayIdentifier)
            : ParseInside("ipv6.gateway", document.Gateway, prefix);
        IpAddress alias = document.HostAliasAddress is null
            ? prefix.At(HostAliasIdentifier)
            : ParseInside("ipv6.hostAliasAddress", document.HostAliasAddress, prefix);
        if (isAliased && alias == gateway)
        {
            throw new ConfigurationException(
                document.HostAliasAddress is null ? "ipv6.gateway" : "ipv6.hostAliasAddress",
                alias.ToString(),
                "is both the gateway's and the host alias's address; choose another for one of "
                    + "them");
        }

        return new Ipv6Configuration
        {
            Mode = ResolveMode(document, commandLine),
            Prefix = prefix,
            Gateway = gateway,
            HostAlias = isAliased ? alias : null,
            IsManaged = document.Managed ?? false,
            HasOtherConfiguration = document.OtherConfiguration ?? false,
            HasNat64 = document.Nat64 ?? false,
        };
    }

    /// <summary>Refuses an address in the prefix that is no guest's.</summary>
    public static void CheckGuest(
        string key, string text, IpAddress address, Ipv6Configuration configuration)
    {
        if (configuration.Mode == Ipv6Mode.Off)
        {
            throw new ConfigurationException(
                key, text, $"{address} cannot be reached while IPv6 is off; take --ipv6 auto");
        }

        CheckInside(key, text, address, configuration.Prefix);
        if (address == configuration.Gateway || address == configuration.HostAlias)
        {
            string owner = address == configuration.Gateway ? "the gateway" : "the host alias";
            throw new ConfigurationException(
                key, text,
                $"{address} is {owner}; choose a guest's address such as "
                    + $"{configuration.Prefix.At(2)}");
        }
    }

    private static Ipv6Mode ResolveMode(Ipv6Document document, CommandLineSettings commandLine)
    {
        (string key, string? text) = commandLine.Ipv6 is null
            ? ("ipv6.mode", document.Mode) : ("--ipv6", commandLine.Ipv6);
        return text switch
        {
            null or "auto" => Ipv6Mode.Auto,
            "on" => Ipv6Mode.On,
            "off" => Ipv6Mode.Off,
            _ => throw new ConfigurationException(key, text, "must be auto, on or off"),
        };
    }

    private static IpPrefix ParsePrefix(string text)
    {
        const string key = "ipv6.prefix";
        if (!IpPrefix.TryParse(text, out IpPrefix prefix) || prefix.Network.IsIPv4
            || prefix.Length != PrefixLength)
        {
            throw new ConfigurationException(
                key, text,
                "is not an IPv6 network of /64 whose host bits are zero; write for example "
                    + "fd5a:94ef:e40c::/64");
        }

        bool isUnicast = !prefix.Network.IsMulticast && !prefix.Network.IsLinkLocal
            && prefix.Network.High != 0;
        return isUnicast ? prefix : throw new ConfigurationException(
            key, text,
            "is not a network that guests can have; use a private one (RFC 4193) such as "
                + "fd5a:94ef:e40c::/64");
    }

    private static IpAddress ParseInside(string key, string text, IpPrefix prefix)
    {
        IpAddress address = SettingText.ParseAddress(key, text, text);
        CheckInside(key, text, address, prefix);
        return address;
    }

    private static void CheckInside(string key, string text, IpAddress address, IpPrefix prefix)
    {
        if (!prefix.Contains(address) || address == prefix.Network)
        {
            throw new ConfigurationException(
                key, text,
                $"is not an address of the prefix {prefix}; choose one such as {prefix.At(2)}");
        }
    }
}
