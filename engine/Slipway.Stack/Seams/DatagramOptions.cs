using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>How a datagram leaves the host.</summary>
/// <param name="Ttl">Time to live or hop limit; what the guest's packet has left of it.</param>
/// <param name="TypeOfService">DSCP and ECN as the guest set them, in either family.</param>
/// <param name="DontFragment">
/// Too long is an error, not fragments: the guest's DF, and over IPv6 any packet that the guest
/// has not fragmented itself.
/// </param>
public readonly record struct DatagramOptions(byte Ttl, byte TypeOfService, bool DontFragment)
{
    /// <summary>
    /// The host's address that it leaves from; the unspecified one where routing chooses.
    /// </summary>
    public IpAddress Source { get; init; }
}
