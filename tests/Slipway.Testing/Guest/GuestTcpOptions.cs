using Slipway.Stack;

namespace Slipway.Testing;

/// <summary>How a simulated guest's TCP behaves.</summary>
public sealed record GuestTcpOptions
{
    /// <summary>MSS offered, in bytes.</summary>
    public int MaximumSegmentBytes { get; init; } = 1460;

    /// <summary>Window scale offered; null offers none.</summary>
    public byte? WindowScale { get; init; } = 7;

    public bool Sack { get; init; } = true;

    public bool Timestamps { get; init; } = true;

    /// <summary>
    /// Bytes that wait for the guest's program; the window is what is left of it.
    /// </summary>
    public int ReceiveBufferBytes { get; init; } = 256 << 10;

    public Duration TimeWait { get; init; } = Duration.FromSeconds(60);
}
