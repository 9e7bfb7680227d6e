using System.Collections.Immutable;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// All leases at one moment: those in use and those remembered. Immutable, so that the API, DNS and
/// the lease file read it from their threads without a lock, while the worker makes the next one.
/// </summary>
public sealed class LeaseSnapshot
{
    public static readonly LeaseSnapshot Empty = new(
        ImmutableDictionary<IpAddress, LeaseEntry>.Empty,
        ImmutableDictionary<string, IpAddress>.Empty.WithComparers(StringComparer.Ordinal));

    private LeaseSnapshot(
        ImmutableDictionary<IpAddress, LeaseEntry> leases,
        ImmutableDictionary<string, IpAddress> names)
    {
        Leases = leases;
        Names = names;
    }

    public ImmutableDictionary<IpAddress, LeaseEntry> Leases { get; }

    /// <summary>
    /// Who has a name: a label in lower case to an address in <see cref="Leases"/>.
    /// </summary>
    public ImmutableDictionary<string, IpAddress> Names { get; }

    /// <summary>The holder of a name now; null if nobody is, or its lease has ended.</summary>
    public LeaseEntry? FindName(string label, DateTimeOffset now) =>
        Names.TryGetValue(label, out IpAddress address) ? FindActive(address, now) : null;

    /// <summary>The lease of an address that is in use now, or static.</summary>
    public LeaseEntry? FindActive(IpAddress address, DateTimeOffset now) =>
        Leases.TryGetValue(address, out LeaseEntry? entry)
            && (entry.IsStatic || entry.IsActive(now))
            ? entry : null;

    /// <summary>With this entry, which has its name (if it has one) from now on.</summary>
    public LeaseSnapshot With(LeaseEntry entry)
    {
        ImmutableDictionary<string, IpAddress> names = WithoutNameOf(entry.Address);
        return new LeaseSnapshot(
            Leases.SetItem(entry.Address, entry),
            entry.HostName is null ? names : names.SetItem(entry.HostName, entry.Address));
    }

    public LeaseSnapshot Without(IpAddress address) =>
        new(Leases.Remove(address), WithoutNameOf(address));

    private ImmutableDictionary<string, IpAddress> WithoutNameOf(IpAddress address) =>
        Leases.TryGetValue(address, out LeaseEntry? old) && old.HostName is not null
            && Names.TryGetValue(old.HostName, out IpAddress holder) && holder == address
            ? Names.Remove(old.HostName) : Names;
}
