namespace Slipway.Wire;

/// <summary>
/// The flags of a <see cref="RouterAdvertisement"/> (RFC 4861 section 4.2), at their bits.
/// </summary>
[Flags]
public enum RouterFlags : byte
{
    None = 0,

    /// <summary>DNS servers and the like are to be had by DHCPv6, addresses not.</summary>
    OtherConfiguration = 0x40,

    /// <summary>Addresses are to be had by DHCPv6, and all else that it tells.</summary>
    ManagedAddresses = 0x80,
}
