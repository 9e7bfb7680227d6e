using Slipway.Stack;

namespace Slipway.Links.Tests.Capture;

/// <summary>Keeps what a tap gives, in its order.</summary>
internal sealed class RecordingSink : ICaptureSink
{
    public List<(bool IsFromGuest, int LengthBytes, DropReason? Reason)> Frames { get; } = [];

    public void Take(in CapturedFrame frame) =>
        Frames.Add((frame.IsFromGuest, frame.Bytes.Length, frame.Loss.Reason));
}
