using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// Which client has which address, of one family. One writer; bounded by the pool and by
/// <see cref="LeaseSettings.MaxLeases"/>. A state's end is noticed at the next message
/// (<see cref="Expire"/>), since nobody else asks.
/// </summary>
internal abstract class LeaseTable
{
    private readonly LeaseSettings _settings;
    private readonly Dictionary<IpAddress, Lease> _byAddress = [];
    private readonly Dictionary<byte[], Lease> _byClient = new(OctetsComparer.Instance);
    private readonly Dictionary<byte[], Lease>.AlternateLookup<ReadOnlySpan<byte>> _byClientSpan;
    private readonly HashSet<IpAddress> _excluded = [];
    private readonly LeaseQueue _offered = new();
    private readonly LeaseQueue _bound = new();
    private readonly LeaseQueue _idle = new();
    private readonly LeaseQueue _declined = new();
    private int _staticCount;

    /// <param name="settings">Times and bounds.</param>
    /// <param name="gateway">Never handed out.</param>
    /// <param name="hostAlias">Nor this one; null when it is switched off.</param>
    protected LeaseTable(LeaseSettings settings, IpAddress gateway, IpAddress? hostAlias)
    {
        _settings = settings;
        _byClientSpan = _byClient.GetAlternateLookup<ReadOnlySpan<byte>>();
        _excluded.Add(gateway);
        if (hostAlias is IpAddress alias)
        {
            _excluded.Add(alias);
        }

        _excluded.UnionWith(settings.Reserved);
    }

    /// <summary>
    /// Told of each lease, once bound, whose address goes to another.
    /// </summary>
    public Action<Lease>? Forgotten { get; set; }

    /// <summary>
    /// Asked before an unused address is handed out: does another MAC answer for it?
    /// </summary>
    public Func<IpAddress, MacAddress, bool>? IsUsedByAnother { get; set; }

    public IEnumerable<Lease> All => _byAddress.Values;

    /// <summary>The time of the last <see cref="Expire"/>, in Unix seconds.</summary>
    protected long Now { get; private set; }

    /// <summary>
    /// The client's lease. A static one that is its own goes before what its identifier says.
    /// </summary>
    public abstract Lease? Find(ReadOnlySpan<byte> client, MacAddress mac);

    public Lease? Find(IpAddress address) => _byAddress.GetValueOrDefault(address);

    /// <summary>
    /// True for an address that may be leased to a client that has no static one.
    /// </summary>
    public bool IsInPool(IpAddress address) => IsInRange(address) && !_excluded.Contains(address);

    /// <summary>
    /// Holds an address for a client that has none: the one wanted if it is free, else one that
    /// nobody ever had, else that of the client gone longest, else that of the oldest offer.
    /// </summary>
    /// <returns>The lease in the state Offered, or null when all are in use.</returns>
    public Lease? Offer(
        ReadOnlySpan<byte> client, MacAddress mac, int port, IpAddress wanted, long now,
        out bool evicted)
    {
        evicted = false;
        if (_offered.Count >= _settings.MaxOffers && _offered.First is Lease oldest)
        {
            evicted = true;
            Remove(oldest);
        }

        Lease? lease = Take(wanted, mac) ?? TakeUnused(client, mac, now);
        if (lease is null && (_idle.First ?? _offered.First ?? _declined.First
            ?? FindHoarded(port, mac)) is Lease victim)
        {
            evicted |= victim.State == LeaseState.Offered;
            IpAddress address = victim.Address;
            Remove(victim);
            lease = Add(address);
        }

        if (lease is not null)
        {
            lease.Port = port;
            Hold(lease, client, mac, now);
        }

        return lease;
    }

    /// <summary>The lease that has exactly this client.</summary>
    public Lease? FindClient(ReadOnlySpan<byte> client) =>
        _byClientSpan.TryGetValue(client, out Lease? lease) ? lease : null;

    /// <summary>The client to which a lease was found uses it from now on.</summary>
    public virtual void Adopt(Lease lease, ReadOnlySpan<byte> client, MacAddress mac) =>
        lease.Mac = mac;

    /// <summary>
    /// Keeps what has been found for a client a little longer, as an offer tells it.
    /// </summary>
    public void Prolong(Lease lease, long now)
    {
        if (lease.State == LeaseState.Offered)
        {
            Move(lease, LeaseState.Offered, now + (long)_settings.OfferTime.TotalSeconds);
        }
        else if (lease.State == LeaseState.Idle)
        {
            // Remembered: the address is the client's as it is; being last in the queue keeps it.
            Move(lease, LeaseState.Idle, lease.ExpiresSeconds);
        }
    }

    /// <summary>
    /// Moves a lease to another state (or to the end of its queue, with a new expiry).
    /// </summary>
    public void Move(Lease lease, LeaseState state, long expiresSeconds)
    {
        if (!lease.IsStatic)
        {
            Queue(lease.State).Remove(lease);
        }

        if (state == LeaseState.Declined)
        {
            Unassign(lease);
        }

        Enter(lease, state, expiresSeconds);
    }

    /// <summary>Forgets a lease: its address is free.</summary>
    public void Remove(Lease lease)
    {
        Queue(lease.State).Remove(lease);
        _byAddress.Remove(lease.Address);
        if (lease.Client.Length > 0)
        {
            _byClient.Remove(lease.Client);
        }

        OnFreed(lease.Address);
        if (lease.State is LeaseState.Idle or LeaseState.Bound)
        {
            Forgotten?.Invoke(lease);
        }
    }

    /// <summary>
    /// Hands an address out no more. False when it is a client's: leased, offered or kept for it.
    /// </summary>
    public bool Exclude(IpAddress address)
    {
        if (Find(address) is Lease lease)
        {
            if (lease.IsStatic || lease.State is LeaseState.Bound or LeaseState.Offered)
            {
                return false;
            }

            Remove(lease);
        }

        _excluded.Add(address);
        return true;
    }

    /// <summary>Hands an address out again that was excluded.</summary>
    public void Admit(IpAddress address)
    {
        _excluded.Remove(address);
        OnFreed(address);
    }

    /// <summary>Ends what has expired.</summary>
    /// <param name="ended">Told of each lease that was bound.</param>
    public void Expire(long now, Action<Lease> ended)
    {
        Now = now;
        while (_offered.First is Lease offered && offered.ExpiresSeconds <= now)
        {
            Remove(offered);
        }

        while (_declined.First is Lease declined && declined.ExpiresSeconds <= now)
        {
            Remove(declined);
        }

        // It was granted within the second of which its end counts: a client that counts from then
        // on has its address for as much longer.
        while (_bound.First is Lease bound && bound.ExpiresSeconds < now)
        {
            Move(bound, LeaseState.Idle, bound.ExpiresSeconds);
            ended(bound);
        }
    }

    /// <summary>
    /// Takes a lease over from an earlier run; false if it does not fit this one.
    /// </summary>
    public bool Restore(LeaseEntry stored, long now)
    {
        Lease? lease = Find(stored.Client, stored.Mac);
        if (lease is null && _byAddress.Count - _staticCount < _settings.MaxLeases)
        {
            lease = Take(stored.Address, stored.Mac);
            if (lease is not null)
            {
                Assign(lease, stored.Client, stored.Mac);
                Queue(lease.State).Add(lease);
            }
        }
        else if (lease?.IsStatic == false || lease?.Address != stored.Address)
        {
            return false;
        }

        if (lease is null)
        {
            return false;
        }

        Adopt(lease, stored.Client, stored.Mac);

        // A file from a run with longer leases must not break the order of the queue.
        long expires =
            Math.Min(stored.ExpiresSeconds, now + (long)_settings.LeaseTime.TotalSeconds);
        lease.HostName ??= HostNameLabel.Sanitise(stored.HostName);
        Move(lease, expires >= now ? LeaseState.Bound : LeaseState.Idle, expires);
        return true;
    }

    /// <summary>True for an address between the pool's first and last.</summary>
    protected abstract bool IsInRange(IpAddress address);

    /// <summary>Takes an address that nobody has; null if there is none.</summary>
    protected abstract Lease? TakeUnused(ReadOnlySpan<byte> client, MacAddress mac, long now);

    /// <summary>An address has lost its lease.</summary>
    protected virtual void OnFreed(IpAddress address)
    {
    }

    protected bool IsTaken(IpAddress address) =>
        _byAddress.ContainsKey(address) || _excluded.Contains(address);

    /// <summary>Exactly this address, if it is free.</summary>
    protected Lease? Take(IpAddress address, MacAddress mac) =>
        IsInPool(address) && !_byAddress.ContainsKey(address)
            && IsUsedByAnother?.Invoke(address, mac) != true && HasRoom() ? Add(address) : null;

    /// <summary>
    /// An address of the pool that is not taken. If somebody sits on it unasked, it rests like a
    /// declined one, so that it is not asked about for every client.
    /// </summary>
    protected Lease? TakeOrRest(IpAddress address, MacAddress mac, long now)
    {
        Lease lease = Add(address);
        if (IsUsedByAnother?.Invoke(address, mac) != true)
        {
            return lease;
        }

        Enter(lease, LeaseState.Declined, now + (long)_settings.DeclineTime.TotalSeconds);
        return null;
    }

    /// <summary>True if one lease more fits; the one that is needed least makes room.</summary>
    protected bool HasRoom()
    {
        if (_byAddress.Count - _staticCount < _settings.MaxLeases)
        {
            return true;
        }

        if ((_idle.First ?? _offered.First ?? _declined.First) is not Lease victim)
        {
            return false;
        }

        Remove(victim);
        return true;
    }

    /// <summary>Gives a lease that was just taken to a client, as an offer.</summary>
    protected void Hold(Lease lease, ReadOnlySpan<byte> client, MacAddress mac, long now)
    {
        Assign(lease, client, mac);
        Enter(lease, LeaseState.Offered, now + (long)_settings.OfferTime.TotalSeconds);
    }

    /// <summary>Adds an address that is one client's.</summary>
    /// <exception cref="ArgumentException">Another has the address.</exception>
    protected Lease AddStatic(IpAddress address, MacAddress? mac, string? hostName)
    {
        if (_byAddress.ContainsKey(address))
        {
            throw new ArgumentException($"two static leases for {address}");
        }

        _excluded.Add(address);
        Lease lease = Add(address);
        lease.Mac = mac.GetValueOrDefault();
        lease.State = LeaseState.Idle;
        lease.IsStatic = true;
        lease.HostName = HostNameLabel.Sanitise(hostName);
        lease.HasFixedName = lease.HostName is not null;
        _staticCount++;
        return lease;
    }

    /// <summary>The lease is this client's from now on.</summary>
    protected void Assign(Lease lease, ReadOnlySpan<byte> client, MacAddress mac)
    {
        lease.Client = client.ToArray();
        lease.Mac = mac;
        _byClient.Add(lease.Client, lease);
    }

    /// <summary>The lease has no client until one is assigned.</summary>
    protected void Unassign(Lease lease)
    {
        _byClient.Remove(lease.Client);
        lease.Client = [];
    }

    private Lease Add(IpAddress address)
    {
        Lease lease = new(address);
        _byAddress.Add(address, lease);
        return lease;
    }

    /// <summary>
    /// When all addresses are bound: one of the port that has most, if the asking port has at least
    /// two less and nobody is heard at the address. So one guest cannot keep the others out by
    /// asking for every address there is.
    /// </summary>
    private Lease? FindHoarded(int port, MacAddress mac)
    {
        Dictionary<int, int> leasesByPort = [];
        for (Lease? lease = _bound.First; lease is not null; lease = lease.Next)
        {
            leasesByPort[lease.Port] = leasesByPort.GetValueOrDefault(lease.Port) + 1;
        }

        (int hoarder, int most) = (0, 0);
        foreach ((int holder, int count) in leasesByPort)
        {
            (hoarder, most) = count > most ? (holder, count) : (hoarder, most);
        }

        if (most < leasesByPort.GetValueOrDefault(port) + 2)
        {
            return null;
        }

        for (Lease? lease = _bound.First; lease is not null; lease = lease.Next)
        {
            if (lease.Port == hoarder && IsUsedByAnother?.Invoke(lease.Address, mac) != true)
            {
                return lease;
            }
        }

        return null;
    }

    private void Enter(Lease lease, LeaseState state, long expiresSeconds)
    {
        lease.State = state;
        lease.ExpiresSeconds = expiresSeconds;
        if (!lease.IsStatic)
        {
            Queue(state).Add(lease);
        }
    }

    private LeaseQueue Queue(LeaseState state) => state switch
    {
        LeaseState.Offered => _offered,
        LeaseState.Bound => _bound,
        LeaseState.Idle => _idle,
        _ => _declined,
    };
}
