using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// The addresses of the virtual network and the stack's bounds; fixed while it runs.
/// </summary>
public sealed record StackSettings
{
    public IpPrefix Subnet { get; init; } = new(IpAddress.FromIPv4(0xc0a8_7f00), 24);

    public IpAddress Gateway { get; init; } = IpAddress.FromIPv4(0xc0a8_7f01);

    public MacAddress GatewayMac { get; init; } = new(0x5a94_efe4_0cdd);

    /// <summary>
    /// The address that reaches the host's loopback; null when it is switched off.
    /// </summary>
    public IpAddress? HostAlias { get; init; } = IpAddress.FromIPv4(0xc0a8_7ffe);

    /// <summary>Largest IP packet towards a guest, in bytes: 576 to 65520.</summary>
    public int MtuBytes { get; init; } = 1500;

    public StackLimits Limits { get; init; } = new();

    /// <summary>
    /// Full-cone UDP: a guest's port takes datagrams from any address (RFC 4787 section 5).
    /// </summary>
    public bool UdpFullCone { get; init; }

    /// <summary>
    /// Seeds flow hashes and initial sequence numbers; random at each start, fixed in simulation.
    /// </summary>
    public required Seed128 Seed { get; init; }

    /// <summary>
    /// True for the gateway and the host alias: addresses that the engine itself answers for.
    /// </summary>
    public bool IsVirtual(IpAddress address) => address == Gateway || address == HostAlias;

    /// <summary>True for an address that a guest may have.</summary>
    public bool IsGuest(IpAddress address) => Subnet.Contains(address) && !IsVirtual(address)
        && address != Subnet.Network && address != Subnet.Last;
}
