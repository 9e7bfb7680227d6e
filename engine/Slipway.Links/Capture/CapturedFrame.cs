using Slipway.Stack;

namespace Slipway.Links;

/// <summary>A frame that has passed.</summary>
public readonly ref struct CapturedFrame
{
    /// <summary>The number of the link that it came from or goes to.</summary>
    public required int Link { get; init; }

    /// <summary>Else it goes to a guest.</summary>
    public required bool IsFromGuest { get; init; }

    /// <summary>When, in nanoseconds since 1970.</summary>
    public required long Nanoseconds { get; init; }

    /// <summary>What it was not served for; none if it was.</summary>
    public required FrameLoss Loss { get; init; }

    /// <summary>All of it.</summary>
    public required ReadOnlySpan<byte> Bytes { get; init; }
}
