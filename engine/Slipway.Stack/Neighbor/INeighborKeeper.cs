using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// The way of another worker to the one that keeps the neighbor table. Answers come later, to
/// <see cref="NeighborCache"/>.
/// </summary>
public interface INeighborKeeper
{
    /// <summary>
    /// A guest still uses what it was confirmed to have: answered by <see
    /// cref="NeighborCache.Confirm"/> or <see cref="NeighborCache.Revoke"/>.
    /// </summary>
    void Note(IpAddress guest, in GuestRoute route);

    /// <summary>
    /// Asks for a guest: answered by <see cref="NeighborCache.Resolved"/> or <see
    /// cref="NeighborCache.Failed"/>.
    /// </summary>
    void Resolve(IpAddress guest);
}
