using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// What the protocols ask of the guests' whereabouts: the table itself (<see
/// cref="NeighborTable"/>), or the memory of a worker that is not the one who keeps it (<see
/// cref="NeighborCache"/>).
/// </summary>
public interface INeighbors
{
    /// <summary>The way to a guest that was heard lately.</summary>
    bool TryFind(IpAddress guest, out GuestRoute route);

    /// <summary>
    /// Notes that a guest used an address. False, and counted, when another MAC holds the address.
    /// </summary>
    bool Learn(IpAddress guest, MacAddress mac, IGuestPort port, Instant now);

    /// <summary>
    /// Asks for a guest and tells the waiter how that ended; at once where it is known. A waiter
    /// that asks again while it waits is told once.
    /// </summary>
    void Resolve(IpAddress guest, INeighborWaiter waiter, Instant now);
}
