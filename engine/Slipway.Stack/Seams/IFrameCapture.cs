namespace Slipway.Stack;

/// <summary>
/// Sees all frames of guests; called on the workers, each has one of its own. Must not block.
/// </summary>
public interface IFrameCapture
{
    /// <summary>A frame has come from a guest; <see cref="End"/> follows.</summary>
    /// <param name="port">Where.</param>
    /// <param name="frame">All of it; where segments are left to be cut, as one.</param>
    void Begin(IGuestPort port, ReadOnlySpan<byte> frame);

    /// <summary>What has begun has been dealt with.</summary>
    void End();

    /// <summary>
    /// A frame is about to go to a guest; also while one from a guest is dealt with.
    /// </summary>
    void Send(IGuestPort port, ReadOnlySpan<byte> frame);

    /// <summary>Whether its link has taken it; a loss has been counted.</summary>
    void Sent(bool isTaken);
}
