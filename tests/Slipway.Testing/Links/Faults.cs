using Slipway.Stack;

namespace Slipway.Testing;

/// <summary>What a link does to frames, in frames of a thousand, and how long one takes.</summary>
public sealed record Faults
{
    public int LostPerMille { get; init; }

    public int DuplicatedPerMille { get; init; }

    /// <summary>Frames that take up to ten times the delay, and so come after later ones.</summary>
    public int ReorderedPerMille { get; init; }

    /// <summary>Frames with one bit flipped above Ethernet.</summary>
    public int CorruptedPerMille { get; init; }

    public Duration Delay { get; init; } = Duration.FromMicroseconds(50);

    /// <summary>Frames under way at once; a link with more is full.</summary>
    public int QueueFrames { get; init; } = 1_000;
}
