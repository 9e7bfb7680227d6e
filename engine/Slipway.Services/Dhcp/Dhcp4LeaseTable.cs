using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// Which client has which address. One writer; bounded by the pool and by
/// <see cref="DhcpSettings.MaxLeases"/>. A state's end is noticed at the next message
/// (<see cref="Expire"/>), since nobody else asks.
/// </summary>
internal sealed class LeaseTable
{
    private readonly DhcpSettings _settings;
    private readonly Action<Lease> _forgotten;
    private readonly Dictionary<uint, Lease> _byAddress = [];
    private readonly Dictionary<byte[], Lease> _byClient = new(OctetsComparer.Instance);
    private readonly Dictionary<byte[], Lease>.AlternateLookup<ReadOnlySpan<byte>> _byClientSpan;
    private readonly Dictionary<MacAddress, Lease> _staticByMac = [];
    private readonly HashSet<uint> _excluded = [];
    private readonly LeaseQueue _offered = new();
    private readonly LeaseQueue _bound = new();
    private readonly LeaseQueue _idle = new();
    private readonly LeaseQueue _declined = new();
    private readonly uint _first;
    private readonly uint _last;
    private readonly int _staticCount;

    /// <summary>No address below this one is free.</summary>
    private uint _lowestFree;

    /// <param name="settings">The pool and its bounds.</param>
    /// <param name="forgotten">
    /// Told of each lease, once bound, whose address goes to another.
    /// </param>
    public LeaseTable(DhcpSettings settings, Action<Lease> forgotten)
    {
        _settings = settings;
        _forgotten = forgotten;
        _byClientSpan = _byClient.GetAlternateLookup<ReadOnlySpan<byte>>();
        _first = settings.Subnet.Network.IPv4 + 1;
        _last = settings.Subnet.Last.IPv4 - 1;
        _lowestFree = _first;
        _excluded.Add(settings.Gateway.IPv4);
        if (settings.HostAlias is IpAddress alias)
        {
            _excluded.Add(alias.IPv4);
        }

        foreach (IpAddress reserved in settings.Reserved)
        {
            _excluded.Add(reserved.IPv4);
        }

        foreach (StaticLease item in settings.StaticLeases)
        {
            AddStatic(item);
        }

        _staticCount = _byAddress.Count;
    }

    /// <summary>
    /// Asked before an unused address is handed out: does another MAC answer for it?
    /// </summary>
    public Func<IpAddress, MacAddress, bool>? IsUsedByAnother { get; set; }

    public IEnumerable<Lease> All => _byAddress.Values;

    /// <summary>
    /// The client's lease. A static one of its MAC goes before what its identifier says.
    /// </summary>
    public Lease? Find(ReadOnlySpan<byte> client, MacAddress mac) =>
        _staticByMac.TryGetValue(mac, out Lease? lease)
            || _byClientSpan.TryGetValue(client, out lease)
            ? lease : null;

    public Lease? Find(IpAddress address) =>
        address.IsIPv4 && _byAddress.TryGetValue(address.IPv4, out Lease? lease) ? lease : null;

    /// <summary>
    /// True for an address that may be leased to a client that has no static one.
    /// </summary>
    public bool IsInPool(IpAddress address) =>
        address.IsIPv4 && address.IPv4 >= _first && address.IPv4 <= _last
        && !_excluded.Contains(address.IPv4);

    /// <summary>
    /// Holds an address for a client that has none: the one wanted if it is free, else the lowest
    /// that nobody ever had, else that of the client gone longest, else that of the oldest offer.
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

        Lease? lease = Take(wanted, mac) ?? TakeLowest(mac, now);
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
            Assign(lease, client, mac);
            lease.Port = port;
            Enter(lease, LeaseState.Offered, now + (long)_settings.OfferTime.TotalSeconds);
        }

        return lease;
    }

    /// <summary>
    /// Takes exactly this address for a client that has none, as a REQUEST asks: if it is free,
    /// or if <paramref name="fromOffer"/> and it is merely offered to another.
    /// </summary>
    public Lease? Claim(
        ReadOnlySpan<byte> client, MacAddress mac, IpAddress address, bool fromOffer, long now)
    {
        if (Find(address) is Lease held
            && (held.State == LeaseState.Idle || (fromOffer && held.State == LeaseState.Offered))
            && !held.IsStatic)
        {
            Remove(held);
        }

        Lease? lease = Take(address, mac);
        if (lease is not null)
        {
            Assign(lease, client, mac);
            Enter(lease, LeaseState.Offered, now + (long)_settings.OfferTime.TotalSeconds);
        }

        return lease;
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
            _byClient.Remove(lease.Client);
            lease.Client = [];
        }

        Enter(lease, state, expiresSeconds);
    }

    /// <summary>Forgets a lease: its address is free.</summary>
    public void Remove(Lease lease)
    {
        Queue(lease.State).Remove(lease);
        _byAddress.Remove(lease.Address.IPv4);
        if (lease.Client.Length > 0)
        {
            _byClient.Remove(lease.Client);
        }

        _lowestFree = Math.Min(_lowestFree, lease.Address.IPv4);
        if (lease.State is LeaseState.Idle or LeaseState.Bound)
        {
            _forgotten(lease);
        }
    }

    /// <summary>Ends what has expired.</summary>
    /// <param name="ended">Told of each lease that was bound.</param>
    public void Expire(long now, Action<Lease> ended)
    {
        while (_offered.First is Lease offered && offered.ExpiresSeconds <= now)
        {
            Remove(offered);
        }

        while (_declined.First is Lease declined && declined.ExpiresSeconds <= now)
        {
            Remove(declined);
        }

        while (_bound.First is Lease bound && bound.ExpiresSeconds <= now)
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

        // A file from a run with longer leases must not break the order of the queue.
        long expires =
            Math.Min(stored.ExpiresSeconds, now + (long)_settings.LeaseTime.TotalSeconds);
        lease.HostName ??= HostNameLabel.Sanitise(stored.HostName);
        Move(lease, expires > now ? LeaseState.Bound : LeaseState.Idle, expires);
        return true;
    }

    private Lease? Take(IpAddress address, MacAddress mac) =>
        IsInPool(address) && !_byAddress.ContainsKey(address.IPv4)
            && IsUsedByAnother?.Invoke(address, mac) != true && HasRoom() ? Add(address) : null;

    private Lease? TakeLowest(MacAddress mac, long now)
    {
        while (_lowestFree <= _last
            && (_byAddress.ContainsKey(_lowestFree) || _excluded.Contains(_lowestFree)))
        {
            _lowestFree++;
        }

        for (uint at = _lowestFree; at <= _last && HasRoom(); at++)
        {
            if (_byAddress.ContainsKey(at) || _excluded.Contains(at))
            {
                continue;
            }

            IpAddress address = IpAddress.FromIPv4(at);
            if (IsUsedByAnother?.Invoke(address, mac) != true)
            {
                return Add(address);
            }

            // Somebody sits on it unasked: it rests like a declined one, so that it is not asked
            // about for every client.
            Enter(
                Add(address), LeaseState.Declined, now + (long)_settings.DeclineTime.TotalSeconds);
        }

        return null;
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

    private bool HasRoom()
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

    private Lease Add(IpAddress address)
    {
        Lease lease = new(address);
        _byAddress.Add(address.IPv4, lease);
        return lease;
    }

    private void AddStatic(StaticLease item)
    {
        byte[] client = item.ClientId ?? ClientKey.Of(item.Mac.GetValueOrDefault());
        if (_byAddress.ContainsKey(item.Address.IPv4) || _byClient.ContainsKey(client))
        {
            throw new ArgumentException($"two static leases for {item.Address} or for one client");
        }

        _excluded.Add(item.Address.IPv4);
        Lease lease = Add(item.Address);
        lease.Client = client;
        lease.Mac = item.Mac.GetValueOrDefault();
        lease.State = LeaseState.Idle;
        lease.IsStatic = true;
        lease.HostName = HostNameLabel.Sanitise(item.HostName);
        lease.HasFixedName = lease.HostName is not null;
        _byClient.Add(client, lease);
        if (item.Mac is MacAddress mac)
        {
            _staticByMac.TryAdd(mac, lease);
        }
    }

    private void Assign(Lease lease, ReadOnlySpan<byte> client, MacAddress mac)
    {
        lease.Client = client.ToArray();
        lease.Mac = mac;
        _byClient.Add(lease.Client, lease);
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
