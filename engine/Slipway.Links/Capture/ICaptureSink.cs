namespace Slipway.Links;

/// <summary>Takes captured frames; from any worker, and must not block.</summary>
public interface ICaptureSink
{
    /// <summary>A frame has passed, and what became of it is known.</summary>
    void Take(in CapturedFrame frame);
}
