using Slipway.Stack;

namespace Slipway.Links;

/// <summary>What a <see cref="FrameRing"/> carries.</summary>
public readonly ref struct RingRecord
{
    /// <summary>What it is, between the two sides.</summary>
    public uint Kind { get; init; }

    /// <summary>The port's number on the switch.</summary>
    public int Port { get; init; }

    /// <summary>What its taker has to do.</summary>
    public FrameOffload Offload { get; init; }

    public ReadOnlySpan<byte> Frame { get; init; }
}
