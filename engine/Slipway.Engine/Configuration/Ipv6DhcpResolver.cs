using System.Collections.Immutable;
using Slipway.Services;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>Checks the configuration's "ipv6.dhcp" against the prefix.</summary>
internal static class Ipv6DhcpResolver
{
    private const string Key = "ipv6.dhcp";

    /// <param name="document">What the file says.</param>
    /// <param name="network">Prefix, gateway and host alias.</param>
    /// <param name="otherLeaseFile">The one of "dhcp", which cannot be shared.</param>
    /// <exception cref="ConfigurationException">Names the key, the value and the
    /// remedy.</exception>
    public static Ipv6DhcpConfiguration Resolve(
        Ipv6DhcpDocument document, Dhcp6Settings network, string? otherLeaseFile)
    {
        Ipv6DhcpConfiguration standard = new();
        Ipv6DhcpConfiguration configuration = new()
        {
            Enabled = document.Enabled ?? standard.Enabled,
            Addresses = document.Addresses ?? standard.Addresses,
            First = document.First is string first
                ? ParseInside($"{Key}.first", first, network.Prefix) : null,
            Last = document.Last is string last
                ? ParseInside($"{Key}.last", last, network.Prefix) : null,
            LeaseSeconds = document.LeaseSeconds is int seconds
                ? SettingText.CheckRange(
                    $"{Key}.leaseSeconds", seconds, ConfigurationResolver.MinLeaseSeconds,
                    ConfigurationResolver.MaxLeaseSeconds, "seconds")
                : standard.LeaseSeconds,
            LeaseFile = ResolveLeaseFile(document.LeaseFile, otherLeaseFile),
            StaticLeases = ResolveLeases(document, network),
        };
        CheckPool(
            document, network with { First = configuration.First, Last = configuration.Last });
        return configuration;
    }

    private static string? ResolveLeaseFile(string? file, string? other)
    {
        const string FileKey = $"{Key}.leaseFile";
        return SettingText.CheckFile(FileKey, file) is not string path
            || string.IsNullOrEmpty(other)
            || Path.GetFullPath(path) != Path.GetFullPath(other)
            ? file
            : throw new ConfigurationException(
                FileKey, file, "is the file of dhcp.leaseFile; name another");
    }

    private static void CheckPool(Ipv6DhcpDocument document, Dhcp6Settings network)
    {
        IpAddress first = network.PoolFirst;
        IpAddress last = network.PoolLast;
        if (first.High != last.High || first.Low > last.Low)
        {
            bool isFirst = document.Last is null;
            throw new ConfigurationException(
                isFirst ? $"{Key}.first" : $"{Key}.last", isFirst ? document.First : document.Last,
                $"no pool goes from {first} to {last}; give first and last of one /64 in order");
        }
    }

    private static List<Ipv6StaticLease> ResolveLeases(
        Ipv6DhcpDocument document, Dhcp6Settings network)
    {
        List<Ipv6StaticLease> leases = [];
        foreach (Ipv6StaticLeaseDocument one in document.Leases ?? [])
        {
            string key = $"{Key}.leases[{leases.Count}]";
            Ipv6StaticLease lease = ResolveLease(key, one, network);
            foreach (Ipv6StaticLease other in leases)
            {
                CheckOther(key, one, lease, other);
            }

            leases.Add(lease);
        }

        return leases;
    }

    private static Ipv6StaticLease ResolveLease(
        string key, Ipv6StaticLeaseDocument one, Dhcp6Settings network)
    {
        if ((one.Mac is null) == (one.Duid is null))
        {
            throw new ConfigurationException(
                key, one.Address, "must have one of mac and duid; write that which stays the same");
        }

        IpAddress address = ParseInside($"{key}.address", one.Address, network.Prefix);
        if (address == network.Gateway || address == network.HostAlias)
        {
            string owner = address == network.Gateway ? "the gateway" : "the host alias";
            throw new ConfigurationException(
                $"{key}.address", one.Address,
                $"is {owner}; choose a guest's address such as {network.Prefix.At(2)}");
        }

        return new Ipv6StaticLease(
            one.Mac is string mac ? SettingText.ParseMac($"{key}.mac", mac) : null,
            one.Duid is string duid ? ParseDuid($"{key}.duid", duid) : null,
            address,
            one.Name is null ? null
                : SettingText.ParseDomain($"{key}.name", one.Name, one.Name));
    }

    private static void CheckOther(
        string key, Ipv6StaticLeaseDocument one, Ipv6StaticLease lease, Ipv6StaticLease other)
    {
        if (other.Address == lease.Address)
        {
            throw new ConfigurationException(
                $"{key}.address", one.Address, "belongs to another lease already; choose another");
        }

        bool isSameMac = lease.Mac is MacAddress mac && mac == other.Mac;
        bool isSameDuid = lease.Duid is ImmutableArray<byte> duid
            && other.Duid is ImmutableArray<byte> others && duid.SequenceEqual(others);
        if (isSameMac || isSameDuid)
        {
            throw new ConfigurationException(
                isSameMac ? $"{key}.mac" : $"{key}.duid", one.Mac ?? one.Duid,
                $"has the address {other.Address} already; keep one of both");
        }
    }

    /// <summary>An address that a machine in the prefix can have.</summary>
    private static IpAddress ParseInside(string key, string text, IpPrefix prefix) =>
        IpAddress.TryParse(text, out IpAddress address) && prefix.Contains(address)
            && address != prefix.Network
            ? address
            : throw new ConfigurationException(
                key, text,
                $"is not a guest's address of {prefix}; write for example {prefix.At(0x10005)}");

    private static ImmutableArray<byte> ParseDuid(string key, string text)
    {
        string digits = text.Replace(":", "", StringComparison.Ordinal);
        byte[] bytes = new byte[digits.Length / 2];
        return Duid.IsValidLength(bytes.Length)
            && Convert.FromHexString(digits, bytes, out _, out _)
                == System.Buffers.OperationStatus.Done
            ? [.. bytes]
            : throw new ConfigurationException(
                key, text,
                "is not a DUID of 3 to 130 octets in hexadecimal; write for example "
                    + "00:03:00:01:52:54:00:12:34:56");
    }
}
