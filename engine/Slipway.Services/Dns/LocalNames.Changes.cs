using Slipway.Wire;

namespace Slipway.Services;

/// <summary>What is added and removed while the engine runs; from any thread.</summary>
internal sealed partial class LocalNames
{
    /// <summary>What was configured and added, for lists; without zones.</summary>
    public IReadOnlyList<DnsNamedRecord> Records =>
    [
        .. _records,
        .. _added.SelectMany(pair => pair.Value.ToRecords().Select(record =>
            new DnsNamedRecord(DomainName.Format(pair.Key), record, pair.Value.TtlSeconds))),
    ];

    public IReadOnlyList<DnsZone> Zones => [.. _zones.Select(zone => zone.Zone)];

    /// <summary>Puts other records in the place of those that were configured.</summary>
    /// <returns>The name that keeps this from being done, as it was added; null: done.</returns>
    /// <exception cref="ArgumentException">A name is no domain name.</exception>
    public string? Configure(IReadOnlyList<DnsNamedRecord> records)
    {
        lock (_changeLock)
        {
            foreach (DnsNamedRecord record in records)
            {
                if (_added.ContainsKey(Encode(record.Name)))
                {
                    return record.Name;
                }
            }

            _names = MakeNames(records);
            _records = records;
            return null;
        }
    }

    /// <summary>Puts other zones in the place of those that were configured.</summary>
    /// <exception cref="ArgumentException">A name or a pattern in one is none.</exception>
    public void Configure(IReadOnlyList<DnsZone> zones)
    {
        List<LocalZone> made = [.. zones.Select(zone => new LocalZone(zone))];
        lock (_changeLock)
        {
            // One that was added goes on, but for one that is configured now.
            _zones = Sort([
                .. _zones.Where(zone => !_configuredZones.Contains(zone.Zone)
                    && !made.Exists(one => DomainName.Same(one.Apex, zone.Apex))),
                .. made]);
            _configuredZones = zones;
        }
    }

    /// <summary>Adds a name, or changes one that was added.</summary>
    /// <returns>False when it is built in or configured, and stays as it is.</returns>
    /// <exception cref="ArgumentException">
    /// It is no domain name, or has a CNAME and something else.
    /// </exception>
    /// <exception cref="InvalidOperationException">Too many were added.</exception>
    public bool Set(string text, IReadOnlyList<DnsRecordContent> records, uint? ttlSeconds = null)
    {
        byte[] name = Encode(text);
        LocalName known = LocalName.Of(records, ttlSeconds ?? LeaseTtlSeconds);
        lock (_changeLock)
        {
            if (_names.ContainsKey(name))
            {
                return false;
            }

            Dictionary<byte[], LocalName> added = new(_added, DomainNameComparer.Instance)
            {
                [name] = known,
            };
            CheckBound(added.Count);
            _added = added;
            NoteWildcard(name);
            return true;
        }
    }

    /// <summary>Forgets a name that was added. False if there is none.</summary>
    /// <exception cref="ArgumentException">It is no domain name.</exception>
    public bool Remove(string text)
    {
        byte[] name = Encode(text);
        lock (_changeLock)
        {
            Dictionary<byte[], LocalName> rest = new(_added, DomainNameComparer.Instance);
            bool isFound = rest.Remove(name);
            _added = rest;
            return isFound;
        }
    }

    /// <summary>Adds a zone, or puts it in the place of the one with its name.</summary>
    /// <exception cref="ArgumentException">A name or a pattern in it is none.</exception>
    /// <exception cref="InvalidOperationException">Too many were added.</exception>
    public void SetZone(DnsZone zone)
    {
        LocalZone made = new(zone);
        lock (_changeLock)
        {
            LocalZone[] zones = Sort(
                [.. _zones.Where(other => !DomainName.Same(other.Apex, made.Apex)), made]);
            CheckBound(zones.Length);
            _zones = zones;
        }
    }

    /// <summary>Forgets a zone. False if there is none.</summary>
    /// <exception cref="ArgumentException">It is no domain name.</exception>
    public bool RemoveZone(string text)
    {
        byte[] apex = Encode(text);
        lock (_changeLock)
        {
            int before = _zones.Length;
            _zones = [.. _zones.Where(zone => !DomainName.Same(zone.Apex, apex))];
            return _zones.Length < before;
        }
    }

    private static LocalZone[] Sort(IEnumerable<LocalZone> zones) =>
        [.. zones.OrderByDescending(zone => zone.Apex.Length)];

    private LocalName? FindZone(ReadOnlySpan<byte> name)
    {
        foreach (LocalZone zone in _zones)
        {
            if (DomainName.IsWithin(name, zone.Apex))
            {
                return zone.Find(name);
            }
        }

        return null;
    }

    private void CheckBound(int count)
    {
        if (count > _settings.MaxAdded)
        {
            throw new InvalidOperationException(
                $"{_settings.MaxAdded} names were added; remove some first");
        }
    }
}
