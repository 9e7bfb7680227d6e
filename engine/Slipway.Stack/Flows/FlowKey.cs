using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// What makes a flow: the guest's endpoint, the remote endpoint as the guest names it, and the
/// protocol. Wide enough for IPv6. For ICMP echo the guest's port is the identifier, the remote's
/// 0.
/// </summary>
public readonly record struct FlowKey(IpEndpoint Guest, IpEndpoint Remote, IpProtocol Protocol);
