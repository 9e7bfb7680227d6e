using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// The leases of IPv6 addresses. Which one a client gets is a hash of its identity, and the next
/// that is free: so it is the same after a restart, lease file or not.
/// </summary>
internal sealed class Dhcp6LeaseTable : LeaseTable
{
    private readonly Dhcp6Settings _settings;
    private readonly Dictionary<MacAddress, Lease> _staticByMac = [];
    private readonly Dictionary<byte[], Lease> _staticByDuid = new(OctetsComparer.Instance);
    private readonly Dictionary<byte[], Lease>.AlternateLookup<ReadOnlySpan<byte>> _staticBySpan;
    private readonly IpAddress _first;

    /// <summary>From the first address to the last; less than 2^63.</summary>
    private readonly ulong _span;

    /// <param name="settings">The pool and its bounds.</param>
    /// <exception cref="ArgumentException">
    /// The pool's last address is before its first or in another /64; two static leases are for one
    /// address or for one client.
    /// </exception>
    public Dhcp6LeaseTable(Dhcp6Settings settings)
        : base(settings, settings.Gateway, settings.HostAlias)
    {
        _settings = settings;
        _first = settings.PoolFirst;
        IpAddress last = settings.PoolLast;
        if (_first.High != last.High || _first.Low > last.Low)
        {
            throw new ArgumentException($"no pool goes from {_first} to {last}");
        }

        _span = Math.Min(last.Low - _first.Low, long.MaxValue);
        _staticBySpan = _staticByDuid.GetAlternateLookup<ReadOnlySpan<byte>>();
        foreach (Dhcp6StaticLease item in settings.StaticLeases)
        {
            AddStatic(item);
        }
    }

    public override Lease? Find(ReadOnlySpan<byte> client, MacAddress mac)
    {
        Lease? lease = FindClient(client);
        return lease?.IsStatic != true && FindStatic(AssociationKey.Duid(client), mac) is Lease own
            && !IsOfAnotherAssociation(own, client) ? own : lease;
    }

    /// <summary>
    /// A static lease goes with the client from one DUID or IAID to the next, as when a boot ROM
    /// gives way to the system; what it had from the pool is free then.
    /// </summary>
    public override void Adopt(Lease lease, ReadOnlySpan<byte> client, MacAddress mac)
    {
        if (lease.IsStatic && !client.SequenceEqual(lease.Client))
        {
            if (FindClient(client) is Lease other)
            {
                Remove(other);
            }

            Unassign(lease);
            Assign(lease, client, mac);
        }

        base.Adopt(lease, client, mac);
    }

    /// <summary>
    /// Keeps a client's lease until it asks for it. A static one is set aside too, so that a second
    /// association of the same client is not offered the same address.
    /// </summary>
    public void Reserve(Lease lease, ReadOnlySpan<byte> client, MacAddress mac)
    {
        if (lease.IsStatic
            && (lease.ExpiresSeconds <= Now || !client.SequenceEqual(lease.Client)))
        {
            Adopt(lease, client, mac);
            Move(lease, LeaseState.Offered, Now + (long)_settings.OfferTime.TotalSeconds);
            return;
        }

        Prolong(lease, Now);
    }

    /// <summary>The prefix's own address is every router's (RFC 4291 section 2.6.1).</summary>
    protected override bool IsInRange(IpAddress address) =>
        address.High == _first.High && address.Low >= _first.Low
        && address.Low - _first.Low <= _span && address != _settings.Prefix.Network;

    protected override Lease? TakeUnused(ReadOnlySpan<byte> client, MacAddress mac, long now)
    {
        // The hash has no secret: who aims at another's address only makes it get the next one.
        ulong at = SipHash.Hash(client, 0, 0) % (_span + 1);
        for (ulong tries = 0; tries <= _span && HasRoom(); tries++)
        {
            IpAddress address = new(_first.High, _first.Low + at);
            if (IsInPool(address) && !IsTaken(address)
                && TakeOrRest(address, mac, now) is Lease lease)
            {
                return lease;
            }

            at = at == _span ? 0 : at + 1;
        }

        return null;
    }

    private Lease? FindStatic(ReadOnlySpan<byte> duid, MacAddress mac) =>
        _staticBySpan.TryGetValue(duid, out Lease? lease)
            || _staticByMac.TryGetValue(mac, out lease)
            || (Duid.TryGetMac(duid, out MacAddress held)
                && _staticByMac.TryGetValue(held, out lease))
            ? lease : null;

    /// <summary>True while another IAID of the same client has the address.</summary>
    private bool IsOfAnotherAssociation(Lease lease, ReadOnlySpan<byte> client) =>
        lease.ExpiresSeconds > Now && !client.SequenceEqual(lease.Client)
        && AssociationKey.Duid(client).SequenceEqual(AssociationKey.Duid(lease.Client));

    private void AddStatic(Dhcp6StaticLease item)
    {
        Lease lease = AddStatic(item.Address, item.Mac, item.HostName);
        bool isFirst = item.Duid is byte[] duid
            ? _staticByDuid.TryAdd(duid, lease) : _staticByMac.TryAdd(lease.Mac, lease);
        if (!isFirst)
        {
            throw new ArgumentException($"two static leases for {item.Address}'s client");
        }
    }
}
