using Slipway.Links;
using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>Captures: one at a time.</summary>
public sealed partial class NetworkEngine
{
    private FrameCapture? _capture;

    /// <summary>Writes all frames of guests from now on to a descriptor, as pcapng.</summary>
    /// <param name="descriptor">The capture's, if this returns one.</param>
    /// <param name="snapLengthBytes">Of each frame at most; 0 for all.</param>
    /// <returns>Null when there is a capture already.</returns>
    /// <exception cref="InvalidOperationException">Called from within a turn.</exception>
    public FrameCapture? StartCapture(int descriptor, int snapLengthBytes)
    {
        FrameCapture? started = null;
        Invoke(_ =>
        {
            if (_capture is null)
            {
                started = _capture = new FrameCapture(descriptor, snapLengthBytes);
                SetCapture(started);
            }
        });
        return started;
    }

    /// <summary>Ends a capture, whose descriptor is then closed.</summary>
    /// <exception cref="InvalidOperationException">Called from within a turn.</exception>
    public void StopCapture(FrameCapture capture)
    {
        Invoke(_ =>
        {
            if (_capture == capture)
            {
                _capture = null;
                SetCapture(null);
            }
        });
        capture.Dispose();
    }

    private void SetCapture(IFrameCapture? capture)
    {
        _keeper.Stack.Flows.Capture = capture;
        foreach (ShardWorker shard in _shards)
        {
            shard.PostCapture(capture);
        }
    }
}
