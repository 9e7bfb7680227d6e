using System.Diagnostics.CodeAnalysis;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// What the DHCP servers of both families share: leases that are published as an immutable
/// snapshot, names in it, and the file that keeps them.
/// </summary>
public abstract class LeaseServer : ILeaseNames
{
    private readonly LeaseSettings _settings;
    private readonly LeaseTable _table;
    private readonly LeaseStore? _store;
    private readonly TimeProvider _time;
    private readonly Action<Lease> _leaseEnded;
    private LeaseSnapshot _snapshot = LeaseSnapshot.Empty;

    private protected LeaseServer(
        LeaseSettings settings, LeaseTable table, LeaseStore? store, TimeProvider? time)
    {
        _settings = settings;
        _table = table;
        _store = store;
        _time = time ?? SteadyTime.Shared;
        _leaseEnded = Publish;
        table.Forgotten = lease => Unpublish(lease.Address);
        Restore(_time.GetUtcNow().ToUnixTimeSeconds());
    }

    /// <summary>The leases as they are; from any thread.</summary>
    public LeaseSnapshot Leases => Volatile.Read(ref _snapshot);

    public string? Domain => _settings.Domain;

    /// <summary>
    /// Asked on the worker before an unused address is handed out: does another MAC than this
    /// answer for it? A guest that configured itself is seen this way.
    /// </summary>
    public Func<IpAddress, MacAddress, bool>? IsUsedByAnother
    {
        get => _table.IsUsedByAnother;
        set => _table.IsUsedByAnother = value;
    }

    /// <summary>
    /// Asked on the worker before a client is named: has a guest with another MAC this name in the
    /// other family (its <see cref="HasNameOfAnother"/>)? One name is one guest's in both.
    /// </summary>
    public Func<string, MacAddress, bool>? IsNamedElsewhere { get; set; }

    /// <summary>
    /// Told on the worker, once for a name and a lease, that a client did not get the name it asked
    /// for (<see cref="LeaseEntry.DeniedName"/>).
    /// </summary>
    public Action<LeaseEntry>? NameDenied { get; set; }

    /// <summary>
    /// Hands an address out no more; on the worker. False when it is a client's.
    /// </summary>
    public bool Exclude(IpAddress address) => _table.Exclude(address);

    /// <summary>Hands it out again; on the worker.</summary>
    public void Admit(IpAddress address) => _table.Admit(address);

    public bool TryGetAddress(string label, out IpAddress address)
    {
        LeaseEntry? entry = Leases.FindName(label, _time.GetUtcNow());
        address = entry?.Address ?? default;
        return entry is not null;
    }

    public bool TryGetName(IpAddress address, [NotNullWhen(true)] out string? label)
    {
        label = Leases.FindActive(address, _time.GetUtcNow())?.HostName;
        return label is not null;
    }

    /// <summary>True if a guest has the name that is known to have another MAC.</summary>
    public bool HasNameOfAnother(string label, MacAddress mac) =>
        Leases.FindName(label, _time.GetUtcNow()) is LeaseEntry holder
        && !holder.Mac.IsZero && holder.Mac != mac;

    /// <summary>Writes what is not yet written to the lease file.</summary>
    private protected void CloseStore() => _store?.Dispose();

    /// <summary>Ends what has expired; before each message.</summary>
    private protected void Expire(long now) => _table.Expire(now, _leaseEnded);

    /// <summary>The client has the address from now on, for a lease's time.</summary>
    /// <param name="asked">What it calls itself; null keeps what it said before.</param>
    private protected void Bind(Lease lease, string? asked, long now)
    {
        string? before = lease.DeniedName;
        Name(lease, asked ?? lease.DeniedName ?? lease.HostName, now);
        _table.Move(lease, LeaseState.Bound, now + (long)_settings.LeaseTime.TotalSeconds);
        Publish(lease);
        if (lease.DeniedName is not null && lease.DeniedName != before)
        {
            NameDenied?.Invoke(Entry(lease));
        }
    }

    /// <summary>The client has given its address back, and is remembered.</summary>
    private protected void Release(Lease lease, long now)
    {
        _table.Move(lease, LeaseState.Idle, now);
        Publish(lease);
    }

    /// <summary>
    /// The client has found somebody else at its address. Only its holder can take an address away,
    /// and only for a time: a guest that declines all it gets empties the pool, which then gives
    /// out the longest declined again.
    /// </summary>
    private protected void Decline(Lease lease, long now)
    {
        if (lease.IsStatic)
        {
            Release(lease, now);
            return;
        }

        Unpublish(lease.Address);
        _table.Move(lease, LeaseState.Declined, now + (long)_settings.DeclineTime.TotalSeconds);
    }

    private void Restore(long now)
    {
        foreach (Lease lease in _table.All)
        {
            Publish(lease);
        }

        if (_store is null)
        {
            return;
        }

        foreach (LeaseEntry stored in _store.Load().OrderBy(entry => entry.ExpiresSeconds))
        {
            if (_table.Restore(stored, now) && _table.Find(stored.Address) is Lease lease)
            {
                Name(lease, lease.HostName, now);
                Publish(lease);
            }
        }
    }

    /// <summary>Gives a lease its name, with a suffix if another guest has it.</summary>
    private void Name(Lease lease, string? asked, long now)
    {
        if (asked is null || lease.HasFixedName)
        {
            return;
        }

        if (lease.HostName is string kept && HostNameLabel.IsVariantOf(kept, asked)
            && IsFree(kept, lease, now))
        {
            lease.DeniedName = kept == asked ? null : asked;
            return;
        }

        // As many guests as there are addresses may ask for one name; past these it goes without.
        const int MaxSuffix = 99;
        string? name = asked;
        for (int number = 2; name is not null && !IsFree(name, lease, now); number++)
        {
            name = number <= MaxSuffix ? HostNameLabel.WithSuffix(asked, number) : null;
        }

        lease.HostName = name;
        lease.DeniedName = name == asked ? null : asked;
    }

    /// <summary>
    /// A name is free if nobody has it, or the same machine by an earlier identifier.
    /// </summary>
    private bool IsFree(string name, Lease lease, long now) =>
        (_snapshot.FindName(name, DateTimeOffset.FromUnixTimeSeconds(now)) is not LeaseEntry holder
            || holder.Address == lease.Address
            || (holder.Mac == lease.Mac && !holder.IsStatic))
        && IsNamedElsewhere?.Invoke(name, lease.Mac) != true;

    private void Publish(Lease lease)
    {
        Volatile.Write(ref _snapshot, _snapshot.With(Entry(lease)));
        _store?.Changed(_snapshot);
    }

    private static LeaseEntry Entry(Lease lease) => new(
        lease.Address, lease.Mac, lease.Client, lease.HostName, lease.ExpiresSeconds,
        lease.IsStatic)
    {
        DeniedName = lease.DeniedName,
    };

    /// <summary>A lease that was published has lost its client.</summary>
    private void Unpublish(IpAddress address)
    {
        Volatile.Write(ref _snapshot, _snapshot.Without(address));
        _store?.Changed(_snapshot);
    }
}
