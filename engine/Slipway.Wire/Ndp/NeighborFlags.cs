namespace Slipway.Wire;

/// <summary>
/// The flags of a <see cref="NeighborAdvertisement"/> (RFC 4861 section 4.4), at their bits.
/// </summary>
[Flags]
public enum NeighborFlags : byte
{
    None = 0,

    /// <summary>A cache entry that exists is to be overwritten.</summary>
    Override = 0x20,

    /// <summary>It answers a solicitation, and so proves that the sender is reachable.</summary>
    Solicited = 0x40,

    /// <summary>The sender is a router.</summary>
    Router = 0x80,
}
