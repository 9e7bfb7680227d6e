using Slipway.Stack;

namespace Slipway.Links.Tests;

/// <summary>Sends each frame back to where it came from.</summary>
internal sealed class EchoingReceiver : IFrameReceiver
{
    public void OnPortOpened(IGuestPort port, Instant now)
    {
    }

    public void OnFrame(
        IGuestPort port, ReadOnlySpan<byte> frame, in FrameOffload offload, Instant now) =>
        Assert.True(LinkBench.TrySend(port, frame));

    public void OnPortWritable(IGuestPort port, Instant now)
    {
    }

    public void OnPortClosed(IGuestPort port, Instant now)
    {
    }
}
