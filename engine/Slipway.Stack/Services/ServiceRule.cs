using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>What guests send to these destinations goes to a target.</summary>
/// <param name="Destination">One address, or all of a prefix.</param>
/// <param name="Ports">The ports that go there.</param>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Target">Where it goes.</param>
/// <param name="IsVirtual">
/// The destination is an address of the engine's own: pings are answered, other ports refused, and
/// no guest may have it. Else what no rule names goes its usual way.
/// </param>
public sealed record ServiceRule(
    IpPrefix Destination, PortRange Ports, IpProtocol Protocol, ServiceTarget Target,
    bool IsVirtual);
