using Slipway.Stack;

namespace Slipway.Links;

/// <summary>A guest has connected.</summary>
/// <param name="descriptor">The connected, non-blocking socket: the receiver's.</param>
/// <param name="cid">Of its virtual machine over AF_VSOCK; else 0.</param>
/// <param name="now">The time of the turn.</param>
internal delegate void GuestArrival(int descriptor, uint cid, Instant now);
