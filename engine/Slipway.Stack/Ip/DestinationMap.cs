using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Translates between the addresses that a guest uses and those that the host does: the host alias
/// is the host's loopback, all else is itself. What must not leave is refused here, once.
/// </summary>
public sealed class DestinationMap(StackSettings settings)
{
    private readonly Ipv6Settings? _ipv6 = settings.Ipv6;

    // Also where no NAT64 is here, there may be one on the host's network (RFC 6052 section 2.1).
    private static readonly IpPrefix s_nat64 = IpPrefix.Parse("64:ff9b::/96");

    // Those of Amazon and of Google; others' are 169.254.169.254.
    private static readonly IpAddress s_metadataOfAmazon = IpAddress.Parse("fd00:ec2::254");
    private static readonly IpAddress s_metadataOfGoogle = IpAddress.Parse("fd20:ce::254");

    /// <summary>
    /// The host's address for a guest's destination. False for what is never routed
    /// (<see cref="IsRouted"/>), and for link-local IPv4 and <see cref="IsMetadata"/> unless they
    /// are allowed.
    /// </summary>
    public bool TryToHost(IpAddress guestDestination, out IpAddress hostDestination) =>
        IsRouted(guestDestination, out hostDestination)
        && (settings.AllowsLinkLocal || !IsMetadata(hostDestination));

    /// <summary>
    /// True for link-local IPv4 addresses (RFC 3927), where clouds tell a host its secrets, for
    /// those that do so by IPv6, and for what another NAT64 would make the former of.
    /// </summary>
    public static bool IsMetadata(IpAddress host) => host.IsIPv4
        ? host.IsLinkLocal
        : host == s_metadataOfAmazon || host == s_metadataOfGoogle
            || (s_nat64.Contains(host) && IpAddress.FromIPv4((uint)host.Low).IsLinkLocal);

    /// <summary>
    /// The host's address for a guest's destination, whether a guest may reach it or a service
    /// takes its place. False for what is never routed: loopback, multicast, broadcast, 0.0.0.0/8,
    /// 240.0.0.0/4, link-local IPv6 addresses, those that hold an IPv4 one (RFC 4291 section
    /// 2.5.5), and the engine's own subnets (but the alias).
    /// </summary>
    public bool IsRouted(IpAddress guestDestination, out IpAddress hostDestination)
    {
        hostDestination = guestDestination;
        if (guestDestination == settings.HostAlias)
        {
            hostDestination = IpAddress.IPv4Loopback;
            return true;
        }

        return guestDestination.IsIPv4
            ? IsRoutedIPv4(guestDestination) : IsRouted6(guestDestination, out hostDestination);
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

    private bool IsRoutedIPv4(IpAddress address) =>
        address.IPv4 >> 24 is not (0 or 127) && address.IPv4 >> 28 < 0xe
        && !settings.Subnet.Contains(address);

    private bool IsRouted6(IpAddress destination, out IpAddress hostDestination)
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
            return IsRoutedIPv4(hostDestination);
        }

        return !HoldsIPv4(destination) && !destination.IsMulticast && !destination.IsLinkLocal
            && !_ipv6.Prefix.Contains(destination)
            && (!s_nat64.Contains(destination)
                || IsRoutedIPv4(IpAddress.FromIPv4((uint)destination.Low)));
    }
}
