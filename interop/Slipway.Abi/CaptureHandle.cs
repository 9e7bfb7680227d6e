using Slipway.Links;

namespace Slipway.Abi;

/// <summary>A capture that a program in C started.</summary>
internal sealed class CaptureHandle(EngineHandle engine, FrameCapture capture)
{
    public EngineHandle Engine => engine;

    public FrameCapture Capture => capture;

    /// <summary>Its number.</summary>
    public ulong Handle { get; set; }
}
