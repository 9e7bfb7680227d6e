using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>What fragments of one datagram have in common (RFC 791 section 3.2).</summary>
internal readonly record struct FragmentKey(
    IpAddress Source, IpAddress Destination, IpProtocol Protocol, ushort Identification);
