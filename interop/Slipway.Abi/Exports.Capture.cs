using System.Runtime.InteropServices;
using Slipway.Links;

namespace Slipway.Abi;

/// <summary>Captures.</summary>
internal static unsafe partial class Exports
{
    [UnmanagedCallersOnly(EntryPoint = "slipway_capture_start")]
    public static int StartCapture(
        ulong engine, int descriptor, uint snapLengthBytes, ulong* capture) => Call(() =>
        {
            Argument.Pointer(capture, "capture");
            EngineHandle owner = OutsideTurn(engine);
            int copy = Duplicate(descriptor, Status.InvalidArgument);
            try
            {
                FrameCapture? started = owner.Engine.StartCapture(
                    copy, (int)Math.Min(snapLengthBytes, int.MaxValue));
                Check(started is not null, Status.InUse, "another capture runs; stop it first");
                copy = -1; // the capture's
                *capture = owner.Add(new CaptureHandle(owner, started!));
            }
            catch
            {
                Close(copy);
                throw;
            }
        });

    [UnmanagedCallersOnly(EntryPoint = "slipway_capture_stop")]
    public static int StopCapture(ulong capture) => Call(() =>
    {
        CaptureHandle running =
            OutsideTurn(HandleTable.Get<CaptureHandle>(HandleKind.Capture, capture));
        HandleTable.Remove<CaptureHandle>(HandleKind.Capture, capture);
        running.Engine.Forget(running);
        running.Engine.Engine.StopCapture(running.Capture);
    });
}
