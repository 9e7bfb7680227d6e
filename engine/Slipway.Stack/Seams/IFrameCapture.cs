namespace Slipway.Stack;

/// <summary>
/// Sees all frames of guests; called on the workers, on each for its own. Must not block.
/// </summary>
public interface IFrameCapture
{
    /// <summary>A frame passes.</summary>
    /// <param name="isFromGuest">Else it goes to one.</param>
    /// <param name="frame">All of it; where segments are left to be cut, as one.</param>
    void Record(bool isFromGuest, ReadOnlySpan<byte> frame);
}
