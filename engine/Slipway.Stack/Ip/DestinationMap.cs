using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Translates between the addresses that a guest uses and those that the host does: the host alias
/// is the host's loopback, all else is itself. What must not leave is refused here, once.
/// </summary>
public sealed class DestinationMap(StackSettings settings)
{
    private readonly Ipv6Settings? _ipv6 = settings.Ipv6;

    /// <summary>
    /// The host's address for a guest's destination. False for what is never routed: loopback,
    /// multicast, broadcast, 0.0.0.0/8, 240.0.0.0/4, link-local IPv6 addresses, those that hold an
    /// IPv4 one (RFC 4291 section 2.5.5), and the engine's own subnets (but the alias).
    /// </summary>
    public bool TryToHost(IpAddress guestDestination, out IpAddress hostDestination)
    {
        hostDestination = guestDestination;
        if (guestDestination == settings.HostAlias)
        {
            hostDestination = IpAddress.IPv4Loopback;
            return true;
        }

        return guestDestination.IsIPv4
            ? IsRouted(guestDestination) : TryToHost6(guestDestination, out hostDestination);
    }

    /// <summary>
    /// True for IPv6 addresses that are IPv4 ones in disguise (RFC 4291 section 2.5.5), :: and ::1
    /// among them.
    /// </summary>
    public static bool HoldsIPv4(IpAddress address) => address.High == 0 && address.Low >> 48 == 0;

    /// <summary>The address by which a guest knows a host's address.</summary>
    /// <param name="hostSource">As the host's socket has it.</param>
    /// <param name="guest">An address of the guest, which tells its family.</param>
    public IpAddress ToGuest(IpAddress hostSource, IpAddress guest)
    {
        if (hostSource.IsLoopback)
        {
            return (guest.IsIPv4 ? settings.HostAlias : _ipv6?.HostAlias) ?? hostSource;
        }

        return hostSource.IsIPv4 && !guest.IsIPv4 && _ipv6?.Nat64Prefix is IpPrefix nat64
            ? new IpAddress(nat64.Network.High, nat64.Network.Low | hostSource.IPv4) : hostSource;
    }

    private bool IsRouted(IpAddress address) =>
        address.IPv4 >> 24 is not (0 or 127) && address.IPv4 >> 28 < 0xe
        && !settings.Subnet.Contains(address);

    private bool TryToHost6(IpAddress destination, out IpAddress hostDestination)
    {
        hostDestination = destination;
        if (_ipv6 is null)
        {
            return false;
        }

        if (destination == _ipv6.HostAlias)
        {
            hostDestination = IpAddress.IPv6Loopback;
            return true;
        }

        if (_ipv6.Nat64Prefix is IpPrefix nat64 && nat64.Contains(destination))
        {
            hostDestination = IpAddress.FromIPv4((uint)destination.Low);
            return IsRouted(hostDestination);
        }

        return !HoldsIPv4(destination) && !destination.IsMulticast && !destination.IsLinkLocal
            && !_ipv6.Prefix.Contains(destination);
    }
}
