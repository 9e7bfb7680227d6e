using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Translates between the addresses that a guest uses and those that the host does: the host alias
/// is the host's loopback, all else is itself. What must not leave is refused here, once.
/// </summary>
public sealed class DestinationMap(StackSettings settings)
{
    /// <summary>
    /// The host's address for a guest's destination. False for what is never routed: loopback,
    /// multicast, broadcast, 0.0.0.0/8, 240.0.0.0/4, and the engine's own subnet (but the alias).
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
            && guestDestination.IPv4 >> 24 is not (0 or 127) && guestDestination.IPv4 >> 28 < 0xe
            && !settings.Subnet.Contains(guestDestination);
    }

    /// <summary>The address by which the guest knows a host's address.</summary>
    public IpAddress ToGuest(IpAddress hostSource) =>
        hostSource.IsLoopback && settings.HostAlias is IpAddress alias ? alias : hostSource;
}
