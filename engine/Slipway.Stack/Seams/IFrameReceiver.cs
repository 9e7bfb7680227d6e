namespace Slipway.Stack;

/// <summary>What a link tells of its guests; called on the worker.</summary>
public interface IFrameReceiver
{
    /// <summary>A guest has come (again). Before its first frame.</summary>
    void OnPortOpened(IGuestPort port, Instant now);

    /// <summary>A frame from the guest; the span is valid during the call only.</summary>
    /// <param name="port">Whose guest sent it.</param>
    /// <param name="frame">From the Ethernet header on, without checksum.</param>
    /// <param name="offload">
    /// What the guest has left to be done. The link has checked that it lies within the frame.
    /// </param>
    /// <param name="now">The turn's time.</param>
    void OnFrame(
        IGuestPort port, ReadOnlySpan<byte> frame, in FrameOffload offload, Instant now);

    /// <summary>Frames that came together; they stay where they are during the call.</summary>
    void OnFrames(IGuestPort port, FrameBatch batch, Instant now) =>
        batch.HandTo(this, port, now);

    /// <summary>
    /// How many frames a link may take of a guest at once: less than <see
    /// cref="FrameBatch.Capacity"/> while others are to have their share.
    /// </summary>
    int FramesAtOnce(IGuestPort port, Instant now) => FrameBatch.Capacity;

    /// <summary>A port that had no room has some again.</summary>
    void OnPortWritable(IGuestPort port, Instant now);

    /// <summary>The guest has left. After its last frame; its id is not used again.</summary>
    void OnPortClosed(IGuestPort port, Instant now);
}
