using Slipway.Links;

namespace Slipway.Abi;

/// <summary>A capture that a program in C started.</summary>
internal sealed class CaptureHandle(EngineHandle engine, FrameCapture capture)
    : Attached(engine, HandleKind.Capture)
{
    public FrameCapture Capture => capture;
}
