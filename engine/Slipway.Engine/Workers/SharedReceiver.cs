using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>
/// Before what takes a worker's frames: it tells links how many to give, and notes what they cost.
/// </summary>
internal sealed class SharedReceiver(IFrameReceiver inner, TurnShares shares) : IFrameReceiver
{
    public int FramesAtOnce(IGuestPort port, Instant now) => shares.FramesAtOnce(port.Id, now);

    public void OnPortOpened(IGuestPort port, Instant now) => inner.OnPortOpened(port, now);

    public void OnFrame(
        IGuestPort port, ReadOnlySpan<byte> frame, in FrameOffload offload, Instant now)
    {
        Instant? began = shares.Begin(port.Id, now);
        inner.OnFrame(port, frame, offload, now);
        shares.End(began, 1);
    }

    public void OnFrames(IGuestPort port, FrameBatch batch, Instant now)
    {
        Instant? began = shares.Begin(port.Id, now);
        inner.OnFrames(port, batch, now);
        shares.End(began, batch.Count);
    }

    public void OnPortWritable(IGuestPort port, Instant now) => inner.OnPortWritable(port, now);

    public void OnPortClosed(IGuestPort port, Instant now)
    {
        shares.Remove(port.Id);
        inner.OnPortClosed(port, now);
    }
}
