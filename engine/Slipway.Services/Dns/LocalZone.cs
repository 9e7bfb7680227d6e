using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>A zone made ready to be asked: from any thread, without a lock. Immutable.</summary>
internal sealed class LocalZone
{
    private const RegexOptions PatternOptions =
        RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    private readonly Dictionary<byte[], LocalName> _names = new(DomainNameComparer.Instance);
    private readonly Dictionary<byte[], LocalName>.AlternateLookup<ReadOnlySpan<byte>> _bySpan;
    private readonly List<(Regex Pattern, LocalName Known)> _patterns = [];
    private readonly LocalName? _default;
    private readonly LocalName _nothing;
    private readonly LocalName _nonexistent;

    /// <exception cref="ArgumentException">A name or a pattern in it is none.</exception>
    public LocalZone(DnsZone zone)
    {
        Zone = zone;
        Apex = LocalNames.Encode(zone.Name);
        _bySpan = _names.GetAlternateLookup<ReadOnlySpan<byte>>();
        _nothing = new LocalName([], null, LocalNames.LeaseTtlSeconds) { Zone = Apex };
        _nonexistent = _nothing with { Exists = false };
        _default = zone.DefaultAddresses.Count == 0 ? null
            : new LocalName(zone.DefaultAddresses, null, LocalNames.LeaseTtlSeconds)
            {
                Zone = Apex,
            };
        foreach (IGrouping<string, DnsZoneRecord> group in zone.Records
            .Where(record => record.Pattern is null)
            .GroupBy(record => FullName(record.Name), StringComparer.OrdinalIgnoreCase))
        {
            _names.Add(LocalNames.Encode(group.Key), Known([.. group]));
        }

        foreach (IGrouping<string, DnsZoneRecord> group in zone.Records
            .Where(record => record.Pattern is not null)
            .GroupBy(record => record.Pattern!, StringComparer.Ordinal))
        {
            _patterns.Add((new Regex(group.Key, PatternOptions), Known([.. group])));
        }

        AddEmptyNames();
    }

    public DnsZone Zone { get; }

    /// <summary>In wire form.</summary>
    public byte[] Apex { get; }

    /// <summary>What there is of a name in the zone.</summary>
    public LocalName Find(ReadOnlySpan<byte> name)
    {
        bool exists = TryFind(name, out LocalName? known) || DomainName.Same(name, Apex);
        if (known is not null && !ReferenceEquals(known, _nothing))
        {
            return known;
        }

        return FindPattern(name) ?? (exists ? null : FindWildcard(name)) ?? _default
            ?? (exists ? _nothing : _nonexistent);
    }

    private string FullName(string? name) => name is null or "" or "@"
        ? Zone.Name.TrimEnd('.') : $"{name.TrimEnd('.')}.{Zone.Name.TrimEnd('.')}";

    private LocalName Known(IReadOnlyList<DnsZoneRecord> records) => LocalName.Of(
        [.. records.Select(record => record.Data)],
        records.Min(record => record.TtlSeconds) ?? LocalNames.LeaseTtlSeconds, Apex);

    // Names that have others below them exist (RFC 8020), with nothing.
    private void AddEmptyNames()
    {
        foreach (byte[] name in _names.Keys.ToArray())
        {
            for (ReadOnlySpan<byte> parent = DomainName.Parent(name); parent.Length > Apex.Length;
                parent = DomainName.Parent(parent))
            {
                _names.TryAdd(parent.ToArray(), _nothing);
            }
        }
    }

    private LocalName? FindPattern(ReadOnlySpan<byte> name)
    {
        if (_patterns.Count == 0)
        {
            return null;
        }

        Span<char> text = stackalloc char[DomainName.MaxLengthBytes];
        int length = 0;
        for (ReadOnlySpan<byte> at = name; at.Length > Apex.Length; at = DomainName.Parent(at))
        {
            if (length > 0)
            {
                text[length++] = '.';
            }

            foreach (byte octet in at.Slice(1, at[0]))
            {
                text[length++] = char.ToLowerInvariant((char)octet);
            }
        }

        foreach ((Regex pattern, LocalName known) in _patterns)
        {
            if (pattern.IsMatch(text[..length]))
            {
                return known;
            }
        }

        return null;
    }

    // RFC 4592: "*" of the closest name above that exists.
    private LocalName? FindWildcard(ReadOnlySpan<byte> name)
    {
        Span<byte> wildcard = stackalloc byte[DomainName.MaxLengthBytes + 2];
        while (name.Length > Apex.Length)
        {
            name = DomainName.Parent(name);
            wildcard[0] = 1;
            wildcard[1] = (byte)'*';
            name.CopyTo(wildcard[2..]);
            if (TryFind(wildcard[..(2 + name.Length)], out LocalName? known))
            {
                return known;
            }

            if (TryFind(name, out _))
            {
                return null;
            }
        }

        return null;
    }

    private bool TryFind(ReadOnlySpan<byte> name, [NotNullWhen(true)] out LocalName? known) =>
        _bySpan.TryGetValue(name, out known);
}
