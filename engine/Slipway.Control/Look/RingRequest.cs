namespace Slipway.Control;

/// <summary>Asks for the last frames to be kept.</summary>
public sealed class RingRequest
{
    /// <summary>How much memory: "16MiB".</summary>
    public required string Size { get; set; }

    /// <summary>Of each frame at most, in bytes; 0 for all.</summary>
    public int Snap { get; set; }
}
