using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>Who waits for the way to a guest.</summary>
public interface INeighborWaiter
{
    void OnNeighborResolved(IpAddress address, in GuestRoute route, Instant now);

    /// <summary>Nobody answered, or there was no room to ask.</summary>
    void OnNeighborFailed(IpAddress address, Instant now);
}
