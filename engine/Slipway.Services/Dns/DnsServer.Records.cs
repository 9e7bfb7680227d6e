using Slipway.Wire;

namespace Slipway.Services;

/// <summary>Records and zones that come and go while the server runs; from any thread.</summary>
public sealed partial class DnsServer
{
    /// <summary>The records that were configured and added, without those of zones.</summary>
    public IReadOnlyList<DnsNamedRecord> Records => _names.Records;

    /// <summary>The zones that were configured and added, the longest names first.</summary>
    public IReadOnlyList<DnsZone> Zones => _names.Zones;

    /// <summary>Puts other records in the place of those that were configured.</summary>
    /// <returns>The name that keeps this from being done, as it was added; null: done.</returns>
    /// <exception cref="ArgumentException">A name is no domain name.</exception>
    public string? Configure(IReadOnlyList<DnsNamedRecord> records) => _names.Configure(records);

    /// <summary>Puts other zones in the place of those that were configured.</summary>
    /// <exception cref="ArgumentException">A name or a pattern in one is none.</exception>
    public void Configure(IReadOnlyList<DnsZone> zones) => _names.Configure(zones);

    /// <summary>Adds a name, or changes the addresses of one that was added.</summary>
    /// <returns>False when the name is built in or configured, and stays as it is.</returns>
    /// <exception cref="ArgumentException">It is no domain name.</exception>
    /// <exception cref="InvalidOperationException">Too many were added.</exception>
    public bool SetRecord(string name, IReadOnlyList<IpAddress> addresses) =>
        _names.Set(name, [.. addresses.Select(DnsRecordContent.Address)]);

    /// <summary>
    /// Adds a name with records of any type, or puts them in the place of those it was added with.
    /// </summary>
    /// <param name="ttlSeconds">How long others may keep them; null for 10 s.</param>
    /// <returns>False when the name is built in or configured, and stays as it is.</returns>
    /// <exception cref="ArgumentException">
    /// It is no domain name, or has a CNAME and something else.
    /// </exception>
    /// <exception cref="InvalidOperationException">Too many were added.</exception>
    public bool SetRecords(
        string name, IReadOnlyList<DnsRecordContent> records, uint? ttlSeconds = null) =>
        _names.Set(name, records, ttlSeconds);

    /// <summary>Forgets a name that was added. False if there is none.</summary>
    /// <exception cref="ArgumentException">It is no domain name.</exception>
    public bool RemoveRecord(string name) => _names.Remove(name);

    /// <summary>Adds a zone, or puts it in the place of the one with its name.</summary>
    /// <exception cref="ArgumentException">A name or a pattern in it is none.</exception>
    /// <exception cref="InvalidOperationException">Too many were added.</exception>
    public void SetZone(DnsZone zone) => _names.SetZone(zone);

    /// <summary>Forgets a zone. False if there is none.</summary>
    /// <exception cref="ArgumentException">It is no domain name.</exception>
    public bool RemoveZone(string name) => _names.RemoveZone(name);
}
