using Slipway.Services;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// Where a publication leads: an address, a lease's name, or the first guest. Of a name it is
/// whoever has it at the moment; the first guest is the one at the first address, or while that is
/// neither leased nor heard of, the leased one with the lowest.
/// </summary>
internal sealed class GuestTarget(
    PublishSpecification settings, IpAddress firstGuest, NeighborTable neighbors,
    DhcpServer? dhcp, Dhcp6Server? dhcp6) : IPublishedGuest, INeighborWaiter
{
    private readonly string? _label = LabelOf(settings.GuestName, dhcp?.Domain);
    private readonly string? _label6 = LabelOf(settings.GuestName, dhcp6?.Domain);

    // What was found last, in lists of leases that are other objects after each change: datagrams
    // ask one by one.
    private LeaseSnapshot? _searched;
    private LeaseSnapshot? _searched6;
    private LeaseEntry? _found;

    /// <summary>Where datagrams go: those for a guest that is asked for by ARP are kept.</summary>
    public bool TryFind(Instant now, out IpAddress address)
    {
        if (!TryFindHeard(out address) && settings is { GuestName: null, Link: 0 })
        {
            address = firstGuest;
        }

        return !address.IsUnspecified;
    }

    /// <summary>Where a connection goes; false while there is no such guest.</summary>
    public bool TryFindHeard(out IpAddress address)
    {
        address = settings.Guest.Address;
        if (address.IsUnspecified)
        {
            address = settings.GuestName is null ? FindFirst() : FindName();
        }

        // The address may have passed to another guest since.
        if (settings.Link != 0 && neighbors.TryFind(address, out GuestRoute route)
            && route.Port.Id != settings.Link)
        {
            address = default;
        }

        return !address.IsUnspecified;
    }

    /// <summary>Asks for a guest that has its address by hand, and has not been heard.</summary>
    public void Ask(Instant now)
    {
        if (settings.Guest.Address.IsUnspecified && settings.GuestName is null)
        {
            neighbors.Resolve(firstGuest, this, now);
        }
    }

    void INeighborWaiter.OnNeighborResolved(
        IpAddress address, in GuestRoute route, Instant now)
    {
        // Who waits looks again by itself.
    }

    void INeighborWaiter.OnNeighborFailed(IpAddress address, Instant now)
    {
        // It is asked for again while a client waits.
    }

    private IpAddress FindName()
    {
        DateTimeOffset now = SteadyTime.Shared.GetUtcNow();
        if (_searched != dhcp?.Leases || _searched6 != dhcp6?.Leases
            || _found is not { IsStatic: true } && _found?.IsActive(now) != true)
        {
            _searched = dhcp?.Leases;
            _searched6 = dhcp6?.Leases;
            _found = _searched?.FindName(_label!, now) ?? _searched6?.FindName(_label6!, now);
        }

        return _found?.Address ?? default;
    }

    // "web" of "web.internal".
    private static string? LabelOf(string? name, string? domain) =>
        name is not null && domain is not null
            && name.EndsWith($".{domain}", StringComparison.OrdinalIgnoreCase)
            ? name[..^(domain.Length + 1)] : name;

    private IpAddress FindFirst()
    {
        DateTimeOffset now = SteadyTime.Shared.GetUtcNow();
        if (dhcp is null || neighbors.TryFind(firstGuest, out _)
            || dhcp.Leases.FindActive(firstGuest, now)?.IsActive(now) == true)
        {
            return firstGuest;
        }

        if (_searched != dhcp.Leases || _found?.IsActive(now) != true)
        {
            _searched = dhcp.Leases;
            _found = null;
            foreach (LeaseEntry lease in _searched.Leases.Values)
            {
                bool isLower = _found is null || lease.Address.IPv4 < _found.Address.IPv4;
                _found = isLower && lease.IsActive(now) ? lease : _found;
            }
        }

        return _found?.Address ?? default;
    }
}
