using Slipway.Links;

namespace Slipway.Engine.Tests;

/// <summary>
/// Keeps the frames that it is given, and does something at each call if told so.
/// </summary>
internal sealed class KeptFrames : IFrameSink
{
    public List<byte[]> Frames { get; } = [];

    /// <summary>How many frames it takes from here on.</summary>
    public int Room { get; set; } = int.MaxValue;

    public Action? AtCall { get; set; }

    public int Calls { get; private set; }

    public int Take(ReadOnlySpan<OutboundFrame> frames)
    {
        Calls++;
        AtCall?.Invoke();
        int taken = Math.Min(frames.Length, Room);
        Room -= taken;
        for (int i = 0; i < taken; i++)
        {
            Frames.Add(frames[i].Bytes.ToArray());
        }

        return taken;
    }
}
