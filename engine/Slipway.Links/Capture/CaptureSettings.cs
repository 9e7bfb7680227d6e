namespace Slipway.Links;

/// <summary>What is captured.</summary>
public sealed record CaptureSettings
{
    /// <summary>The largest frames are shorter.</summary>
    public const int LargestSnapBytes = 262_144;

    /// <summary>Of each frame at most, in bytes; 0 for all.</summary>
    public int SnapLengthBytes { get; init; }

    /// <summary>One link's frames, by its number; null for all.</summary>
    public int? Link { get; init; }

    public CaptureFilter Filter { get; init; } = CaptureFilter.None;

    /// <summary>Ends by itself after so many frames; null for never.</summary>
    public long? MostFrames { get; init; }

    /// <summary>The bound that holds.</summary>
    internal int SnapBytes => SnapLengthBytes is > 0 and < LargestSnapBytes
        ? SnapLengthBytes : LargestSnapBytes;
}
