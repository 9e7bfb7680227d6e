using Slipway.Stack;

namespace Slipway.Simulation;

/// <summary>How a <see cref="HarshTransfer"/> goes, and who of its programs is no good.</summary>
/// <param name="Seed">Makes the streams' bytes.</param>
/// <param name="OutboundBytes">From the guest to the host.</param>
/// <param name="InboundBytes">From the host to the guest.</param>
internal sealed record HarshPlan(ulong Seed, long OutboundBytes, long InboundBytes)
{
    /// <summary>The host's program does nothing at all until then.</summary>
    public Instant HostHangsUntil { get; init; }

    /// <inheritdoc cref="HostHangsUntil"/>
    public Instant GuestHangsUntil { get; init; }

    /// <summary>The host resets when it has read so many bytes; never if negative.</summary>
    public long HostResetsAt { get; init; } = -1;

    /// <summary>The guest resets when it has read so many bytes; never if negative.</summary>
    public long GuestResetsAt { get; init; } = -1;

    /// <summary>The most that is read at a time, each way, every few milliseconds.</summary>
    public int ReadBytes { get; init; } = 64 << 10;

    /// <summary>Each end closes when it has sent all; else when it has got all, too.</summary>
    public bool ClosesEarly { get; init; } = true;

    /// <summary>
    /// Nothing but its own programs ends it: no bound, no link that goes. Both streams must come
    /// whole, then, unless a program resets.
    /// </summary>
    public bool IsSafe { get; init; }

    public bool HasReset => HostResetsAt >= 0 || GuestResetsAt >= 0;
}
