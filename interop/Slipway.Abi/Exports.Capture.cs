using System.Runtime.InteropServices;
using Slipway.Linux;
using Slipway.Links;

namespace Slipway.Abi;

/// <summary>Captures.</summary>
internal static unsafe partial class Exports
{
    [UnmanagedCallersOnly(EntryPoint = "slipway_capture_start")]
    public static int StartCapture(
        ulong engine, int descriptor, uint snapLengthBytes, ulong* capture)
    {
        int copy = -1;
        try
        {
            Argument.Pointer(capture, "capture");
            EngineHandle owner = OutsideTurn(engine);
            copy = Files.Duplicate(descriptor);
            Check(
                copy >= 0, Status.InvalidArgument,
                $"{descriptor} is not an open descriptor, or there are no more");
            FrameCapture? started = owner.Engine.StartCapture(
                copy, (int)Math.Min(snapLengthBytes, int.MaxValue));
            Check(started is not null, Status.InUse, "another capture runs; stop it first");
            copy = -1; // the capture's
            *capture = owner.Add(new CaptureHandle(owner, started!));
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            Close(copy);
            return LastError.Set(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "slipway_capture_stop")]
    public static int StopCapture(ulong capture)
    {
        try
        {
            CaptureHandle running =
                HandleTable.Get<CaptureHandle>(HandleKind.Capture, capture);
            Check(
                !running.Engine.IsWithin, Status.Reentrant,
                "called from within a callback, this would wait for itself");
            HandleTable.Remove<CaptureHandle>(HandleKind.Capture, capture);
            running.Engine.Forget(running);
            running.Engine.Engine.StopCapture(running.Capture);
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Set(e);
        }
    }
}
