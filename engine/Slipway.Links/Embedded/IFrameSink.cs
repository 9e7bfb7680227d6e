namespace Slipway.Links;

/// <summary>A program that takes frames by calls.</summary>
public interface IFrameSink
{
    /// <summary>
    /// Takes frames towards the guest, on the engine's thread; their memory is valid during the
    /// call only.
    /// </summary>
    /// <returns>
    /// How many of the first were taken. With fewer than all, none is offered before
    /// <see cref="FrameLink.Resume"/>; the rest stays, and what comes after it waits or is dropped
    /// as on any full link.
    /// </returns>
    int Take(ReadOnlySpan<OutboundFrame> frames);
}
