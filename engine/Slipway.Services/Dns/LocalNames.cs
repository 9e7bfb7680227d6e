using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// The names that this server knows itself, in this order: built-in, configured and added, zones,
/// those of leases.
/// Asked from any thread, without a lock.
/// </summary>
internal sealed partial class LocalNames
{
    /// <summary>For names that do not change while the engine runs.</summary>
    public const uint FixedTtlSeconds = 60;

    /// <summary>For guests' names, which come and go.</summary>
    public const uint LeaseTtlSeconds = 10;

    private static readonly string[] s_hostNames =
        ["host.internal", "host.docker.internal", "host.containers.internal", "host.lima.internal"];

    private static readonly string[] s_gatewayNames =
        ["gateway.internal", "gateway.docker.internal", "gateway.containers.internal"];

    private static readonly byte[] s_localhost = Encode("localhost");
    private static readonly byte[] s_reverse = Encode("in-addr.arpa");
    private static readonly byte[] s_reverse6 = Encode("ip6.arpa");

    // The label "*".
    private static readonly byte[] s_wildcard = [1, (byte)'*'];

    // A nibble a label, and ip6.arpa (RFC 3596 section 2.5).
    private const int ReverseIPv6Labels = 34;

    private readonly DnsSettings _settings;
    private readonly IReadOnlyList<ILeaseNames> _leases;
    private readonly byte[]? _domain;
    private readonly Dictionary<IpAddress, LocalName> _reverse = [];
    private readonly Lock _changeLock = new();

    // Once there was one, it is looked for.
    private volatile bool _hasWildcard;

    // Built in and configured. Never changed: another one takes its place.
    private volatile Dictionary<byte[], LocalName> _names;
    private volatile IReadOnlyList<DnsNamedRecord> _records;

    // What was added while the engine runs. Never changed likewise.
    private volatile Dictionary<byte[], LocalName> _added = new(DomainNameComparer.Instance);

    // The longest names first. Never changed likewise.
    private volatile LocalZone[] _zones;
    private IReadOnlyList<DnsZone> _configuredZones;

    /// <exception cref="ArgumentException">A configured name is no domain name.</exception>
    public LocalNames(DnsSettings settings, IReadOnlyList<ILeaseNames> leases)
    {
        _settings = settings;
        _leases = leases;
        _domain = leases.Count > 0 && leases[0].Domain is string domain ? Encode(domain) : null;
        _records = settings.Records;
        _configuredZones = settings.Zones;
        _zones = Sort(settings.Zones.Select(zone => new LocalZone(zone)));
        _names = MakeNames(settings.Records);
        _reverse[IpAddress.IPv4Loopback] = new LocalName([], s_localhost, FixedTtlSeconds);
        _reverse[IpAddress.IPv6Loopback] = new LocalName([], s_localhost, FixedTtlSeconds);
        AddReverse(s_hostNames[0], settings.HostAlias, settings.Ipv6?.HostAlias);
        AddReverse(s_gatewayNames[0], settings.Gateway, settings.Ipv6?.Gateway);
    }

    /// <summary>What is known of a name; null if others must be asked.</summary>
    public LocalName? Find(ReadOnlySpan<byte> name)
    {
        Dictionary<byte[], LocalName> added = _added;
        if (TryFindExact(name, added, out LocalName? known))
        {
            return known;
        }

        if (FindWildcard(name, added) is LocalName covering)
        {
            return covering;
        }

        // A program that asks for a name of its own host must get its own (RFC 6761 section 6.3).
        if (DomainName.IsWithin(name, s_localhost))
        {
            return _names[s_localhost];
        }

        return FindZone(name) ?? FindLease(name) ?? FindReverse(name);
    }

    internal static byte[] Encode(string text)
    {
        byte[] name = new byte[DomainName.MaxLengthBytes];
        return DomainName.TryParse(text, name, out int length)
            ? name[..length]
                : throw new ArgumentException($"'{text}' is not a domain name", nameof(text));
    }

    // What is configured, and over it what is built in.
    private Dictionary<byte[], LocalName> MakeNames(IReadOnlyList<DnsNamedRecord> records)
    {
        Dictionary<byte[], LocalName> names = new(DomainNameComparer.Instance);
        foreach (IGrouping<string, DnsNamedRecord> group in records.GroupBy(
            record => record.Name.TrimEnd('.'), StringComparer.OrdinalIgnoreCase))
        {
            byte[] name = Encode(group.Key);
            NoteWildcard(name);
            names[name] = LocalName.Of(
                [.. group.Select(record => record.Data)],
                group.Min(record => record.TtlSeconds) ?? FixedTtlSeconds);
        }

        AddBuiltIn(names, s_hostNames, _settings.HostAlias, _settings.Ipv6?.HostAlias);
        AddBuiltIn(names, s_gatewayNames, _settings.Gateway, _settings.Ipv6?.Gateway);
        names[s_localhost] = new LocalName(
            [IpAddress.IPv4Loopback, IpAddress.IPv6Loopback], null, FixedTtlSeconds);
        return names;
    }

    private static void AddBuiltIn(
        Dictionary<byte[], LocalName> all, string[] names,
        params ReadOnlySpan<IpAddress?> addresses)
    {
        List<IpAddress> known = [];
        foreach (IpAddress? address in addresses)
        {
            if (address is IpAddress one)
            {
                known.Add(one);
            }
        }

        foreach (string name in names)
        {
            all[Encode(name)] = known.Count > 0
                ? new LocalName([.. known], null, FixedTtlSeconds) : LocalName.Nonexistent;
        }
    }

    private void AddReverse(string name, params ReadOnlySpan<IpAddress?> addresses)
    {
        foreach (IpAddress? address in addresses)
        {
            if (address is IpAddress one)
            {
                _reverse[one] = new LocalName([], Encode(name), FixedTtlSeconds);
            }
        }
    }

    /// <summary>
    /// "*" in the name's closest encloser: a name that is known hides the wildcards above it, as in
    /// a zone (RFC 4592 section 3.3.1).
    /// </summary>
    private LocalName? FindWildcard(ReadOnlySpan<byte> name, Dictionary<byte[], LocalName> added)
    {
        if (!_hasWildcard)
        {
            return null;
        }

        Span<byte> wildcard = stackalloc byte[DomainName.MaxLengthBytes];
        s_wildcard.CopyTo(wildcard);
        while (name.Length > 1)
        {
            name = DomainName.Parent(name);
            ReadOnlySpan<byte> one = wildcard[..(s_wildcard.Length + name.Length)];
            name.CopyTo(wildcard[s_wildcard.Length..]);
            if (TryFindExact(one, added, out LocalName? known))
            {
                return known;
            }

            if (TryFindExact(name, added, out _))
            {
                return null;
            }
        }

        return null;
    }

    private bool TryFindExact(
        ReadOnlySpan<byte> name, Dictionary<byte[], LocalName> added,
        [NotNullWhen(true)] out LocalName? known) =>
        _names.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out known)
        || (added.Count > 0
            && added.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out known));

    private void NoteWildcard(ReadOnlySpan<byte> name) =>
        _hasWildcard |= name.StartsWith(s_wildcard);

    /// <summary>HOSTNAME and HOSTNAME.DOMAIN.</summary>
    private LocalName? FindLease(ReadOnlySpan<byte> name)
    {
        if (_leases.Count == 0 || name.Length <= 1)
        {
            return null;
        }

        ReadOnlySpan<byte> parent = DomainName.Parent(name);
        if (parent.Length > 1 && (_domain is null || !DomainName.Same(parent, _domain)))
        {
            return null;
        }

        Span<char> label = stackalloc char[DomainName.MaxLabelLengthBytes];
        for (int i = 0; i < name[0]; i++)
        {
            label[i] = char.ToLowerInvariant((char)name[i + 1]);
        }

        string text = label[..name[0]].ToString();
        List<IpAddress> addresses = [];
        foreach (ILeaseNames leases in _leases)
        {
            if (leases.TryGetAddress(text, out IpAddress address))
            {
                addresses.Add(address);
            }
        }

        return addresses.Count > 0
            ? new LocalName([.. addresses], null, LeaseTtlSeconds) : null;
    }

    /// <summary>Names under in-addr.arpa and ip6.arpa of addresses that only this server can
    /// know.</summary>
    private LocalName? FindReverse(ReadOnlySpan<byte> name)
    {
        if (!TryReadReverse(name, out IpAddress address))
        {
            return null;
        }

        if (_reverse.TryGetValue(address, out LocalName? known))
        {
            return known;
        }

        if (!_settings.Subnet.Contains(address)
            && _settings.Ipv6?.Prefix.Contains(address) != true)
        {
            return null;
        }

        foreach (ILeaseNames leases in _leases)
        {
            if (leases.TryGetName(address, out string? label))
            {
                string full = leases.Domain is string domain ? $"{label}.{domain}" : label;
                return new LocalName([], Encode(full), LeaseTtlSeconds);
            }
        }

        return LocalName.Nonexistent;
    }

    internal static bool TryReadReverse(ReadOnlySpan<byte> name, out IpAddress address)
    {
        address = default;
        if (DomainName.LabelCount(name) == ReverseIPv6Labels)
        {
            return TryReadReverse6(name, out address);
        }

        if (DomainName.LabelCount(name) != 6)
        {
            return false;
        }

        uint value = 0;
        for (int shift = 0; shift < 32; shift += 8)
        {
            if (!byte.TryParse(
                name.Slice(1, name[0]), NumberStyles.None, CultureInfo.InvariantCulture,
                out byte octet))
            {
                return false;
            }

            value |= (uint)octet << shift;
            name = DomainName.Parent(name);
        }

        address = IpAddress.FromIPv4(value);
        return DomainName.Same(name, s_reverse);
    }

    private static bool TryReadReverse6(ReadOnlySpan<byte> name, out IpAddress address)
    {
        const int nibbles = 32;
        UInt128 value = 0;
        address = default;
        for (int i = 0; i < nibbles; i++)
        {
            if (name[0] != 1 || !byte.TryParse(
                name.Slice(1, 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
                out byte digit))
            {
                return false;
            }

            value |= (UInt128)digit << (4 * i);
            name = DomainName.Parent(name);
        }

        address = new IpAddress((ulong)(value >> 64), (ulong)value);
        return DomainName.Same(name, s_reverse6);
    }
}
