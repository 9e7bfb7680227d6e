using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// The leases of IPv4 addresses: all of the subnet, from the lowest that is to be chosen, so that
/// the first guest has the address that a published port leads to.
/// </summary>
internal sealed class Dhcp4LeaseTable : LeaseTable
{
    private readonly Dictionary<MacAddress, Lease> _staticByMac = [];
    private readonly uint _first;
    private readonly uint _last;
    private readonly uint _lowest;

    /// <summary>No address from the lowest to below this one is free.</summary>
    private uint _lowestFree;

    /// <param name="settings">The pool and its bounds.</param>
    public Dhcp4LeaseTable(DhcpSettings settings)
        : base(settings, settings.Gateway, settings.HostAlias)
    {
        _first = settings.Subnet.Network.IPv4 + 1;
        _last = settings.Subnet.Last.IPv4 - 1;
        _lowest = settings.First?.IPv4 ?? _first;
        _lowestFree = _lowest;
        foreach (StaticLease item in settings.StaticLeases)
        {
            AddStatic(item);
        }
    }

    public override Lease? Find(ReadOnlySpan<byte> client, MacAddress mac) =>
        _staticByMac.TryGetValue(mac, out Lease? lease) ? lease : FindClient(client);

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
            Hold(lease, client, mac, now);
        }

        return lease;
    }

    protected override bool IsInRange(IpAddress address) =>
        address.IsIPv4 && address.IPv4 >= _first && address.IPv4 <= _last;

    protected override Lease? TakeUnused(ReadOnlySpan<byte> client, MacAddress mac, long now)
    {
        while (_lowestFree <= _last && IsTaken(IpAddress.FromIPv4(_lowestFree)))
        {
            _lowestFree++;
        }

        for (uint at = _lowestFree; at <= _last && HasRoom(); at++)
        {
            IpAddress address = IpAddress.FromIPv4(at);
            if (!IsTaken(address) && TakeOrRest(address, mac, now) is Lease lease)
            {
                return lease;
            }
        }

        return null;
    }

    protected override void OnFreed(IpAddress address) =>
        _lowestFree = Math.Max(_lowest, Math.Min(_lowestFree, address.IPv4));

    private void AddStatic(StaticLease item)
    {
        byte[] client = item.ClientId ?? ClientKey.Of(item.Mac.GetValueOrDefault());
        if (FindClient(client) is not null)
        {
            throw new ArgumentException($"two static leases for {item.Address}'s client");
        }

        Lease lease = AddStatic(item.Address, item.Mac, item.HostName);
        Assign(lease, client, lease.Mac);
        if (item.Mac is MacAddress mac)
        {
            _staticByMac.TryAdd(mac, lease);
        }
    }
}
