using Slipway.Wire;

namespace Slipway.Links;

/// <summary>A TAP to be made.</summary>
public sealed record TapSettings
{
    /// <summary>The interface's name, at most 15 bytes.</summary>
    public required string Name { get; init; }

    /// <summary>The network namespace to make it in; null for the engine's own.</summary>
    public string? NetworkNamespace { get; init; }

    /// <summary>
    /// Whether it is given its address, its route and its MTU, and is brought up.
    /// </summary>
    public bool Configure { get; init; } = true;

    /// <summary>
    /// Whether checksums and the cutting of segments are left to the device, both ways.
    /// </summary>
    public bool Offload { get; init; } = true;

    /// <summary>One for each worker.</summary>
    public int Queues { get; init; } = 1;

    /// <summary>
    /// Its queues where it has been made already (<see cref="TapLink.Make"/>); empty to make it.
    /// </summary>
    public IReadOnlyList<int> Opened { get; init; } = [];

    /// <summary>The guest's address on it.</summary>
    public required IpAddress Address { get; init; }

    public required IpPrefix Subnet { get; init; }

    public required IpAddress Gateway { get; init; }

    /// <summary>Largest IP packet, in bytes.</summary>
    public required int MtuBytes { get; init; }
}
