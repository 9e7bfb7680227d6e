namespace Slipway.Stack;

/// <summary>How a datagram leaves the host.</summary>
/// <param name="Ttl">Time to live; what the guest's packet has left of it.</param>
/// <param name="TypeOfService">DSCP and ECN as the guest set them.</param>
/// <param name="DontFragment">The guest's DF: too long is an error, not fragments.</param>
public readonly record struct DatagramOptions(byte Ttl, byte TypeOfService, bool DontFragment);
