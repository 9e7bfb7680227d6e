using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>Where a published port leads; it may be another guest each time.</summary>
public interface IPublishedGuest
{
    /// <summary>The guest's address now; false while there is no such guest.</summary>
    bool TryFind(Instant now, out IpAddress address);
}
