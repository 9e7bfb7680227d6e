using Slipway.Links;

namespace Slipway.Abi;

/// <summary>Gives frames to a function in C.</summary>
internal sealed unsafe class CallbackSink(FramesOptions options) : IFrameSink
{
    /// <summary>The port's number; 0 until it has one, and nothing is taken before.</summary>
    public ulong Port { get; set; }

    /// <summary>The port has been detached: the function is called no more.</summary>
    public bool IsOver { get; set; }

    public int Take(ReadOnlySpan<OutboundFrame> frames)
    {
        if (IsOver)
        {
            return frames.Length;
        }

        fixed (OutboundFrame* first = frames)
        {
            uint taken = options.Output(options.User, Port, first, (uint)frames.Length);
            return (int)Math.Min(taken, (uint)frames.Length);
        }
    }
}
