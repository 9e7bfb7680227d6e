using Slipway.Stack;

namespace Slipway.Links.Tests;

/// <summary>Remembers what a link told of its guests.</summary>
internal sealed class FrameRecorder : IFrameReceiver
{
    public List<byte[]> Frames { get; } = [];

    /// <summary>What a turn takes of a guest.</summary>
    public int MostFrames { get; set; } = FrameBatch.Capacity;

    public int Opened { get; private set; }

    public int Closed { get; private set; }

    public int Writable { get; private set; }

    public void OnPortOpened(IGuestPort port, Instant now) => Opened++;

    public void OnFrame(
        IGuestPort port, ReadOnlySpan<byte> frame, in FrameOffload offload, Instant now) =>
        Frames.Add(frame.ToArray());

    public int FramesAtOnce(IGuestPort port, Instant now) => MostFrames;

    public void OnPortWritable(IGuestPort port, Instant now) => Writable++;

    public void OnPortClosed(IGuestPort port, Instant now) => Closed++;
}
