using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// What fragments of one datagram have in common (RFC 791 section 3.2). In IPv6 the protocol is not
/// among it (RFC 8200 section 4.5), and <see cref="Protocol"/> is the fragment header's own.
/// </summary>
internal readonly record struct FragmentKey(
    IpAddress Source, IpAddress Destination, IpProtocol Protocol, uint Identification);
