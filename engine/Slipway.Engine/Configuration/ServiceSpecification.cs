using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// A service that guests find at an address or by a name, or traffic that is intercepted; checked.
/// </summary>
public sealed record ServiceSpecification
{
    /// <summary>Its name in DNS, in lower case; null for none, as of intercepted traffic.</summary>
    public string? Name { get; init; }

    /// <summary>One address or prefix; of a port of the gateway all of its addresses.</summary>
    public required IReadOnlyList<IpPrefix> Destinations { get; init; }

    /// <summary>The ports that go to the target.</summary>
    public required PortRange Ports { get; init; }

    /// <summary>What answers.</summary>
    public required ServiceTargetSpecification Target { get; init; }

    /// <summary>The destination is an address that is the service's alone.</summary>
    public bool IsVirtual { get; init; }

    /// <summary>The configuration key that it came from, for messages.</summary>
    public string Key { get; init; } = "service";

    /// <summary>The address of a virtual one.</summary>
    internal IpAddress Address => Destinations[0].Network;

    /// <summary>"registry.internal 192.168.127.250:5000 to unix:/run/registry.sock".</summary>
    public override string ToString()
    {
        IpPrefix first = Destinations[0];
        string destination = first.Length < (first.Network.IsIPv4 ? 32 : 128) ? $"{first}"
            : first.Network.IsIPv4 ? $"{first.Network}" : $"[{first.Network}]";
        return $"{(Name is null ? "" : Name + " ")}{destination}:{Ports} to {Target}";
    }
}
